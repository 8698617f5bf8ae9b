/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames in the guest's memory with all threads: a guest that draws, breaks headers, is restarted and
 * gets another memory; a viewer that changes its mind about the ways, is slow, hides, refuses and
 * hangs. Every picture is compared pixel by pixel when it is taken, and while a frame is out its
 * memory is read again and again: an early unmapping ends the program. Also run under
 * ThreadSanitizer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "frame/frame.h"
#include "guest.h"
#include "ring/mem.h"
#include "support/check.h"
#include "support/random.h"
#include "viewer.h"

#define MS       UINT64_C(1000000)
#define ALL_WAYS (ORL_WAY_HELD | ORL_WAY_DMABUF | ORL_WAY_MEMORY)

struct stress {
    struct guest guest;
    char path[64];           /* the guest's, which it writes anew with each memory */
    struct orl_flag stop;    /* the guest's thread ends */
    struct orl_flag calm;    /* one more frame, then a still desktop */
    struct orl_flag stopped; /* orl_frame_stop() has returned */
    /*
     * A restart writes over everything, also over what the viewer compares: the guest asks, the
     * viewer grants between two takes (often with a frame out), the guest says that it is done.
     */
    struct orl_counter asked, granted, done;
    struct orl_counter final; /* serial of the last picture, + 1; 0 not drawn yet */
    uint64_t posted, restarts, replaced;
    struct orl_frame *frame;
    uint64_t stop_took_ns;
};

/* ---- The guest's thread -------------------------------------------------------------------- */

/* The machine was started anew: another file at the same path, the old one cut to a page. */
static void replace_memory(struct stress *s)
{
    struct guest next;
    guest_create(&next, s->guest.lay->release, 1 << 20);
    assert_int_equal(rename(next.path, s->guest.path), 0);
    memcpy(next.path, s->guest.path, sizeof(next.path));
    assert_int_equal(ftruncate(s->guest.fd, 4096), 0);
    orl_shm_close(&s->guest.shm);
    close(s->guest.fd);
    next.seed = s->guest.seed;
    s->guest = next;
    s->replaced++;
}

static void restart(struct stress *s, uint64_t *rng)
{
    orl_counter_add(&s->asked, 1);
    while (orl_counter_get(&s->granted) != orl_counter_get(&s->asked)) {
        if (orl_flag_is_raised(&s->stop)) {
            return;
        }
        orl_sleep_until(orl_now_ns() + MS / 10);
    }
    if (!s->guest.sealed && random_below(rng, 2)) {
        replace_memory(s);
    }
    guest_start(&s->guest, orl_now_ns() / MS);
    s->restarts++;
    orl_counter_set(&s->done, orl_counter_get(&s->asked));
}

static void post_one(struct stress *s, uint64_t *rng, bool may_break)
{
    struct guest *g = &s->guest;
    if (random_below(rng, 30) == 0) {
        guest_skip_frame(g);
    }
    s->posted += guest_post_frame(g, orl_now_ns() / MS);
    if (may_break && random_below(rng, 60) == 0) {
        orl_w32_store(g->shm.base + g->slot[g->last_slot] + g->lay->frame_pitch,
                      random_below(rng, 5));
    }
}

static void draw(struct stress *s, uint64_t *rng)
{
    bool calm = orl_flag_is_raised(&s->calm);
    if (orl_counter_get(&s->final) || !guest_can_post(&s->guest)) {
        return;
    }
    if (calm || random_below(rng, 8)) {
        post_one(s, rng, !calm);
    }
    if (calm) {
        orl_counter_set(&s->final, (uint64_t)s->guest.picture.serial + 1);
    }
}

