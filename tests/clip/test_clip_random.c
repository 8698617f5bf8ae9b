/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two peers that do anything: a desktop and a guest agent that offer, ask, deliver late, never,
 * twice or too much, come and go. What must hold is checked after every single step.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/wake.h"
#include "clip/clip.h"
#include "support/check.h"
#include "support/random.h"

#define MAX_ASKED 4096
#define STEPS     3000
#define RUNS      300

enum side { DESKTOP, GUEST };

struct asked { /* by a program on one side, for the other side's content */
    enum orl_clip_type type;
    uint32_t edition; /* of the content that was there when it asked */
    uint64_t since_ns;
    bool answered, is_void;
};
struct fetch { /* by the machine, from the owner's side */
    uint64_t id;
    enum orl_clip_type type;
    uint32_t edition;
    bool lost; /* the peer decided never to answer */
};
struct peer {
    uint32_t has;          /* what it says it owns */
    uint32_t edition;      /* counts its offers */
    uint32_t told_edition; /* of the other side's content, when it was told */
    uint32_t told; /* what the machine says the other side has; 0 after it took over itself */
    struct asked asked[MAX_ASKED];
    uint32_t asked_count;
    struct fetch fetches[64];
    uint32_t fetch_count;
};

static struct model {
    struct orl_clip *clip;
    struct orl_clip_conf conf;
    struct peer peer[2];
    bool ready, focused;
    enum side last; /* who offered last */
    uint64_t now_ns, last_id;
    int calls;         /* since the step began */
    bool inside;       /* a call of the machine runs */
    const void *given; /* while something is delivered */
    size_t given_len;
    uint32_t given_edition;
} m;

static void called(void)
{
    assert_true(m.inside);
    m.calls++;
}

static void on_offer(enum side to, uint32_t types)
{
    called();
    enum side from = to == GUEST ? DESKTOP : GUEST;
    if (types != 0) {
        assert_int_equal(types & ~m.peer[from].has, 0);
        assert_true(to == GUEST ? m.conf.to_guest : m.conf.to_host);
        assert_true(m.ready);
        assert_true(to == DESKTOP || m.focused);
    } else {
        assert_int_not_equal(m.peer[to].told, 0);
    }
    m.peer[to].told = types;
    m.peer[to].told_edition = m.peer[from].edition;
    if (to == DESKTOP && types != 0) {
        assert_int_equal(m.last, GUEST); /* who copied last has it */
        m.peer[DESKTOP].has = 0;         /* it is the machine's now */
    }
}

static void on_request(enum side to, enum orl_clip_type type, uint64_t id)
{
    called();
    struct peer *p = &m.peer[to];
    struct peer *other = &m.peer[to == GUEST ? DESKTOP : GUEST];
    assert_true(id > m.last_id); /* never used before */
    m.last_id = id;
    assert_true(p->has & other->told & (uint32_t)type);
    assert_int_equal(other->told_edition, p->edition); /* not what was copied since */
    assert_true(m.ready);
    assert_true(to == DESKTOP ? m.conf.to_guest : m.conf.to_host);
    bool wanted = false;
    for (uint32_t i = 0; i < other->asked_count; i++) {
        const struct asked *a = &other->asked[i];
        wanted = wanted || (!a->answered && !a->is_void && a->type == type);
    }
    assert_true(wanted);
    if (p->fetch_count == 64) {
        memmove(p->fetches, p->fetches + 1, sizeof(p->fetches) - sizeof(p->fetches[0]));
        p->fetch_count--;
    }
    p->fetches[p->fetch_count++] = (struct fetch){id, type, p->edition, false};
}

static void on_answer(enum side to, uint64_t id, enum orl_clip_type type, const void *data,
                      size_t len)
{
    called();
    assert_true(id < m.peer[to].asked_count);
    struct asked *a = &m.peer[to].asked[id];
    assert_false(a->answered);
    assert_false(a->is_void);
    assert_int_equal(a->type, type);
    a->answered = true;
    if (data) {
        assert_ptr_equal(data, m.given);
        assert_int_equal(len, m.given_len);
        assert_true(len <= ORL_CLIP_MAX_BYTES);
        assert_true(m.given_edition >= a->edition); /* not older than what it asked for */
    } else {
        assert_int_equal(len, 0);
    }
}

