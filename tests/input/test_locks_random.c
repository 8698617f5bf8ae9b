/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Never a ping-pong: a host that toggles its locks by its keys and does what it is told, a guest that
 * toggles its lamps by keys and commands, or uses a key otherwise, or takes its time, and between them
 * client/input, while user, desktop, session and guest do anything in any order. After the last cause
 * both sides come to rest within a few messages, and agree. Each seed is one life; a failure names it,
 * ORL_TEST_SEED=n plays it alone, ORL_TEST_SEEDS=n plays more.
 */
#include <stdlib.h>
#include <string.h>

#include "input/input.h"
#include "support/check.h"
#include "support/random.h"

#define MS      UINT64_C(1000000)
#define SEEDS   3000
#define STEPS   60
#define WAYS    256
#define LOCKS   3
#define REST_NS (20000 * MS) /* long enough for everything to rest */

enum { SCROLL = ORL_LOCK_SCROLL, NUM = ORL_LOCK_NUM, CAP = ORL_LOCK_CAPS };
enum { A = 0x04, CTRL = 0xE0, SCROLL_KEY = 0x47 }; /* usages */

static const uint16_t usages[LOCKS] = {SCROLL_KEY, 0x53, 0x39};

enum way_kind { TO_GUEST_KEY, TO_GUEST_LOCKS, TO_MAIN_LAMPS };

/* Something on its way. */
struct way {
    uint64_t at_ns;
    enum way_kind kind;
    uint8_t value;
};

struct life {
    struct orl_input in;
    uint64_t seed, rng, now_ns;
    struct orl_input_guest told; /* what main knows */
    uint8_t able;                /* of the host; 0: it cannot be set */
    uint8_t apart;               /* what no side may touch */
    bool focused, dialog;

    uint8_t host, host_keys;  /* its locks; those that it has keys for */
    uint8_t held, was_locked; /* keys under fingers; locks that were on as they went down */
    uint8_t lamps, follows;   /* the guest's; those that its keys change */
    uint64_t slow_ns;         /* how long it takes */
    struct way way[WAYS];     /* oldest first */
    size_t ways;

    bool live;
    uint8_t own,
        dirty; /* the host's locks as the guest got the keys; what the user changed since */
    uint32_t commands, sets, ends;
};

