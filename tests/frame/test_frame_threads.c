/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both threads as the program runs them, a guest that draws as fast as it is let and a viewer that
 * is sometimes slow, each in a thread of its own. Every frame that is taken is compared pixel by
 * pixel. Also run under ThreadSanitizer: the guest keeps the rules, so nothing races.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "frame/frame.h"
#include "guest.h"
#include "support/check.h"
#include "support/random.h"
#include "viewer.h"

#define MS UINT64_C(1000000)

struct stress {
    struct guest guest;
    struct orl_flag stop;
    uint32_t restarts;
    uint64_t posted;           /* guest's thread, read after it ended */
    uint32_t aligned, resized; /* the same: what it was asked for */
    bool torn;
};

/* Both numbers of a wish are the same, so that a mixture of two would be seen. */
static void read_controls(struct stress *s)
{
    uint8_t data[ORL_CLIENT_BYTES];
    uint32_t len, queue = s->guest.pointer_queue;
    while (orl_producer_read(&s->guest.producer, queue, data, &len, NULL) == ORL_OK) {
        orl_producer_ack(&s->guest.producer, queue);
        s->torn |= len != 12 || orl_get_u32(data + 4) != orl_get_u32(data + 8);
        s->aligned += orl_get_u32(data) == 0;
        s->resized += orl_get_u32(data) == 1;
    }
}

static void post_cursor(struct guest *g, uint32_t n, uint64_t now_ms)
{
    if (orl_producer_used(&g->producer, g->pointer_queue) < 4) {
        struct orl_cursor_msg cur = {.has_position = true,
                                     .has_visible = true,
                                     .visible = true,
                                     .x = (int16_t)(n & 1023),
                                     .y = (int16_t)(n & 1023)};
        guest_post_cursor(g, &cur, NULL, 0, now_ms);
    }
}

static void run_guest(void *arg)
{
    struct stress *s = arg;
    uint64_t rng = 99;
    uint64_t restart_ns = orl_now_ns() + 1000 * MS;
    for (uint32_t n = 0; !orl_flag_is_raised(&s->stop); n++) {
        uint64_t now = orl_now_ns();
        guest_pass(&s->guest, now / MS);
        if (s->restarts > 0 && now > restart_ns) {
            s->restarts--;
            restart_ns = now + 1000 * MS;
            guest_start(&s->guest, now / MS);
        }
        if (guest_can_post(&s->guest) && random_below(&rng, 8)) {
            if (random_below(&rng, 30) == 0) {
                guest_skip_frame(&s->guest);
            }
            s->posted += guest_post_frame(&s->guest, now / MS);
        }
        post_cursor(&s->guest, n, now / MS);
        read_controls(s);
        if (random_below(&rng, 4) == 0) {
            orl_sleep_until(now + random_below(&rng, 1000) * 1000);
        }
    }
}

static void check_cursor(struct orl_frame_link *link)
{
    if (orl_mailbox_take(&link->report_mb)) {
        const struct orl_cursor_report *r = &link->report[link->report_mb.front];
        assert_int_equal(r->x, r->y);
    }
    if (orl_mailbox_take(&link->pos_mb)) {
        const struct orl_cursor_pos *pos = &link->pos[link->pos_mb.front];
        assert_int_equal(pos->x, pos->y); /* never half of one message and half of another */
    }
}

static void run_viewer(struct stress *s, struct orl_frame *frame, struct viewer *v,
                       struct orl_wake *wake, uint64_t run_ms)
{
    uint64_t rng = 5;
    uint64_t end = orl_now_ns() + run_ms * MS;
    while (orl_now_ns() < end) {
        orl_wake_wait(wake, orl_now_ns() + 20 * MS);
        viewer_serve_pool(v);
        viewer_take(v);
        check_cursor(v->link);
        if (random_below(&rng, 50) == 0) {
            orl_sleep_until(orl_now_ns() + random_below(&rng, 20) * MS);
        }
        if (random_below(&rng, 100) == 0 && !v->old.map[0] && v->pool.map[0]) {
            viewer_new_pool(v, 30000 + random_below(&rng, 20000));
        }
        uint32_t lot = random_below(&rng, 9);
        if (lot < 3) {
            orl_frame_poke(frame);
        } else if (lot < 5) {
            int32_t at = (int32_t)random_below(&rng, 30000);
            orl_frame_align(frame, at, at);
        } else if (lot == 5) {
            uint32_t side = random_below(&rng, 30000);
            orl_frame_ask_size(frame, side, side);
        }
    }
    orl_flag_raise(&s->stop);
}