static void run_guest(void *arg)
{
    struct stress *s = arg;
    uint64_t rng = 99;
    uint64_t restart_ns = orl_now_ns() + 500 * MS;
    while (!orl_flag_is_raised(&s->stop)) {
        uint64_t now = orl_now_ns();
        guest_pass(&s->guest, now / MS);
        if (now > restart_ns && !orl_flag_is_raised(&s->calm)) {
            restart(s, &rng);
            restart_ns = orl_now_ns() + (300 + random_below(&rng, 600)) * MS;
        }
        draw(s, &rng);
        if (orl_producer_new_subscribers(&s->guest.producer, s->guest.frame_queue) &&
            s->guest.picture.painted && guest_can_post(&s->guest)) {
            guest_repost(&s->guest, now / MS);
        }
        if (random_below(&rng, 2) == 0) {
            orl_sleep_until(now + random_below(&rng, 2000) * 1000);
        }
    }
}

/* ---- The viewer ---------------------------------------------------------------------------- */

struct looker {
    struct stress *s;
    struct viewer *v;
    uint64_t rng;
    uint64_t release_ns; /* of the frame that is out */
    uint64_t blind_until_ns;
    uint64_t sum;
    uint32_t hangs, refused, granted_out;
};

/* GL at work: all of the frame that is out, whatever stands there by now. */
static void read_held(struct looker *l)
{
    const struct orl_slot *slot = &l->v->link->frame[l->v->link->frame_mb.front];
    size_t bytes = (size_t)slot->desc.rows * slot->desc.pitch;
    for (size_t i = 0; i < bytes; i += 64) {
        l->sum += ((const volatile uint8_t *)slot->map)[i];
    }
}

static void grant_restart(struct looker *l)
{
    struct stress *s = l->s;
    uint64_t asked = orl_counter_get(&s->asked);
    if (asked == orl_counter_get(&s->granted)) {
        return;
    }
    l->granted_out += l->v->held != 0;
    orl_counter_set(&s->granted, asked);
    while (orl_counter_get(&s->done) != asked && !orl_flag_is_raised(&s->stop)) {
        if (l->v->held) {
            read_held(l);
        }
        orl_sleep_until(orl_now_ns() + MS / 10);
    }
    l->v->live_seed = s->guest.seed;
}

static void take(struct looker *l, uint64_t now)
{
    if (random_below(&l->rng, 40) == 0) {
        l->refused += viewer_refuse(l->v);
        return;
    }
    if (viewer_take(l->v) && l->v->held) {
        uint64_t us = random_below(&l->rng, 4) ? 0 : random_below(&l->rng, 20000);
        if (l->hangs > 0 && random_below(&l->rng, 200) == 0) {
            l->hangs--;
            us = 400000;
        }
        l->release_ns = now + us * 1000;
    }
}

static void look(struct looker *l)
{
    struct viewer *v = l->v;
    uint64_t now = orl_now_ns();
    viewer_serve_pool(v);
    grant_restart(l);
    if (v->held && now >= l->release_ns) {
        viewer_release(v, true);
    } else if (v->held) {
        read_held(l);
    } else if (now >= l->blind_until_ns) {
        take(l, now);
    }
    if (random_below(&l->rng, 400) == 0) {
        l->blind_until_ns = now + random_below(&l->rng, 200) * MS; /* hidden */
    }
    if (random_below(&l->rng, 300) == 0) {
        viewer_set_ways(v, random_below(&l->rng, 8) & ALL_WAYS);
    }
}

static void run_viewer(struct looker *l, struct orl_wake *wake, uint64_t run_ms)
{
    uint64_t end = orl_now_ns() + run_ms * MS;
    while (orl_now_ns() < end) {
        orl_wake_wait(wake, orl_now_ns() + MS);
        look(l);
    }
}

/* The last picture arrives, whatever state everything was in. */
static void wait_for_the_last(struct looker *l, struct orl_wake *wake)
{
    struct stress *s = l->s;
    uint64_t limit = orl_now_ns() + 60 * 1000 * MS;
    l->blind_until_ns = 0;
    orl_flag_raise(&s->calm);
    for (;;) {
        uint64_t final = orl_counter_get(&s->final);
        if (final && l->v->expected.painted && l->v->expected.seed == l->v->live_seed &&
            l->v->expected.serial + 1 == final) {
            return;
        }
        assert_true(orl_now_ns() < limit);
        orl_wake_wait(wake, orl_now_ns() + MS);
        viewer_serve_pool(l->v);
        grant_restart(l);
        if (l->v->held) {
            viewer_release(l->v, true);
        }
        viewer_take(l->v);
    }
}