#define CHECK(f, what)                                                                         \
    do {                                                                                       \
        if (!(what)) {                                                                         \
            fail_msg("seed %llu: %s", (unsigned long long)(f)->seed, #what);                   \
        }                                                                                      \
    } while (0)

static bool coin(struct life *f)
{
    return random_below(&f->rng, 2);
}

/* ---- The guest and the way to it ----------------------------------------------------------- */

static void put(struct life *f, enum way_kind kind, uint8_t value, uint64_t delay_ns)
{
    uint64_t at_ns = f->now_ns + delay_ns;
    for (size_t i = 0; i < f->ways; i++) {
        bool same_road = (f->way[i].kind == TO_MAIN_LAMPS) == (kind == TO_MAIN_LAMPS);
        at_ns = same_road && f->way[i].at_ns > at_ns ? f->way[i].at_ns : at_ns;
    }
    CHECK(f, f->ways < WAYS);
    f->way[f->ways++] = (struct way){at_ns, kind, value};
}

static void toggle_lamps(struct life *f, uint8_t locks)
{
    f->lamps ^= locks;
    if (locks) {
        put(f, TO_MAIN_LAMPS, f->lamps, f->slow_ns);
    }
}

static void tell_main(struct life *f)
{
    orl_input_set_guest(&f->in, &f->told, f->now_ns);
}

static void arrive(struct life *f, const struct way *w)
{
    switch (w->kind) {
    case TO_GUEST_KEY: toggle_lamps(f, w->value & f->follows); break;
    case TO_GUEST_LOCKS: /* the server presses what differs from what it knows */
        toggle_lamps(f, (uint8_t)((w->value ^ f->told.leds) & f->follows));
        break;
    case TO_MAIN_LAMPS:
        f->told.leds = w->value;
        tell_main(f);
        break;
    }
}

static void send(void *arg, const struct orl_cmd *cmd)
{
    struct life *f = arg;
    if (cmd->kind == ORL_CMD_LOCKS) {
        CHECK(f, ((cmd->code ^ f->in.guest.leds) & f->apart) == 0);
        f->commands++;
        put(f, TO_GUEST_LOCKS, (uint8_t)cmd->code, 2 * MS);
    }
    for (size_t i = 0; cmd->kind == ORL_CMD_KEY && cmd->down && i < LOCKS; i++) {
        if (cmd->usage == usages[i]) {
            put(f, TO_GUEST_KEY, (uint8_t)(1u << i), 2 * MS);
        }
    }
}

/* ---- The host ------------------------------------------------------------------------------ */

static void set_host_locks(void *arg, uint8_t mask, uint8_t values)
{
    struct life *f = arg;
    CHECK(f, mask != 0 && (mask & (~f->able | f->apart)) == 0);
    f->host = (uint8_t)((f->host & ~mask) | (values & mask));
    f->sets++;
}

/* As XKB does: on when the key goes down, off when it goes up again. */
static void host_key(struct life *f, uint8_t lock, bool down)
{
    f->dirty |= lock;
    if (lock & ~f->host_keys) {
        return;
    }
    if (down) {
        f->was_locked = (uint8_t)((f->was_locked & ~lock) | (f->host & lock));
        f->host |= lock;
    } else if (f->was_locked & lock) {
        f->host &= (uint8_t)~lock;
    }
}

/* What main does before input compares: it asks the desktop. */
static void refresh(struct life *f)
{
    if (f->able && orl_locks_due(&f->in.locks) <= f->now_ns) {
        orl_locks_host(&f->in.locks, f->host);
    }
}

static void event(struct life *f, struct orl_event ev)
{
    ev.locks = f->host;
    orl_input_event(&f->in, &ev, f->now_ns);
}

static void key(struct life *f, size_t i, bool down)
{
    uint8_t lock = (uint8_t)(1u << i);
    if (((f->held & lock) != 0) == down) {
        return;
    }
    f->held ^= lock;
    host_key(f, lock, down);
    if (f->focused) {
        event(f,
              (struct orl_event){.kind = ORL_EVENT_KEY, .scancode = usages[i], .down = down});
    }
}

/* ---- Time ---------------------------------------------------------------------------------- */

static void note_live(struct life *f)
{
    bool live = f->focused && !f->dialog && f->told.connected && !f->told.hold && f->in.on;
    if (f->live && !live) { /* the user's own setting is back, at once */
        CHECK(f, !f->able || ((f->host ^ f->own) & ~f->dirty & ~f->apart) == 0);
        f->ends++;
    } else if (live && !f->live) {
        f->own = f->host;
        f->dirty = 0;
    }
    f->live = live;
}

static size_t first_way(const struct life *f)
{
    size_t first = 0;
    for (size_t i = 1; i < f->ways; i++) {
        first = f->way[i].at_ns < f->way[first].at_ns ? i : first;
    }
    return first;
}

static void let_arrive(struct life *f)
{
    size_t i = first_way(f);
    struct way w = f->way[i];
    f->ways--;
    memmove(f->way + i, f->way + i + 1, (f->ways - i) * sizeof(w));
    arrive(f, &w);
}

/* Time passes. How often the program woke by itself. */
static int wait_ns(struct life *f, uint64_t ns)
{
    uint64_t end_ns = f->now_ns + ns;
    int wakes = 0;
    for (;;) {
        refresh(f);
        orl_input_tick(&f->in, f->now_ns);
        note_live(f);
        uint64_t due_ns = orl_input_due(&f->in);
        uint64_t way_ns = f->ways ? f->way[first_way(f)].at_ns : UINT64_MAX;
        uint64_t next_ns = due_ns < way_ns ? due_ns : way_ns;
        if (next_ns > end_ns) {
            break;
        }
        f->now_ns = next_ns > f->now_ns ? next_ns : f->now_ns;
        if (way_ns <= f->now_ns) {
            let_arrive(f);
        } else {
            wakes++;
        }
        CHECK(f, wakes < 10000);
    }
    f->now_ns = end_ns;
    return wakes;
}

/* ---- Causes -------------------------------------------------------------------------------- */

static void tap(struct life *f)
{
    size_t i = random_below(&f->rng, LOCKS);
    key(f, i, true);
    wait_ns(f, (20 + random_below(&f->rng, 100)) * MS);
    key(f, i, false);
}

static void focus(struct life *f)
{
    f->focused = !f->focused;
    event(f, (struct orl_event){.kind = f->focused ? ORL_EVENT_FOCUS : ORL_EVENT_BLUR});
}

static void new_session(struct life *f)
{
    f->told.connected = f->told.leds_known = coin(f) || !f->told.connected;
    if (f->told.connected) {
        f->told.epoch++;
        f->told.leds = f->lamps;
    }
    tell_main(f);
}

static void by_another_program(struct life *f)
{
    uint8_t lock = (uint8_t)(1u << random_below(&f->rng, LOCKS));
    f->host ^= lock & f->host_keys;
    f->dirty |= lock;
    if (f->focused) { /* the next key tells */
        event(f, (struct orl_event){.kind = ORL_EVENT_KEY, .scancode = A, .down = true});
        event(f, (struct orl_event){.kind = ORL_EVENT_KEY, .scancode = A});
    }
}

static void blink(struct life *f)
{
    for (uint32_t n = 1 + random_below(&f->rng, 20); n > 0; n--) {
        toggle_lamps(f, (uint8_t)(1u << random_below(&f->rng, LOCKS)));
        wait_ns(f, random_below(&f->rng, 200) * MS);
    }
}

static void cause(struct life *f)
{
    switch (random_below(&f->rng, 12)) {
    case 0:
    case 1: focus(f); break;
    case 2: blink(f); break;
    case 3:
    case 4: toggle_lamps(f, (uint8_t)(1u << random_below(&f->rng, LOCKS))); break;
    case 5: new_session(f); break;
    case 6:
        f->dialog = !f->dialog;
        orl_input_set_dialog(&f->in, f->dialog, f->now_ns);
        break;
    case 7:
        f->told.hold = !f->told.hold;
        tell_main(f);
        break;
    case 8: by_another_program(f); break;
    case 9: orl_locks_arm(&f->in.locks); break;
    default: tap(f); break;
    }
    note_live(f);
}

static void agree(struct life *f)
{
    uint8_t both = f->able & (uint8_t)~f->apart;
    if (f->live && f->able) {
        CHECK(f, ((f->host ^ f->lamps) & both) == 0);
        CHECK(f, ((f->host ^ f->in.locks.host) & both) == 0);
    }
}

static void come_to_rest(struct life *f)
{
    wait_ns(f, REST_NS);
    CHECK(f, f->ways == 0);
    CHECK(f, orl_locks_due(&f->in.locks) == UINT64_MAX);
    agree(f);
}

static void open_life(struct life *f, uint64_t seed)
{
    static const uint8_t ables[] = {0, CAP | NUM, CAP | NUM | SCROLL, CAP};
    struct orl_binds binds;
    struct orl_input_conf conf = {.release_keys_on_focus_loss = true};
    struct orl_input_sink sink = {.send = send, .set_host_locks = set_host_locks, .arg = f};
    *f = (struct life){.seed = seed, .rng = seed, .now_ns = 1000 * MS};
    bool own_escape = coin(f);
    f->able = ables[random_below(&f->rng, 4)];
    f->apart = own_escape ? SCROLL : 0;
    f->apart |= f->able ? (uint8_t)(7 & ~f->able) : 0;
    f->host = (uint8_t)(random_below(&f->rng, 8));
    f->host_keys = random_below(&f->rng, 4) ? 7 : (uint8_t)random_below(&f->rng, 8);
    f->lamps = (uint8_t)random_below(&f->rng, 8);
    f->follows = random_below(&f->rng, 3) ? 7 : (uint8_t)random_below(&f->rng, 8);
    f->slow_ns = random_below(&f->rng, 4) ? random_below(&f->rng, 250) * MS
                                          : random_below(&f->rng, 3000) * MS;
    orl_binds_init(&binds, own_escape ? SCROLL_KEY : CTRL, 10000 * MS);
    orl_input_init(&f->in, &conf, &binds, &sink);
    if (f->able) {
        orl_locks_able(&f->in.locks, f->able);
        orl_locks_host(&f->in.locks, f->host);
    }
}

/* From rest, each cause costs a few messages. */
static void one_cause_each(struct life *f)
{
    for (int i = 0; i < 8; i++) {
        bool key_only = coin(f), live = f->live;
        uint32_t commands = f->commands, sets = f->sets;
        if (key_only) {
            tap(f);
        } else {
            toggle_lamps(f, (uint8_t)(1u << random_below(&f->rng, LOCKS)));
        }
        come_to_rest(f);
        CHECK(f, f->commands - commands <= 1);
        CHECK(f, f->sets - sets <= 3);
        if (live && f->able && f->in.locks.apart == 0) { /* else keys may be the viewer's */
            CHECK(f, f->commands == commands);
        }
    }
}

static void live_one(uint64_t seed)
{
    struct life *f = malloc(sizeof(*f));
    assert_non_null(f);
    open_life(f, seed);
    uint64_t start_ns = f->now_ns;
    for (int i = 0; i < STEPS; i++) {
        cause(f);
        wait_ns(f, random_below(&f->rng, coin(f) ? 100 : 3000) * MS);
    }
    uint64_t seconds = (f->now_ns - start_ns) / (1000 * MS);
    CHECK(f, f->sets <= 2 * seconds + 1 + 2 * f->ends);
    uint32_t messages = f->commands + f->sets;
    come_to_rest(f);
    CHECK(f, f->commands + f->sets - messages <= 10);
    CHECK(f, f->able || f->sets == 0);
    one_cause_each(f);
    free(f);
}

static void both_sides_come_to_rest_whatever_happens(void **state)
{
    (void)state;
    const char *one = getenv("ORL_TEST_SEED");
    const char *many = getenv("ORL_TEST_SEEDS");
    if (one) {
        live_one(strtoull(one, NULL, 0));
        return;
    }
    uint64_t seeds = many ? strtoull(many, NULL, 0) : SEEDS;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        live_one(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_come_to_rest_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
