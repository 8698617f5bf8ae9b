/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The render step with frames that stand in the guest's memory. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "frame/way.h"
#include "render/stage.h"
#include "support/check.h"

/* The release that stands in the link: number, and whether it was shown. */
static bool released(uint64_t hold, bool shown)
{
    return orl_counter_get(&st.ring.released) == hold * 2 + (shown ? 0 : 1);
}

/* Puts a mark in the place of the last release: a second one would be seen. */
static void mark(void)
{
    orl_counter_set(&st.ring.released, 0);
}

#define NO_RELEASE (orl_counter_get(&st.ring.released) == 0)

/* ---- Tests --------------------------------------------------------------------------------- */

static void pixels_that_were_copied_by_the_call_are_released_at_once(void **state)
{
    (void)state;
    begin(ORL_WAY_HELD);
    for (int i = 0; i < 10; i++) {
        publish(ORL_SLOT_HELD);
        step();
        assert_true(released(st.holds, true));
        assert_int_equal(gl.last_hold, st.holds);
    }
    mark();
    step();
    assert_true(NO_RELEASE);
    assert_int_equal(orl_counter_get(&st.link.stats.frames), 10);
    assert_int_equal(gl.pools, 0);
    end();
    assert_true(NO_RELEASE);
}

static void a_frame_that_gl_still_reads_is_asked_for_soon_and_released_once(void **state)
{
    (void)state;
    begin(ORL_WAY_HELD | ORL_WAY_DMABUF);
    gl.reads = true;
    publish(ORL_SLOT_DMABUF);
    for (int i = 0; i < 5; i++) {
        step();
        assert_true(NO_RELEASE);
        assert_true(st.due_ns <= st.now_ns + MS); /* nobody wakes us when GL has finished */
    }
    assert_int_equal(gl.frames, 1);
    gl.reads = false;
    step();
    assert_true(released(1, true));
    mark();
    step();
    assert_true(NO_RELEASE);
    assert_true(st.due_ns > st.now_ns + MS);
    end();
    assert_true(NO_RELEASE);
}

static void gl_finishes_behind_a_hidden_window_too(void **state)
{
    (void)state;
    begin(ORL_WAY_DMABUF);
    gl.reads = true;
    publish(ORL_SLOT_DMABUF);
    step();
    hide(true);
    step();
    assert_true(NO_RELEASE);
    assert_true(st.due_ns <= st.now_ns + MS);
    gl.reads = false;
    step();
    assert_true(released(1, true));
    publish(ORL_SLOT_DMABUF);
    step();
    assert_int_equal(gl.frames, 1); /* not taken: the frame thread gets it back */
    assert_true(orl_mailbox_withdraw(&st.ring.frame_mb));
    end();
}

static void a_refused_frame_goes_back_and_nothing_else_changes(void **state)
{
    (void)state;
    begin(ORL_WAY_HELD | ORL_WAY_DMABUF);
    publish(ORL_SLOT_DMABUF);
    step();
    uint64_t shown = orl_counter_get(&st.link.stats.shown);
    assert_true(shown != 0);
    gl.refuses = true;
    publish(ORL_SLOT_DMABUF);
    step();
    assert_true(released(2, false));
    assert_int_equal(orl_counter_get(&st.ring.ways), ORL_WAY_HELD | ORL_WAYS_KNOWN);
    assert_int_equal(orl_counter_get(&st.link.stats.frames), 1);
    assert_int_equal(orl_counter_get(&st.link.stats.shown), shown); /* the picture stays */
    mark();
    step();
    assert_true(NO_RELEASE);
    publish(ORL_SLOT_HELD);
    step();
    assert_true(released(3, true));
    assert_int_equal(orl_counter_get(&st.link.stats.frames), 2);
    end();
}

static void a_first_frame_that_is_refused_leaves_the_window_empty(void **state)
{
    (void)state;
    begin(ORL_WAY_DMABUF);
    gl.refuses = true;
    publish(ORL_SLOT_DMABUF);
    step();
    assert_true(released(1, false));
    assert_int_equal(orl_counter_get(&st.link.stats.shown), 0);
    assert_int_equal(orl_counter_get(&st.ring.ways), ORL_WAYS_KNOWN);
    publish(ORL_SLOT_STAGED);
    step();
    assert_true(orl_counter_get(&st.link.stats.shown) != 0);
    end();
}

static void a_picture_that_the_driver_cannot_show_is_released_as_shown(void **state)
{
    (void)state;
    begin(ORL_WAY_HELD);
    gl.error = ORL_EUNSUPPORTED;
    publish(ORL_SLOT_HELD);
    step();
    assert_true(released(1, true)); /* no other way would show it */
    end();
}

static void the_end_waits_for_gl_and_releases_even_if_it_never_answers(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        begin(ORL_WAY_DMABUF);
        gl.reads = true;
        gl.never_ends = i == 1;
        publish(ORL_SLOT_DMABUF);
        step();
        assert_true(NO_RELEASE);
        end();
        assert_int_equal(gl.waits, 1);
        assert_int_equal(gl.destroyed, 1);
        assert_true(released(1, true));
    }
    begin(ORL_WAY_DMABUF);
    gl.reads = true;
    publish(ORL_SLOT_DMABUF);
    step();
    orl_render_let_go(st.render);
    assert_true(released(1, true));
    mark();
    end();
    assert_true(NO_RELEASE);
}