static void stop_frame(void *arg)
{
    struct stress *s = arg;
    uint64_t before = orl_now_ns();
    orl_frame_stop(&s->frame);
    s->stop_took_ns = orl_now_ns() - before;
    orl_flag_raise(&s->stopped);
}

/* While the frame threads end, the viewer goes on as before: what it has, it releases. */
static void stop_all(struct looker *l, struct orl_wake *wake)
{
    struct orl_thread stopper = {0};
    struct stress *s = l->s;
    assert_int_equal(orl_thread_start(&stopper, "stopper", stop_frame, s), ORL_OK);
    while (!orl_flag_is_raised(&s->stopped)) {
        orl_wake_wait(wake, orl_now_ns() + MS);
        if (l->v->held) {
            read_held(l);
            viewer_release(l->v, true);
        }
        viewer_take(l->v);
    }
    orl_thread_join(&stopper);
    if (orl_mailbox_take(&l->v->link->frame_mb)) { /* what is left is not the guest's memory */
        assert_int_equal(l->v->link->frame[l->v->link->frame_mb.front].hold, 0);
    }
    assert_int_equal(l->v->held, 0);
}

static void stress(enum orl_release release, bool sealed, uint64_t rng)
{
    struct stress *s = calloc(1, sizeof(*s));
    struct orl_frame_link *link = aligned_alloc(64, (sizeof(*link) + 63) / 64 * 64);
    struct orl_wake wake;
    struct viewer v;
    struct orl_thread guest = {0};
    assert_non_null(s);
    assert_non_null(link);
    if (sealed) {
        guest_create_sealed(&s->guest, release, 1 << 20);
    } else {
        guest_create(&s->guest, release, 1 << 20);
    }
    guest_start(&s->guest, orl_now_ns() / MS);
    orl_wake_init(&wake);
    orl_frame_link_init(link, &wake);
    viewer_init(&v, link, release == ORL_MASTER);
    viewer_set_ways(&v, ALL_WAYS);
    v.live_seed = s->guest.seed;
    struct looker l = {.s = s, .v = &v, .rng = rng, .hangs = 2};
    memcpy(s->path, s->guest.path, sizeof(s->path));
    struct orl_frame_conf conf = {.path = s->path, .allow_dma = true};
    assert_int_equal(orl_thread_start(&guest, "guest", run_guest, s), ORL_OK);
    assert_int_equal(orl_frame_start(&s->frame, &conf, link), ORL_OK);

    run_viewer(&l, &wake, 4000);
    wait_for_the_last(&l, &wake);
    stop_all(&l, &wake);

    orl_flag_raise(&s->stop);
    orl_thread_join(&guest);
    print_message(
        "%s%s: %lu posted, %lu shown, %lu in place, %lu imported, %u refused, %lu late, "
        "%lu restarts (%u with a frame out), %lu new memories, stop %lu ms\n",
        s->guest.lay->name, sealed ? " sealed" : "", (unsigned long)s->posted,
        (unsigned long)v.frames, (unsigned long)v.in_place, (unsigned long)v.imported,
        l.refused, (unsigned long)orl_counter_get(&link->frames_late),
        (unsigned long)s->restarts, l.granted_out, (unsigned long)s->replaced,
        (unsigned long)(s->stop_took_ns / MS));
    assert_true(v.frames > 20);
    assert_true(v.in_place + v.imported > 5);
    assert_true(s->stop_took_ns < 5000 * MS);
    viewer_finish(&v);
    orl_frame_link_finish(link);
    guest_destroy(&s->guest);
    free(link);
    free(s);
}

static void frames_in_place_survive_all_threads(void **state)
{
    (void)state;
    stress(ORL_B7, false, 1);
    stress(ORL_MASTER, false, 2);
}

static void exported_frames_survive_all_threads(void **state)
{
    (void)state;
    stress(ORL_B6, true, 3);
    stress(ORL_MASTER, true, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_in_place_survive_all_threads),
        cmocka_unit_test(exported_frames_survive_all_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
