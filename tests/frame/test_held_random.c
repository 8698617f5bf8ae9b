/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames by changing ways, refused, withdrawn, lost, held too long, with sessions that end and
 * headers that break, in one thread with a clock that is a number: each taken frame is compared.
 */
#include "ring/mem.h"
#include "support/check.h"
#include "support/random.h"
#include "world.h"

#define ALL_WAYS (ORL_WAY_HELD | ORL_WAY_DMABUF | ORL_WAY_MEMORY)

static const struct orl_slot *between(const struct world *w)
{
    return &w->link->frame[w->link->frame_mb.mid & 3];
}

struct odds {
    uint32_t post, skip, take, release, refuse;       /* per 100 */
    uint32_t ways, pool, restart, late, hang, broken; /* per 1000 */
};

static void change_ways(struct world *w, uint64_t *rng)
{
    viewer_set_ways(&w->viewer, random_below(rng, 8) & ALL_WAYS);
    if (random_below(rng, 2)) {
        w->pump->ways_off = 0; /* as a new session does */
    }
}

/* A header that is no longer what was announced, or nonsense from the start. */
static void break_header(struct world *w, uint64_t *rng)
{
    uint8_t *msg = w->guest.shm.base + w->guest.slot[w->guest.last_slot];
    orl_w32_store(msg + w->guest.lay->frame_pitch, random_below(rng, 5));
}

static void guest_acts(struct world *w, const struct odds *o, uint64_t *rng)
{
    if (random_below(rng, 100) < o->post && guest_can_post(&w->guest)) {
        guest_post_frame(&w->guest, w->now / MS);
        if (random_below(rng, 1000) < o->broken) {
            break_header(w, rng);
        }
    }
    if (random_below(rng, 100) < o->skip) {
        guest_skip_frame(&w->guest);
    }
    if (random_below(rng, 1000) < o->restart) {
        guest_start(&w->guest, w->now / MS);
    }
    if (random_below(rng, 1000) < o->late) {
        for (int k = 0; k < 3; k++) {
            w->now += 1100 * MS;
            guest_pass(&w->guest, w->now / MS);
        }
    }
}

static void viewer_acts(struct world *w, const struct odds *o, uint64_t *rng)
{
    struct viewer *v = &w->viewer;
    if (v->held) {
        if (random_below(rng, 100) < o->release) {
            viewer_release(v, true);
        }
    } else if (random_below(rng, 100) < o->take) {
        bool held = orl_mailbox_unread(&w->link->frame_mb) >= 0 && between(w)->hold != 0;
        if (held && random_below(rng, 100) < o->refuse) {
            viewer_refuse(v);
        } else {
            viewer_take(v);
        }
    }
    viewer_serve_pool(v);
    if (random_below(rng, 1000) < o->pool && !v->old.map[0]) {
        viewer_new_pool(v, 20000 + random_below(rng, 40000));
    }
    if (random_below(rng, 1000) < o->ways) {
        change_ways(w, rng);
    }
}

static void step(struct world *w, const struct odds *o, uint64_t *rng)
{
    uint64_t ms = 1 + random_below(rng, 10);
    if (w->viewer.held && random_below(rng, 1000) < o->hang) {
        ms = 300;
    }
    int err = tick(w, ms);
    assert_true(err == ORL_OK || err == ORL_EAGAIN);
}

static void random_run(enum orl_release release, uint64_t rng, const struct odds *o)
{
    struct world *w = create_sealed(release, 1 << 20);
    viewer_set_ways(&w->viewer, ALL_WAYS);
    guest_start(&w->guest, w->now / MS);
    attach(w);
    for (int i = 0; i < 8000; i++) {
        guest_acts(w, o, &rng);
        step(w, o, &rng);
        viewer_acts(w, o, &rng);
    }
    print_message("%u: %lu frames, %lu in place, %lu imported, %lu late\n", release,
                  (unsigned long)w->viewer.frames, (unsigned long)w->viewer.in_place,
                  (unsigned long)w->viewer.imported,
                  (unsigned long)orl_counter_get(&w->link->frames_late));
    assert_true(w->viewer.frames > 50);
    if (w->viewer.held) {
        viewer_release(&w->viewer, true);
    }
    destroy(w);
}

static void random_runs(enum orl_release release)
{
    const struct odds quick = {.post = 80, .skip = 5, .take = 80, .release = 100};
    const struct odds slow = {.post = 80, .skip = 10, .take = 20, .release = 30, .ways = 5};
    const struct odds picky = {
        .post = 80, .skip = 5, .take = 60, .release = 60, .refuse = 20, .ways = 30, .pool = 5};
    const struct odds all = {.post = 70,
                             .skip = 10,
                             .take = 50,
                             .release = 50,
                             .refuse = 10,
                             .ways = 20,
                             .pool = 10,
                             .restart = 3,
                             .late = 3,
                             .hang = 5,
                             .broken = 10};
    random_run(release, 1, &quick);
    random_run(release, 2, &slow);
    random_run(release, 3, &picky);
    random_run(release, 4, &all);
    random_run(release, 5, &all);
}

static void every_taken_frame_is_the_announced_picture_whatever_way_it_came(void **state)
{
    (void)state;
    each_release(random_runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_taken_frame_is_the_announced_picture_whatever_way_it_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