static void stress(enum orl_release release)
{
    struct stress *s = calloc(1, sizeof(*s));
    struct orl_frame_link *link = aligned_alloc(64, (sizeof(*link) + 63) / 64 * 64);
    struct orl_wake wake;
    struct viewer v;
    struct orl_frame *frame = NULL;
    struct orl_thread guest = {0};
    assert_non_null(s);
    assert_non_null(link);
    guest_create(&s->guest, release, 1 << 20);
    s->restarts = 2;
    s->guest.features = ORL_FEATURE_SET_CURSOR_POS | ORL_FEATURE_WINDOW_SIZE;
    orl_flag_init(&s->stop);
    guest_start(&s->guest, orl_now_ns() / MS);
    orl_wake_init(&wake);
    orl_frame_link_init(link, &wake);
    viewer_init(&v, link, release == ORL_MASTER);
    struct orl_frame_conf conf = {.path = s->guest.path};
    assert_int_equal(orl_thread_start(&guest, "guest", run_guest, s), ORL_OK);
    assert_int_equal(orl_frame_start(&frame, &conf, link), ORL_OK);

    run_viewer(s, frame, &v, &wake, 4000);

    orl_thread_join(&guest);
    uint64_t before = orl_now_ns();
    orl_frame_stop(&frame);
    assert_true(orl_now_ns() - before < 400 * MS);
    assert_null(frame);
    print_message("%s: %lu posted, %lu shown, %lu sessions lost\n", s->guest.lay->name,
                  (unsigned long)s->posted, (unsigned long)v.frames, (unsigned long)v.nones);
    assert_true(v.frames > 20);
    assert_true(s->aligned > 5 && s->resized > 5 && !s->torn);
    viewer_finish(&v);
    orl_frame_link_finish(link);
    guest_destroy(&s->guest);
    free(link);
    free(s);
}

static void b6_frames_survive_all_threads(void **state)
{
    (void)state;
    stress(ORL_B6);
}
static void b7_frames_survive_all_threads(void **state)
{
    (void)state;
    stress(ORL_B7);
}
static void master_frames_survive_all_threads(void **state)
{
    (void)state;
    stress(ORL_MASTER);
}

static void starting_without_a_memory_waits_and_stops_at_once(void **state)
{
    (void)state;
    struct orl_wake wake;
    struct orl_frame_link *link = aligned_alloc(64, (sizeof(*link) + 63) / 64 * 64);
    assert_non_null(link);
    orl_wake_init(&wake);
    orl_frame_link_init(link, &wake);
    struct orl_frame_conf conf = {.path = "/tmp/orl-test-frame-that-is-not-there"};
    struct orl_frame *frame = NULL;
    assert_int_equal(orl_frame_start(&frame, &conf, link), ORL_OK);
    uint64_t limit = orl_now_ns() + 5000 * MS;
    while (!orl_mailbox_take(&link->status_main_mb)) {
        assert_true(orl_now_ns() < limit);
        orl_wake_wait(&wake, orl_now_ns() + MS);
    }
    assert_int_equal(link->status_main[link->status_main_mb.front].fault, ORL_SHM_MISSING);
    orl_frame_set_video(frame, false);
    orl_frame_poke(frame);
    uint64_t before = orl_now_ns();
    orl_frame_stop(&frame);
    assert_true(orl_now_ns() - before < 100 * MS);
    orl_frame_stop(&frame); /* a second time is nothing */
    orl_frame_link_finish(link);
    free(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b6_frames_survive_all_threads),
        cmocka_unit_test(b7_frames_survive_all_threads),
        cmocka_unit_test(master_frames_survive_all_threads),
        cmocka_unit_test(starting_without_a_memory_waits_and_stops_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
