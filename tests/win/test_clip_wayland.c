/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clipboard on a real compositor (sway); wl-copy and wl-paste are the other programs. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "clip_rig.h"
#include "support/check.h"

/* A window hears of the clipboard only with the focus: it has it when a first offer arrives. */
static void wait_focus(struct rig *r)
{
    for (int i = 0; i < 300 && r->offer_count == 0; i++) {
        rig_pass(r, 100);
    }
    assert_int_not_equal(r->offer_count, 0);
    r->offer_count = 0;
}

static void offer(struct rig *r, uint32_t types)
{
    orl_win_clip_offer(r->clip, types);
    rig_pass(r, 200);
}

static void expect_paste(struct rig *r, const char *command, struct rig_blob want)
{
    assert_int_equal(rig_run(r, command), 0);
    struct rig_blob out = rig_read(r, "out");
    rig_same(out, want);
    rig_free(&out);
}

static void text_of_another_program_is_offered_and_fetched(void **state)
{
    struct rig *r = *state;
    wait_focus(r);
    struct rig_blob text = {(uint8_t *)strdup("gr\xC3\xBC\xC3\x9F\x65\nzweite Zeile\n"), 22};
    rig_write(r, "in", text.data, text.len);
    assert_int_equal(rig_run(r, "wl-copy < in"), 0);
    rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
    assert_true(rig_fetch(r, ORL_WIN_CLIP_TEXT));
    rig_same(r->got, text);
    assert_false(rig_fetch(r, ORL_WIN_CLIP_BMP));
    assert_int_equal(rig_run(r, "wl-copy --clear"), 0);
    rig_wait_offer(r, 0);
    assert_false(rig_fetch(r, ORL_WIN_CLIP_TEXT));
    rig_free(&text);
}

static void our_text_is_pasted_by_another_program_at_any_size(void **state)
{
    struct rig *r = *state;
    wait_focus(r);
    static const size_t sizes[] = {1, 4096, 65536, 65537, 5000000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        rig_free(&r->text);
        r->text = rig_text(sizes[i]);
        offer(r, ORL_WIN_CLIP_TEXT);
        expect_paste(r, "wl-paste --no-newline > out", r->text);
    }
    assert_int_equal(r->offer_count, 0); /* our own is not reported as another's */
}

static void images_go_both_ways_and_convert_by_themselves(void **state)
{
    struct rig *r = *state;
    wait_focus(r);
    r->png = rig_png(3u << 20);
    rig_write(r, "in", r->png.data, r->png.len);
    assert_int_equal(rig_run(r, "wl-copy --type image/png < in"), 0);
    rig_wait_offer(r, ORL_WIN_CLIP_PNG | ORL_WIN_CLIP_BMP);
    assert_true(rig_fetch(r, ORL_WIN_CLIP_PNG));
    rig_same(r->got, r->png);
    assert_true(rig_fetch(r, ORL_WIN_CLIP_BMP));
    rig_same_picture(r->png, r->got);
    offer(r, ORL_WIN_CLIP_PNG);
    /* wl-copy needs no input event; ours was older than that and counts with the next focus. */
    assert_int_equal(rig_run(r, "swaymsg -q workspace 2; swaymsg -q workspace 1"), 0);
    rig_pass(r, 200);
    expect_paste(r, "wl-paste --type image/png > out", r->png);
    assert_int_equal(rig_run(r, "wl-paste --type image/bmp > out"), 0);
    struct rig_blob out = rig_read(r, "out");
    rig_same_picture(r->png, out);
    rig_free(&out);
    assert_int_equal(rig_run(r, "wl-paste --list-types > out"), 0);
    out = rig_read(r, "out");
    out.data[out.len] = 0;
    assert_non_null(strstr((char *)out.data, "image/x-MS-bmp\n"));
    assert_null(strstr((char *)out.data, "text/plain"));
    rig_free(&out);
}

static void the_clipboard_changes_hands_with_and_without_the_focus(void **state)
{
    struct rig *r = *state;
    wait_focus(r);
    r->text = rig_text(1000);
    for (int i = 0; i < 5; i++) {
        offer(r, ORL_WIN_CLIP_TEXT);
        assert_int_equal(rig_run(r, "swaymsg -q workspace 2"), 0);
        expect_paste(r, "wl-paste --no-newline > out", r->text);
        offer(r, ORL_WIN_CLIP_TEXT); /* anew, without the focus */
        expect_paste(r, "wl-paste --no-newline > out", r->text);
        r->offer_count = 0;
        assert_int_equal(rig_run(r, "swaymsg -q workspace 1"), 0);
        rig_pass(r, 300);
        assert_int_equal(r->offer_count, 0); /* it is ours still */
        assert_int_equal(rig_run(r, "swaymsg -q workspace 2; echo other | wl-copy"), 0);
        rig_pass(r, 200);
        assert_int_equal(r->offer_count, 0); /* not heard behind another window */
        assert_int_equal(rig_run(r, "swaymsg -q workspace 1"), 0);
        rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
        assert_true(rig_fetch(r, ORL_WIN_CLIP_TEXT));
        assert_int_equal(r->got.len, 6);
    }
}