static void host_offer(void *arg, uint32_t types)
{
    (void)arg;
    on_offer(DESKTOP, types);
}
static void guest_offer(void *arg, uint32_t types)
{
    (void)arg;
    on_offer(GUEST, types);
}
static void host_request(void *arg, enum orl_clip_type type, uint64_t id)
{
    (void)arg;
    on_request(DESKTOP, type, id);
}
static void guest_request(void *arg, enum orl_clip_type type, uint64_t id)
{
    (void)arg;
    on_request(GUEST, type, id);
}
static void host_data(void *arg, uint64_t id, enum orl_clip_type type, const void *data,
                      size_t len)
{
    (void)arg;
    on_answer(DESKTOP, id, type, data, len);
}
static void guest_data(void *arg, uint64_t id, enum orl_clip_type type, const void *data,
                       size_t len)
{
    (void)arg;
    on_answer(GUEST, id, type, data, len);
}

static void step_offer(enum side from, uint32_t types)
{
    struct peer *p = &m.peer[from];
    p->has = types;
    p->edition++;
    if (from == DESKTOP || types != 0) {
        p->told = 0;
        m.last = from;
    }
    if (from == DESKTOP) {
        orl_clip_host_offers(m.clip, types);
    } else {
        orl_clip_guest_offers(m.clip, types);
    }
    assert_true(m.calls <= 2); /* withdrawn and offered anew */
}

static void step_ask(enum side by, enum orl_clip_type type)
{
    struct peer *p = &m.peer[by];
    struct peer *other = &m.peer[by == GUEST ? DESKTOP : GUEST];
    if (p->asked_count == MAX_ASKED) {
        return;
    }
    uint64_t id = p->asked_count++;
    p->asked[id] = (struct asked){type, other->edition, m.now_ns, false, false};
    if (by == DESKTOP) {
        orl_clip_host_wants(m.clip, type, id, m.now_ns);
    } else {
        orl_clip_guest_wants(m.clip, type, id, m.now_ns);
    }
    assert_true(m.calls <= 1);
}

static void deliver(enum side from, uint64_t id, uint32_t edition, const void *data, size_t len)
{
    m.given = data;
    m.given_len = len;
    m.given_edition = edition;
    if (from == DESKTOP) {
        orl_clip_host_data(m.clip, id, data, len);
    } else {
        orl_clip_guest_data(m.clip, id, data, len);
    }
    assert_true(m.calls <= 16);
    m.given = NULL;
}

/* Right, too much, nothing, never, twice, or for an id that does not exist. */
static void step_deliver(enum side from, uint64_t *seed)
{
    static const char content[100];
    struct peer *p = &m.peer[from];
    if (p->fetch_count == 0 || random_below(seed, 10) == 0) {
        deliver(from, random_next(seed), UINT32_MAX, content, 1);
        assert_int_equal(m.calls, 0);
        return;
    }
    uint32_t which = random_below(seed, p->fetch_count);
    struct fetch *f = &p->fetches[which];
    uint32_t how = random_below(seed, 8);
    f->lost = f->lost || how == 0;
    if (f->lost) {
        return;
    }
    size_t len = how == 1 ? (size_t)ORL_CLIP_MAX_BYTES + 1 + random_below(seed, 9)
                          : random_below(seed, sizeof(content));
    deliver(from, f->id, f->edition, how == 2 ? NULL : content, len);
    if (how > 4) { /* else it stays, and is delivered once more some time */
        *f = p->fetches[--p->fetch_count];
    }
}