static void no_session_after_a_held_frame_keeps_the_picture(void **state)
{
    (void)state;
    begin(ORL_WAY_HELD);
    publish(ORL_SLOT_HELD);
    step();
    mark();
    publish(ORL_SLOT_NONE);
    step();
    assert_true(NO_RELEASE);
    assert_int_equal(gl.frames, 1);
    end();
}

static void the_way_of_the_frames_can_be_asked_for(void **state)
{
    (void)state;
    begin(ORL_WAY_HELD);
    assert_string_equal(orl_render_info(st.render).frames, "none yet");
    orl_counter_set(&st.ring.way, orl_way_word(ORL_USED_KVMFR, ORL_WHY_NOTHING));
    assert_string_equal(orl_render_info(st.render).frames, "DMA-BUF (kvmfr)");
    orl_counter_set(&st.ring.way, orl_way_word(ORL_USED_COPY, ORL_WHY_OPTION));
    assert_string_equal(orl_render_info(st.render).frames, "copied (app:allowDMA=no)");
    orl_counter_set(&st.ring.way, UINT64_MAX); /* any word */
    assert_true(orl_render_info(st.render).frames[0] != '\0');
    end();
}

static void a_shape_that_gl_does_not_import_is_told(void **state)
{
    (void)state;
    begin(ORL_WAY_DMABUF);
    orl_counter_set(&st.ring.way, orl_way_word(ORL_USED_KVMFR, ORL_WHY_NOTHING));
    publish(ORL_SLOT_DMABUF);
    step();
    assert_string_equal(orl_render_info(st.render).frames, "DMA-BUF (kvmfr)");
    gl.uploads = true;
    publish(ORL_SLOT_DMABUF);
    step();
    assert_true(released(2, true));
    assert_non_null(strstr(orl_render_info(st.render).frames, "does not import"));
    gl.uploads = false;
    publish(ORL_SLOT_DMABUF);
    step();
    assert_string_equal(orl_render_info(st.render).frames, "DMA-BUF (kvmfr)");
    end();
}

/* ---- The emulated card's buffer -------------------------------------------------------------- */

static void publish_display(enum orl_slot_kind kind)
{
    struct orl_slot *slot = &st.display.frame[st.display.frame_mb.back];
    *slot = picture(kind);
    slot->shared = (struct orl_shared){.id = 1, .fd = -1, .foreign = true};
    orl_mailbox_publish(&st.display.frame_mb);
    orl_wake_set(&st.link.wake, ORL_RENDER_FALLBACK);
}

static uint64_t display_released(void)
{
    return orl_counter_get(&st.display.released);
}

static void the_emulated_cards_buffer_is_released_when_gl_has_read_it(void **state)
{
    (void)state;
    begin(ORL_WAY_DMABUF);
    gl.reads = true;
    publish_display(ORL_SLOT_DMABUF);
    step();
    assert_int_equal(gl.frames, 1);
    assert_int_equal(display_released(), 0);
    assert_true(st.due_ns <= st.now_ns + MS);
    gl.reads = false;
    step();
    assert_int_equal(display_released(), 1 * 2);
    publish_display(ORL_SLOT_NONE);
    step();
    assert_int_equal(gl.forgotten, 1); /* nothing of it stays in GL */
    gl.reads = true;
    gl.never_ends = true;
    publish_display(ORL_SLOT_DMABUF);
    step();
    orl_render_destroy(&st.render);
    assert_int_equal(display_released(), 2 * 2); /* the card is not left waiting */
    end();
}

static void a_buffer_that_gl_refuses_goes_back_as_not_shown(void **state)
{
    (void)state;
    begin(ORL_WAY_DMABUF);
    gl.refuses = true;
    publish_display(ORL_SLOT_DMABUF);
    step();
    assert_int_equal(display_released(), 1 * 2 + 1);
    assert_int_equal(orl_counter_get(&st.ring.released), 0);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_that_were_copied_by_the_call_are_released_at_once),
        cmocka_unit_test(a_frame_that_gl_still_reads_is_asked_for_soon_and_released_once),
        cmocka_unit_test(gl_finishes_behind_a_hidden_window_too),
        cmocka_unit_test(a_refused_frame_goes_back_and_nothing_else_changes),
        cmocka_unit_test(a_first_frame_that_is_refused_leaves_the_window_empty),
        cmocka_unit_test(a_picture_that_the_driver_cannot_show_is_released_as_shown),
        cmocka_unit_test(the_end_waits_for_gl_and_releases_even_if_it_never_answers),
        cmocka_unit_test(no_session_after_a_held_frame_keeps_the_picture),
        cmocka_unit_test(the_way_of_the_frames_can_be_asked_for),
        cmocka_unit_test(a_shape_that_gl_does_not_import_is_told),
        cmocka_unit_test(the_emulated_cards_buffer_is_released_when_gl_has_read_it),
        cmocka_unit_test(a_buffer_that_gl_refuses_goes_back_as_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