static void giving_it_up_leaves_nothing_and_does_not_take_from_others(void **state)
{
    struct rig *r = *state;
    wait_focus(r);
    r->text = rig_text(10);
    offer(r, ORL_WIN_CLIP_TEXT);
    offer(r, 0);
    assert_int_not_equal(rig_run(r, "wl-paste > out"), 0);
    offer(r, ORL_WIN_CLIP_TEXT);
    assert_int_equal(rig_run(r, "printf kept | wl-copy"), 0);
    rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
    offer(r, 0);
    assert_int_equal(rig_run(r, "test \"$(wl-paste)\" = kept"), 0);
}

static void an_owner_that_hangs_is_given_up(void **state)
{
    struct rig *r = *state;
    wait_focus(r);
    pid_t pid = rig_begin(r, "echo x | exec wl-copy --foreground");
    rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
    assert_int_equal(kill(-pid, SIGSTOP), 0);
    assert_false(rig_fetch(r, ORL_WIN_CLIP_TEXT));
    assert_int_equal(kill(-pid, SIGCONT), 0);
    assert_true(rig_fetch(r, ORL_WIN_CLIP_TEXT));
    rig_kill(pid);
    rig_wait_offer(r, 0);
}

static void more_than_the_bound_is_refused(void **state)
{
    struct rig *r = *state;
    wait_focus(r);
    assert_int_equal(
        rig_run(r, "head -c 16777217 /dev/zero | tr '\\0' x | wl-copy --type text/plain"), 0);
    rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
    assert_false(rig_fetch(r, ORL_WIN_CLIP_TEXT));
    assert_int_equal(
        rig_run(r, "head -c 16777216 /dev/zero | tr '\\0' x | wl-copy --type text/plain"), 0);
    rig_pass(r, 500);
    rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
    assert_true(rig_fetch(r, ORL_WIN_CLIP_TEXT));
    assert_int_equal(r->got.len, 16777216);
}

static void programs_that_stop_reading_do_not_hold_up_others(void **state)
{
    struct rig *r = *state;
    wait_focus(r);
    r->text = rig_text(2000000);
    offer(r, ORL_WIN_CLIP_TEXT);
    pid_t stuck[4];
    for (int i = 0; i < 4; i++) {
        stuck[i] = rig_begin(r, "wl-paste --no-newline | sleep 100");
    }
    pid_t gone = rig_begin(r, "wl-paste --no-newline | head -c 10 > /dev/null");
    rig_pass(r, 500);
    expect_paste(r, "wl-paste --no-newline > out", r->text);
    assert_int_not_equal(rig_end(r, gone), -1);
    rig_pass(r, 6000);
    expect_paste(r, "wl-paste --no-newline > out", r->text);
    for (int i = 0; i < 4; i++) {
        rig_kill(stuck[i]);
    }
}

/* The last one: the keyboard that goes with wtype leaves the seat without a present one. */
static void what_came_too_late_counts_with_the_next_key(void **state)
{
    struct rig *r = *state;
    wait_focus(r);
    r->text = rig_text(1000);
    assert_int_equal(rig_run(r, "echo other | wl-copy"), 0);
    rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
    offer(r, ORL_WIN_CLIP_TEXT);
    assert_int_equal(rig_run(r, "test \"$(wl-paste)\" = other && wtype -k Shift_L"), 0);
    rig_pass(r, 200);
    expect_paste(r, "wl-paste --no-newline > out", r->text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_start, rig_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_of_another_program_is_offered_and_fetched),
        TEST(our_text_is_pasted_by_another_program_at_any_size),
        TEST(images_go_both_ways_and_convert_by_themselves),
        TEST(the_clipboard_changes_hands_with_and_without_the_focus),
        TEST(giving_it_up_leaves_nothing_and_does_not_take_from_others),
        TEST(an_owner_that_hangs_is_given_up),
        TEST(more_than_the_bound_is_refused),
        TEST(programs_that_stop_reading_do_not_hold_up_others),
        TEST(what_came_too_late_counts_with_the_next_key),
    };
    return cmocka_run_group_tests_name("clip_wayland", tests, NULL, NULL);
}
