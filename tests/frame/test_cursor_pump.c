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

static struct world *offered(enum orl_release release, uint32_t features)
{
    struct world *w = aligned(sizeof(*w));
    w->now = 1000 * MS;
    guest_create(&w->guest, release, 1 << 20);
    w->guest.features = features;
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

static struct world *attached(enum orl_release release)
{
    return offered(release, 0);
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

/* ---- Reports to main ----------------------------------------------------------------------- */

static const struct orl_cursor_report *report_taken(struct world *w)
{
    return orl_mailbox_take(&w->link->report_mb) ? &w->link->report[w->link->report_mb.front]
                                                 : NULL;
}

static void main_hears_where_the_hot_spot_is(void **state)
{
    (void)state;
    for (int release = 0; release < ORL_RELEASES; release++) {
        struct world *w = attached((enum orl_release)release);
        assert_null(report_taken(w));
        assert_true(post_at(w, 100, -20, true)); /* no shape yet: the hot spot is the corner */
        tick(w, 1);
        const struct orl_cursor_report *r = report_taken(w);
        assert_non_null(r);
        assert_true(r->known);
        assert_int_equal(r->x, 100);
        assert_int_equal(r->y, -20);
        assert_int_equal(r->t_ns, w->now);

        assert_true(post_shape(w, 16, 1)); /* at 5, 6 with the hot spot at 2, 3 */
        tick(w, 1);
        r = report_taken(w);
        assert_int_equal(r->x, 7);
        assert_int_equal(r->y, 9);

        assert_true(post_at(w, INT16_MAX, INT16_MIN, false)); /* hidden pointers move, too */
        tick(w, 1);
        r = report_taken(w);
        assert_int_equal(r->x, 32767 + 2);
        assert_int_equal(r->y, -32768 + 3);

        assert_null(report_taken(w));
        assert_true(post_at(w, INT16_MAX, INT16_MIN, false)); /* the same is a report, too */
        tick(w, 1);
        assert_non_null(report_taken(w));
        tick(w, 1);
        assert_null(report_taken(w));
        destroy(w);
    }
}

static void a_lost_session_makes_the_position_unknown(void **state)
{
    (void)state;
    struct world *w = attached(ORL_MASTER);
    assert_true(post_at(w, 4, 5, true));
    tick(w, 1);
    assert_true(report_taken(w)->known);
    guest_start(&w->guest, w->now / MS);
    tick(w, 60);
    const struct orl_cursor_report *r = report_taken(w);
    assert_non_null(r);
    assert_false(r->known);
    attach(w);
    assert_null(report_taken(w)); /* said once */
    assert_true(post_at(w, 6, 7, true));
    tick(w, 1);
    assert_true(report_taken(w)->known);
    destroy(w);
}

/* ---- Wishes of main ------------------------------------------------------------------------ */

static void wish(struct world *w, struct orl_guest_wish wish)
{
    w->link->wish[w->link->wish_mb.back] = wish;
    orl_mailbox_publish(&w->link->wish_mb);
}

/* The next message to the guest: its type, or -1; the two numbers in *a, *b. */
static int told(struct world *w, int32_t *a, int32_t *b)
{
    uint8_t data[ORL_CLIENT_BYTES];
    uint32_t len;
    if (orl_producer_read(&w->guest.producer, w->guest.pointer_queue, data, &len, NULL) !=
        ORL_OK) {
        return -1;
    }
    orl_producer_ack(&w->guest.producer, w->guest.pointer_queue);
    assert_int_equal(len, 12);
    *a = (int32_t)orl_get_u32(data + 4);
    *b = (int32_t)orl_get_u32(data + 8);
    return (int)orl_get_u32(data);
}

static void a_wish_is_sent_once(void **state)
{
    (void)state;
    int32_t a, b;
    for (int release = 0; release < ORL_RELEASES; release++) {
        struct world *w = offered((enum orl_release)release,
                                  ORL_FEATURE_SET_CURSOR_POS | ORL_FEATURE_WINDOW_SIZE);
        wish(w, (struct orl_guest_wish){.x = -3, .y = 40, .align_serial = 1});
        tick(w, 1);
        assert_int_equal(told(w, &a, &b), 0);
        assert_int_equal(a, -3);
        assert_int_equal(b, 40);
        tick(w, 1);
        assert_int_equal(told(w, &a, &b), -1);

        struct orl_guest_wish both = {
            .x = 1, .y = 2, .align_serial = 1, .w = 800, .h = 600, .size_serial = 1};
        wish(w, both);
        tick(w, 1);
        assert_int_equal(told(w, &a, &b), 1);
        assert_int_equal(a, 800);
        assert_int_equal(b, 600);
        assert_int_equal(told(w, &a, &b), -1);

        both.align_serial = 2;
        both.size_serial = 2;
        wish(w, both);
        tick(w, 1);
        assert_int_equal(told(w, &a, &b), 0);
        assert_int_equal(told(w, &a, &b), 1);
        assert_int_equal(told(w, &a, &b), -1);
        destroy(w);
    }
}

static void what_the_guest_does_not_offer_is_not_sent(void **state)
{
    (void)state;
    int32_t a, b;
    struct world *w = offered(ORL_B7, ORL_FEATURE_SET_CURSOR_POS);
    struct orl_guest_wish both = {
        .x = 1, .y = 2, .align_serial = 1, .w = 800, .h = 600, .size_serial = 1};
    wish(w, both);
    tick(w, 1);
    assert_int_equal(told(w, &a, &b), 0);
    assert_int_equal(told(w, &a, &b), -1);
    w->guest.features = ORL_FEATURE_WINDOW_SIZE; /* what was refused is not sent later */
    guest_start(&w->guest, w->now / MS);
    tick(w, 60);
    attach(w);
    tick(w, 1);
    assert_int_equal(told(w, &a, &b), -1);
    destroy(w);
}

static void a_full_ring_delays_a_wish_for_a_while(void **state)
{
    (void)state;
    int32_t a, b;
    uint8_t data[ORL_CLIENT_BYTES];
    struct world *w = offered(ORL_B7, ORL_FEATURE_SET_CURSOR_POS | ORL_FEATURE_WINDOW_SIZE);
    uint32_t len = orl_control_set_cursor_pos(data, 0, 0);
    for (uint32_t i = 0; i < w->guest.lay->client_slots; i++) {
        assert_int_equal(orl_ring_send(&w->pump->ring, data, len, NULL), ORL_OK);
    }
    wish(w, (struct orl_guest_wish){.x = 9, .y = 9, .align_serial = 5});
    tick(w, 1);
    tick(w, 50);
    for (uint32_t i = 0; i < w->guest.lay->client_slots; i++) {
        assert_int_equal(told(w, &a, &b), 0);
        assert_int_equal(a, 0);
    }
    tick(w, 10);
    assert_int_equal(told(w, &a, &b), 0);
    assert_int_equal(a, 9);

    for (uint32_t i = 0; i < w->guest.lay->client_slots; i++) {
        assert_int_equal(orl_ring_send(&w->pump->ring, data, len, NULL), ORL_OK);
    }
    wish(w, (struct orl_guest_wish){
                .x = 8, .y = 8, .align_serial = 6, .w = 640, .h = 480, .size_serial = 1});
    for (int i = 0; i < 30; i++) {
        tick(w, 10);
    }
    for (uint32_t i = 0; i < w->guest.lay->client_slots; i++) {
        assert_int_equal(told(w, &a, &b), 0);
    }
    tick(w, 10); /* the pointer has long been elsewhere; the size is still wanted */
    assert_int_equal(told(w, &a, &b), 1);
    assert_int_equal(told(w, &a, &b), -1);
    destroy(w);
}

static void a_size_that_is_wanted_before_the_session_is_open_is_sent_then(void **state)
{
    (void)state;
    int32_t a, b;
    struct world *w = offered(ORL_MASTER, ORL_FEATURE_SET_CURSOR_POS | ORL_FEATURE_WINDOW_SIZE);
    guest_start(&w->guest, w->now / MS);
    tick(w, 60);
    assert_null(w->pump->ring.session);
    wish(w, (struct orl_guest_wish){
                .x = 8, .y = 8, .align_serial = 1, .w = 640, .h = 480, .size_serial = 1});
    attach(w);
    tick(w, 1);
    int first = told(w, &a, &b);
    assert_true(first == 1 || told(w, &a, &b) == 1);
    assert_int_equal(a, 640);
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
        cmocka_unit_test(main_hears_where_the_hot_spot_is),
        cmocka_unit_test(a_lost_session_makes_the_position_unknown),
        cmocka_unit_test(a_wish_is_sent_once),
        cmocka_unit_test(what_the_guest_does_not_offer_is_not_sent),
        cmocka_unit_test(a_full_ring_delays_a_wish_for_a_while),
        cmocka_unit_test(a_size_that_is_wanted_before_the_session_is_open_is_sent_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
