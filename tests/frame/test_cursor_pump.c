/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cursor pump against a real producer, one step at a time with a clock that is a number. */
#include <stdlib.h>
#include <string.h>

#include "frame/cursor_pump.h"
#include "guest.h"
#include "support/check.h"

#define MS UINT64_C(1000000)

struct world {
    struct guest guest;
    struct orl_wake wake;
    struct orl_frame_link *link;
    struct orl_cursor_pump *pump;
    struct orl_frame_conf conf;
    uint64_t now;
};

static void *aligned(size_t size)
{
    void *p = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(p);
    memset(p, 0, size);
    return p;
}

static int tick(struct world *w, uint64_t ms)
{
    w->now += ms * MS;
    guest_pass(&w->guest, w->now / MS);
    return orl_cursor_pump_step(w->pump, w->now);
}

static void attach(struct world *w)
{
    for (int i = 0; i < 400 && !w->pump->ring.session; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
    }
    assert_non_null(w->pump->ring.session);
}

static struct world *attached(enum orl_release release)
{
    struct world *w = aligned(sizeof(*w));
    w->now = 1000 * MS;
    guest_create(&w->guest, release, 1 << 20);
    w->link = aligned(sizeof(*w->link));
    orl_wake_init(&w->wake);
    orl_frame_link_init(w->link, &w->wake);
    w->conf.path = w->guest.path;
    w->pump = aligned(sizeof(*w->pump));
    orl_cursor_pump_init(w->pump, &w->conf, w->link);
    guest_start(&w->guest, w->now / MS);
    attach(w);
    return w;
}

static void destroy(struct world *w)
{
    orl_cursor_pump_finish(w->pump);
    orl_frame_link_finish(w->link);
    guest_destroy(&w->guest);
    free(w->pump);
    free(w->link);
    free(w);
}

static bool post_at(struct world *w, int16_t x, int16_t y, bool visible)
{
    struct orl_cursor_msg cur = {
        .has_position = true, .has_visible = true, .visible = visible, .x = x, .y = y};
    return guest_post_cursor(&w->guest, &cur, NULL, 0, w->now / MS);
}

static bool post_shape(struct world *w, uint32_t side, uint8_t fill)
{
    uint8_t pixels[64 * 64 * 4];
    struct orl_cursor_msg cur = {.has_position = true,
                                 .has_visible = true,
                                 .has_shape = true,
                                 .visible = true,
                                 .x = 5,
                                 .y = 6,
                                 .hot_x = 2,
                                 .hot_y = 3,
                                 .kind = ORL_CURSOR_COLOR,
                                 .w = side,
                                 .h = side,
                                 .pitch = side * 4,
                                 .white_nits = ORL_WHITE_NITS};
    cur.shape_bytes = (size_t)side * side * 4;
    memset(pixels, fill, cur.shape_bytes);
    return guest_post_cursor(&w->guest, &cur, pixels, (uint32_t)cur.shape_bytes, w->now / MS);
}

static const struct orl_cursor_pos *pos_taken(struct world *w)
{
    return orl_mailbox_take(&w->link->pos_mb) ? &w->link->pos[w->link->pos_mb.front] : NULL;
}

static const struct orl_cursor_shape *shape_taken(struct world *w)
{
    return orl_mailbox_take(&w->link->shape_mb) ? &w->link->shape[w->link->shape_mb.front]
                                                : NULL;
}

static void many_positions_become_the_newest_one(void **state)
{
    (void)state;
    for (int release = 0; release < ORL_RELEASES; release++) {
        struct world *w = attached((enum orl_release)release);
        for (int16_t i = 0; i < 7; i++) {
            assert_true(post_at(w, (int16_t)(i - 3), (int16_t)(10 * i), true));
        }
        assert_int_equal(tick(w, 1), ORL_OK);
        const struct orl_cursor_pos *pos = pos_taken(w);
        assert_non_null(pos);
        assert_int_equal(pos->x, 3);
        assert_int_equal(pos->y, 60);
        assert_true(pos->visible);
        assert_null(shape_taken(w));
        assert_int_equal(orl_producer_used(&w->guest.producer, w->guest.pointer_queue), 0);
        assert_int_equal(orl_wake_wait(&w->wake, 0), ORL_RENDER_CURSOR);

        assert_true(post_at(w, 3, 60, true)); /* the same again is no news */
        assert_int_equal(tick(w, 1), ORL_EAGAIN);
        assert_null(pos_taken(w));
        assert_int_equal(orl_wake_wait(&w->wake, 0), 0);
        destroy(w);
    }
}

