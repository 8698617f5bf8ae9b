/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the timing graphs are drawn, and when nothing is. */
#include <stdio.h>

#include "base/clock.h"
#include "render/stage.h"
#include "support/check.h"

static uint64_t draws(void)
{
    return orl_counter_get(&st.link.stats.draws);
}

static void show_graphs(bool shown)
{
    struct orl_view_state view = st.view;
    view.show_timing = shown;
    publish_view(&view);
    step();
}

/*
 * A new frame of which only one pixel in the upper right corner has changed; later than the one
 * before, so that the figures change. The end of its way is read from the real clock.
 */
static void publish_small(uint32_t i)
{
    publish(ORL_SLOT_HELD);
    struct orl_slot *slot = &st.ring.frame[orl_mailbox_unread(&st.ring.frame_mb)];
    slot->upload = (struct orl_rects){.n = 1, .r = {{WIN_W - 1, 0, 1, 1}}};
    slot->t_seen_ns = slot->t_ready_ns = orl_now_ns() - i * MS;
}

static void begin_with_a_picture(void)
{
    begin(ORL_WAY_HELD);
    publish(ORL_SLOT_HELD);
    step();
    step();
}

static void nothing_is_due_without_graphs(void **state)
{
    (void)state;
    begin_with_a_picture();
    assert_true(st.due_ns == UINT64_MAX);
    orl_counter_set(&st.link.sound_delay_us, 30000);
    uint64_t before = draws();
    for (int i = 0; i < 200; i++) {
        step();
    }
    assert_true(draws() == before && st.due_ns == UINT64_MAX && gl.overlays == 0);
    end();
}

static void graphs_that_stand_still_are_not_drawn(void **state)
{
    (void)state;
    begin_with_a_picture();
    show_graphs(true);
    assert_int_equal(gl.overlays, 1);
    uint64_t before = draws();
    for (int i = 0; i < 500; i++) {
        step();
        assert_true(st.due_ns > st.now_ns); /* and nobody is kept awake */
    }
    assert_true(draws() == before && gl.overlays == 1);
    show_graphs(false);
    assert_true(draws() == before + 1 && gl.overlay == 0);
    end();
}

static void graphs_are_renewed_ten_times_a_second_at_most(void **state)
{
    (void)state;
    begin_with_a_picture();
    show_graphs(true);
    uint32_t shown = gl.overlays;
    uint64_t before = draws();
    for (int i = 0; i < 200; i++) { /* two seconds */
        publish_small((uint32_t)i);
        step();
    }
    assert_int_equal(draws(), before + 200); /* they come with the pictures */
    assert_true(gl.overlays > shown + 5 && gl.overlays <= shown + 21);
    end();
}

static void the_last_frame_before_a_rest_comes_in_too_and_is_counted_once(void **state)
{
    (void)state;
    begin_with_a_picture();
    struct orl_view_state view = st.view;
    snprintf(view.extra.link, sizeof(view.extra.link), "Lower right");
    publish_view(&view);
    show_graphs(true);
    for (int i = 0; i < 30; i++) {
        step();
    }
    publish_small(7);
    step();
    uint64_t frames = orl_counter_get(&st.link.stats.frames);
    uint64_t before = draws();
    uint32_t shown = gl.overlays;
    assert_true(st.due_ns <= st.now_ns + 100 * MS);
    for (int i = 0; i < 300; i++) {
        step();
    }
    assert_true(draws() == before + 1 && gl.overlays == shown + 1);
    assert_int_equal(orl_counter_get(&st.link.stats.frames), frames);
    /* Drawn anew: the panel, which stands lower left, and nothing else. */
    const struct orl_rects *damage = &st.window.damage;
    assert_true(!damage->full && damage->n == 1);
    assert_true(damage->r[0].x > 0 && damage->r[0].y > 30 && damage->r[0].w > 200);
    assert_true(damage->r[0].x + damage->r[0].w < WIN_W - 50);
    end();
}

static void sound_alone_moves_its_row_and_stops_with_it(void **state)
{
    (void)state;
    begin_with_a_picture();
    show_graphs(true);
    uint32_t shown = gl.overlays;
    for (int i = 0; i < 400; i++) {
        orl_counter_set(&st.link.sound_delay_us, 20000 + 1000 * (uint64_t)i);
        step();
    }
    assert_true(gl.overlays > shown + 15 && gl.overlays <= shown + 41);
    orl_counter_set(&st.link.sound_delay_us, 0);
    for (int i = 0; i < 20; i++) {
        step();
    }
    shown = gl.overlays;
    uint64_t before = draws();
    for (int i = 0; i < 300; i++) {
        step();
    }
    assert_true(gl.overlays == shown && draws() == before);
    orl_counter_set(&st.link.sound_delay_us, UINT64_MAX); /* no harm */
    for (int i = 0; i < 150; i++) {
        step();
    }
    assert_true(gl.overlays > shown);
    end();
}

static void switching_and_ending_at_any_time_is_clean(void **state)
{
    (void)state;
    begin_with_a_picture();
    for (int i = 0; i < 20; i++) {
        publish(i % 2 ? ORL_SLOT_HELD : ORL_SLOT_STAGED);
        show_graphs(i % 3 != 0);
        if (i % 5 == 0) {
            hide(i % 10 == 0);
            step();
        }
    }
    show_graphs(true);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_due_without_graphs),
        cmocka_unit_test(graphs_that_stand_still_are_not_drawn),
        cmocka_unit_test(graphs_are_renewed_ten_times_a_second_at_most),
        cmocka_unit_test(the_last_frame_before_a_rest_comes_in_too_and_is_counted_once),
        cmocka_unit_test(sound_alone_moves_its_row_and_stops_with_it),
        cmocka_unit_test(switching_and_ending_at_any_time_is_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