static void step_ready(bool ready)
{
    struct peer *guest = &m.peer[GUEST];
    if (!ready && m.ready) {
        for (uint32_t i = 0; i < guest->asked_count; i++) {
            guest->asked[i].is_void = guest->asked[i].is_void || !guest->asked[i].answered;
        }
        guest->has = 0;
        guest->told = 0;
        guest->edition++;
    }
    m.ready = ready;
    orl_clip_guest_ready(m.clip, ready);
    assert_true(m.calls <= 17);
    for (uint32_t i = 0; i < m.peer[DESKTOP].asked_count && !ready; i++) {
        assert_true(m.peer[DESKTOP].asked[i].answered); /* there is nothing to wait for */
    }
}

static void step_time(uint64_t *seed)
{
    m.now_ns += random_below(seed, 4000) * ORL_NS_PER_MS;
    orl_clip_tick(m.clip, m.now_ns);
    assert_true(m.calls <= 32);
}

static enum orl_clip_type any_type(uint64_t *seed)
{
    static const uint32_t odd[] = {0, 3, 7, 8, 0x80000000u};
    uint32_t n = random_below(seed, 40);
    return (enum orl_clip_type)(n < 5 ? odd[n] : 1u << (n % 3));
}

static void step(uint64_t *seed)
{
    enum side side = random_below(seed, 2) ? DESKTOP : GUEST;
    m.calls = 0;
    m.inside = true;
    switch (random_below(seed, 16)) {
    case 0:
    case 1: step_offer(side, random_below(seed, 8)); break;
    case 2:
    case 3:
    case 4:
    case 5:
    case 6: step_ask(side, any_type(seed)); break;
    case 7:
    case 8:
    case 9:
    case 10:
    case 11: step_deliver(side, seed); break;
    case 12: step_ready(random_below(seed, 4) != 0); break;
    case 13:
    case 14:
        m.focused = !m.focused;
        orl_clip_focus(m.clip, m.focused);
        assert_true(m.calls <= 1);
        break;
    default: step_time(seed); break;
    }
    m.inside = false;
}

/* True at every moment. */
static void check(void)
{
    uint64_t due = ORL_WAKE_NEVER;
    for (int side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < m.peer[side].asked_count; i++) {
            const struct asked *a = &m.peer[side].asked[i];
            if (!a->answered && !a->is_void) {
                due = orl_earlier(due, a->since_ns + 10 * ORL_NS_PER_S);
            }
        }
    }
    assert_true(orl_clip_due(m.clip) == due);
    if (m.ready && m.conf.to_host && m.last == GUEST) {
        assert_int_equal(m.peer[DESKTOP].told, m.peer[GUEST].has);
    }
    if (m.ready && m.focused && m.conf.to_guest && m.last == DESKTOP) {
        assert_int_equal(m.peer[GUEST].told, m.peer[DESKTOP].has);
    }
}

static void run(uint64_t seed)
{
    static const struct orl_clip_calls calls = {
        NULL, host_offer, host_request, host_data, guest_offer, guest_request, guest_data};
    memset(&m, 0, sizeof(m));
    m.conf.to_guest = random_below(&seed, 4) != 0;
    m.conf.to_host = random_below(&seed, 4) != 0;
    m.clip = orl_clip_create(&m.conf, &calls);
    assert_non_null(m.clip);
    for (int i = 0; i < STEPS; i++) {
        step(&seed);
        if (i % 8 == 0) {
            check();
        }
    }
    m.inside = true;
    orl_clip_tick(m.clip, m.now_ns + 10 * ORL_NS_PER_S);
    for (int side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < m.peer[side].asked_count; i++) {
            assert_true(m.peer[side].asked[i].answered || m.peer[side].asked[i].is_void);
        }
    }
    orl_clip_destroy(&m.clip);
}

static void
whatever_two_sides_do_every_request_is_answered_once_and_nothing_echoes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        run(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            whatever_two_sides_do_every_request_is_answered_once_and_nothing_echoes),
    };
    return cmocka_run_group_tests_name("clip_random", tests, NULL, NULL);
}