static void no_shape_between_positions_is_missed(void **state)
{
    (void)state;
    for (int release = 0; release < ORL_RELEASES; release++) {
        struct world *w = attached((enum orl_release)release);
        assert_true(post_at(w, 1, 1, true));
        assert_true(post_shape(w, 16, 0x11));
        assert_true(post_shape(w, 24, 0x33));
        assert_true(post_at(w, 9, 9, true));
        assert_int_equal(tick(w, 1), ORL_OK);
        const struct orl_cursor_shape *shape = shape_taken(w);
        assert_non_null(shape);
        assert_int_equal(shape->serial, 2);
        assert_int_equal(shape->w, 24);
        assert_int_equal(shape->h, 24);
        assert_int_equal(shape->hot_x, 2);
        assert_int_equal(shape->hot_y, 3);
        for (uint32_t i = 0; i < 24 * 24 * 4; i++) {
            assert_int_equal(shape->rgba[i], 0x33);
        }
        const struct orl_cursor_pos *pos = pos_taken(w);
        assert_non_null(pos);
        assert_int_equal(pos->x, 9);
        assert_int_equal(pos->shape, 2);
        destroy(w);
    }
}

static void hiding_is_handed_over(void **state)
{
    (void)state;
    for (int release = 0; release < ORL_RELEASES; release++) {
        struct world *w = attached((enum orl_release)release);
        assert_true(post_at(w, 4, 4, true));
        assert_int_equal(tick(w, 1), ORL_OK);
        assert_true(pos_taken(w)->visible);
        assert_true(post_at(w, 4, 4, false));
        assert_int_equal(tick(w, 1), ORL_OK);
        assert_false(pos_taken(w)->visible);
        destroy(w);
    }
}

static void a_lost_session_hides_the_cursor_and_the_next_one_is_found(void **state)
{
    (void)state;
    for (int release = 0; release < ORL_RELEASES; release++) {
        struct world *w = attached((enum orl_release)release);
        assert_true(post_shape(w, 16, 0x22));
        assert_int_equal(tick(w, 1), ORL_OK);
        assert_true(pos_taken(w)->visible);
        guest_start(&w->guest, w->now / MS);
        tick(w, 60);
        const struct orl_cursor_pos *pos = pos_taken(w);
        assert_non_null(pos);
        assert_false(pos->visible);
        attach(w);
        assert_true(post_at(w, 8, 8, true));
        assert_int_equal(tick(w, 1), ORL_OK);
        assert_true(pos_taken(w)->visible);
        destroy(w);
    }
}

static void a_late_subscriber_subscribes_again(void **state)
{
    (void)state;
    struct world *w = attached(ORL_B7);
    assert_true(post_at(w, 1, 1, true));
    for (int i = 0; i < 2; i++) {
        w->now += 1100 * MS;
        guest_pass(&w->guest, w->now / MS);
    }
    assert_int_equal(orl_producer_subscribers(&w->guest.producer, w->guest.pointer_queue), 0);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
    }
    assert_int_equal(orl_producer_subscribers(&w->guest.producer, w->guest.pointer_queue), 1);
    assert_true(post_at(w, 2, 2, true));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_int_equal(pos_taken(w)->x, 2);
    destroy(w);
}

static void a_message_without_a_header_is_finished_and_ignored(void **state)
{
    (void)state;
    struct world *w = attached(ORL_B7);
    struct orl_payload tiny = {w->guest.pointer_slot[0], 4, ORL_CURSOR_POSITION};
    bool posted = false;
    assert_int_equal(orl_producer_post(&w->guest.producer, w->guest.pointer_queue, tiny, NULL,
                                       0, w->now / MS, &posted),
                     ORL_OK);
    assert_true(posted);
    assert_true(post_at(w, 7, 7, true));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_int_equal(pos_taken(w)->x, 7);
    destroy(w);
}

int main(void)
{
    if (orl_shm_guard() != ORL_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_positions_become_the_newest_one),
        cmocka_unit_test(no_shape_between_positions_is_missed),
        cmocka_unit_test(hiding_is_handed_over),
        cmocka_unit_test(a_lost_session_hides_the_cursor_and_the_next_one_is_found),
        cmocka_unit_test(a_late_subscriber_subscribes_again),
        cmocka_unit_test(a_message_without_a_header_is_finished_and_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
