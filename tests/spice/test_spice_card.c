/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Display and cursor channel against a card that does as it is told (fake_card.c). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "frame/link.h"
#include "spice/rig.h"
#include "support/check.h"

static struct {
    struct rig rig;
    struct orl_wake wake;
    struct orl_fallback display;
} v;

static int begin(void **state)
{
    (void)state;
    memset(&v, 0, sizeof(v));
    rig_init(&v.rig);
    orl_wake_init(&v.wake);
    orl_fallback_init(&v.display, &v.wake);
    v.rig.link.fallback = &v.display;
    v.rig.conf.input = v.rig.conf.clipboard = v.rig.conf.audio = false;
    v.rig.conf.microphone = v.rig.conf.files = false;
    orl_fallback_want(&v.display, true);
    const char *const argv[] = {ORL_FAKE_CARD, v.rig.socket, NULL};
    rig_spawn(&v.rig.server, (char *const *)(uintptr_t)argv); /* exec's type lacks a const */
    rig_expect(&v.rig, "ready");
    return 0;
}

static int end(void **state)
{
    (void)state;
    rig_finish(&v.rig);
    orl_fallback_finish(&v.display);
    return 0;
}

static void tell(const char *command)
{
    rig_tell(&v.rig, "%s", command);
    rig_expect(&v.rig, "done");
}

static bool has_display(const struct orl_spice_status *s)
{
    return (s->has & ORL_SPICE_HAS_DISPLAY) && s->display_w > 0;
}

static void connect_to_card(void)
{
    rig_connect(&v.rig);
    rig_wait(&v.rig, has_display);
}

/* Waits for something new; false after `ms`. */
static bool wait_ms(bool (*here)(void), uint64_t ms)
{
    uint64_t end_ns = orl_now_ns() + ms * ORL_NS_PER_MS;
    while (!here() && orl_now_ns() < end_ns) {
        orl_wake_wait(&v.wake, orl_now_ns() + 50 * ORL_NS_PER_MS);
        orl_mailbox_take(&v.display.frame_mb);
        orl_mailbox_take(&v.display.pos_mb);
        orl_mailbox_take(&v.display.shape_mb);
    }
    return here();
}

/* The same with the usual patience. */
static bool wait_for(bool (*here)(void))
{
    return wait_ms(here, RIG_MS);
}

static const struct orl_slot *slot(void)
{
    return &v.display.frame[v.display.frame_mb.front];
}

static const struct orl_cursor_pos *pos(void)
{
    return &v.display.pos[v.display.pos_mb.front];
}

static bool no_picture(void)
{
    return slot()->kind == ORL_SLOT_NONE;
}

/* ---- The surface ---------------------------------------------------------------------------- */

static uint32_t want_w, want_h;

static bool has_size(void)
{
    return slot()->kind == ORL_SLOT_STAGED && slot()->desc.w == want_w &&
           slot()->desc.h == want_h;
}

static void wait_for_size(uint32_t w, uint32_t h)
{
    want_w = w;
    want_h = h;
    assert_true(wait_for(has_size));
}

static void expect_pixel(uint32_t x, uint32_t y, uint32_t r, uint32_t g, uint32_t b)
{
    const uint8_t *p = slot()->map + (size_t)y * slot()->desc.pitch + (size_t)x * 4;
    assert_int_equal(p[0], b);
    assert_int_equal(p[1], g);
    assert_int_equal(p[2], r);
}

static void a_thirty_two_bit_surface_arrives(void **state)
{
    (void)state;
    tell("mode 40 30 32");
    connect_to_card();
    wait_for_size(40, 30);
    for (uint32_t i = 0; i < 40 * 30; i++) {
        uint32_t px = i * 40503u;
        expect_pixel(i % 40, i / 40, px >> 16 & 255, px >> 8 & 255, px & 255);
    }
}

static void a_sixteen_bit_surface_arrives(void **state)
{
    (void)state;
    tell("mode 64 48 16");
    connect_to_card();
    wait_for_size(64, 48);
    for (uint32_t i = 0; i < 64 * 48; i++) {
        uint32_t px = i * 40503u, r = px >> 10 & 31, g = px >> 5 & 31, b = px & 31;
        expect_pixel(i % 64, i / 64, r << 3 | r >> 2, g << 3 | g >> 2, b << 3 | b >> 2);
    }
}

static void of_several_heads_the_first_is_shown(void **state)
{
    (void)state;
    tell("mode 64 32 32");
    connect_to_card();
    wait_for_size(64, 32);
    tell("heads 40 4 24 20 0 0 40 32");
    wait_for_size(24, 20);
    for (uint32_t y = 0; y < 20; y++) {
        for (uint32_t x = 0; x < 24; x++) {
            uint32_t px = ((y + 4) * 64 + x + 40) * 40503u;
            expect_pixel(x, y, px >> 16 & 255, px >> 8 & 255, px & 255);
        }
    }
    assert_true(wait_for(has_size));
    tell("heads 0 0 64 32");
    wait_for_size(64, 32);
}

static void modes_come_and_go(void **state)
{
    (void)state;
    tell("mode 64 32 32");
    connect_to_card();
    wait_for_size(64, 32);
    tell("gone");
    assert_true(wait_for(no_picture));
    for (uint32_t i = 1; i < 20; i++) {
        rig_tell(&v.rig, "mode %u %u 32", i * 50, 1000 / i);
        rig_expect(&v.rig, "done");
        wait_for_size(i * 50, 1000 / i);
        uint32_t last = i * 50 * (1000 / i) - 1, px = last * 40503u;
        expect_pixel(i * 50 - 1, 1000 / i - 1, px >> 16 & 255, px >> 8 & 255, px & 255);
    }
}

/* ---- A card that draws with OpenGL; the test is the render thread ---------------------------- */

#define XR24 0x34325258u
#define XB24 0x34324258u

static uint64_t want_hold; /* a slot with a higher number than this */

static bool has_buffer(void)
{
    return slot()->kind == ORL_SLOT_DMABUF && slot()->hold > want_hold;
}

static void wait_for_buffer(void)
{
    assert_true(wait_for(has_buffer));
    want_hold = slot()->hold;
}

static void show_buffer(uint32_t w, uint32_t h, uint32_t fourcc, int top_down)
{
    rig_tell(&v.rig, "gl %u %u %u %d", w, h, fourcc, top_down);
    rig_expect(&v.rig, "done");
    want_hold = slot()->hold;
}

/*
 * That somebody looks may be heard after the first buffer was handed over, and asks for all of it once
 * more. Releases the buffer that is out; from here on buffers carry what changes.
 */
static void until_changes_come(void)
{
    bool all = true;
    for (int i = 0; i < 20 && all; i++) {
        orl_fallback_release(&v.display, slot()->hold, true);
        rig_tell(&v.rig, "gl-draw 0 0 1 1");
        wait_for_buffer();
        all = slot()->upload.full;
        orl_fallback_release(&v.display, slot()->hold, true);
        rig_expect(&v.rig, "gl drawn");
    }
    assert_false(all);
}

static void expect_buffer(uint32_t w, uint32_t h)
{
    const struct orl_slot *s = slot();
    size_t bytes = (size_t)w * h * 4;
    assert_int_equal(s->desc.w, w);
    assert_int_equal(s->desc.h, h);
    assert_int_equal(s->desc.rows, h);
    assert_int_equal(s->desc.pitch, w * 4);
    assert_true(s->shared.foreign && s->shared.id > 0);
    assert_null(s->map);
    uint32_t *px = mmap(NULL, bytes, PROT_READ, MAP_SHARED, s->shared.fd, 0);
    assert_true(px != MAP_FAILED);
    for (uint32_t i = 0; i < w * h; i++) {
        assert_int_equal(px[i], i * 40503u);
    }
    munmap(px, bytes);
}

static void a_picture_in_a_gpu_buffer_is_handed_over_and_answered(void **state)
{
    (void)state;
    tell("mode 64 32 32");
    connect_to_card();
    wait_for_size(64, 32);
    show_buffer(48, 20, XR24, 1);
    wait_for_buffer();
    expect_buffer(48, 20);
    assert_int_equal(slot()->desc.fmt, ORL_PIX_BGRA8);
    assert_false(slot()->shared.bottom_up);
    assert_true(slot()->upload.full);
    until_changes_come();
    uint64_t id = slot()->shared.id;

    rig_tell(&v.rig, "gl-draw 3 4 100 2");
    wait_for_buffer();
    assert_int_equal(slot()->shared.id, id);
    assert_false(slot()->upload.full);
    assert_int_equal(slot()->upload.n, 1);
    assert_int_equal(slot()->upload.r[0].x, 3);
    assert_int_equal(slot()->upload.r[0].y, 4);
    assert_int_equal(slot()->upload.r[0].w, 45);
    assert_int_equal(slot()->upload.r[0].h, 2);
    orl_fallback_release(&v.display, slot()->hold, true);
    rig_expect(&v.rig, "gl drawn");

    show_buffer(31, 9, XB24, 0);
    wait_for_buffer();
    expect_buffer(31, 9);
    assert_int_equal(slot()->desc.fmt, ORL_PIX_RGBA8);
    assert_true(slot()->shared.bottom_up);
    assert_true(slot()->shared.id != id);
    orl_fallback_release(&v.display, slot()->hold, true);

    tell("gl-end");        /* which this server tells nobody */
    tell("mode 64 32 32"); /* back to plain pictures */
    wait_for_size(64, 32);
}

static void a_card_that_nobody_looks_at_is_answered_all_the_same(void **state)
{
    (void)state;
    tell("mode 64 32 32");
    connect_to_card();
    wait_for_size(64, 32);
    show_buffer(64, 32, XR24, 1);
    wait_for_buffer();
    until_changes_come();
    rig_tell(&v.rig, "gl-draw 0 0 5 5");
    wait_for_buffer();
    rig_expect(&v.rig, "gl drawn");
    for (int i = 0; i < 3; i++) {
        rig_tell(&v.rig, "gl-draw 0 0 5 5"); /* the slot is not released */
        rig_expect(&v.rig, "gl drawn");
    }
    orl_fallback_release(&v.display, slot()->hold, true);
    wait_for_buffer(); /* what was drawn meanwhile */
    assert_int_equal(slot()->upload.n, 1);
    orl_fallback_release(&v.display, slot()->hold, true);
    orl_fallback_want(&v.display, false);
    rig_tell(&v.rig, "gl-draw 0 0 5 5");
    rig_expect(&v.rig, "gl drawn");
    orl_fallback_want(&v.display, true);
    wait_for_buffer();
    assert_true(slot()->upload.full);
}

static void a_gpu_buffer_that_cannot_be_imported_is_explained_once(void **state)
{
    (void)state;
    struct orl_spice_note note;
    tell("mode 64 32 32");
    connect_to_card();
    wait_for_size(64, 32);
    for (int i = 0; i < 2; i++) {
        show_buffer(64, 32, XR24, 1);
        wait_for_buffer();
        rig_tell(&v.rig, "gl-draw 0 0 64 32");
        orl_fallback_release(&v.display, slot()->hold, false);
        rig_expect(&v.rig, "gl drawn"); /* a guest that waits for it goes on */
        if (i == 0) {
            assert_true(rig_event(&v.rig, ORL_SPICE_MESSAGE, &note, RIG_MS));
            assert_non_null(strstr((const char *)note.data, "gl=off"));
            free(note.data);
        } else {
            assert_false(rig_event(&v.rig, ORL_SPICE_MESSAGE, &note, 300));
        }
    }
    tell("gl-end");
    tell("mode 64 32 32");
    wait_for_size(64, 32);
}

static void a_gpu_buffer_of_an_unknown_kind_leaves_no_picture(void **state)
{
    (void)state;
    tell("mode 64 32 32");
    connect_to_card();
    wait_for_size(64, 32);
    show_buffer(64, 32, 0x3231564e, 1); /* NV12 */
    assert_true(wait_for(no_picture));
    rig_tell(&v.rig, "gl-draw 0 0 64 32");
    rig_expect(&v.rig, "gl drawn");
}

/* ---- The pointer ---------------------------------------------------------------------------- */

static bool pointer_visible(void)
{
    return pos()->visible;
}

static bool pointer_hidden(void)
{
    return !pos()->visible;
}

static struct orl_cursor_pos want_pos;

static bool pointer_there(void)
{
    return pos()->visible && pos()->x == want_pos.x && pos()->y == want_pos.y;
}

/*
 * Moves the pointer until it is seen there: a move that comes before the cursor channel is open is
 * lost, and nothing tells when it is.
 */
static void first_move(int x, int y)
{
    for (int i = 0; i < 60 && !pointer_there(); i++) {
        rig_tell(&v.rig, "move %d %d", x + 1, y);
        rig_expect(&v.rig, "done");
        rig_tell(&v.rig, "move %d %d", x, y);
        rig_expect(&v.rig, "done");
        (void)wait_ms(pointer_there, 250);
    }
    assert_true(pointer_there());
}

static bool pointer_at_20_10(const struct orl_spice_status *s)
{
    return s->cursor_known && s->cursor_x == 20 && s->cursor_y == 10;
}

static bool pointer_at_5_3(const struct orl_spice_status *s)
{
    return s->cursor_known && s->cursor_x == 5 && s->cursor_y == 3;
}

static void a_pointer_with_alpha_arrives_byte_by_byte(void **state)
{
    (void)state;
    tell("mode 64 32 32");
    connect_to_card();
    tell("cursor 0 3 2 1 2 0 0"); /* SPICE_CURSOR_TYPE_ALPHA: bytes B,G,R,A, premultiplied */
    want_pos = (struct orl_cursor_pos){.x = 19, .y = 8};
    first_move(20, 10);
    const struct orl_cursor_shape *s = &v.display.shape[v.display.shape_mb.front];
    assert_int_equal(s->serial, pos()->shape);
    assert_int_equal(s->kind, ORL_CURSOR_COLOR);
    assert_int_equal(s->w, 3);
    assert_int_equal(s->h, 2);
    assert_int_equal(s->hot_x, 1);
    assert_int_equal(s->hot_y, 2);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(s->rgba[4 * i], (4 * i + 2) * 7 + 1);
        assert_int_equal(s->rgba[4 * i + 1], (4 * i + 1) * 7 + 1);
        assert_int_equal(s->rgba[4 * i + 2], 4 * i * 7 + 1);
        assert_int_equal(s->rgba[4 * i + 3], (4 * i + 3) * 7 + 1);
    }
    rig_wait(&v.rig, pointer_at_20_10);
}

static void the_pointer_moves_hides_and_comes_back(void **state)
{
    (void)state;
    tell("mode 64 32 32");
    connect_to_card();
    tell("cursor 0 4 4 0 0 0 0");
    want_pos = (struct orl_cursor_pos){.x = 1, .y = 1};
    first_move(1, 1);
    for (int16_t i = 1; i < 30; i++) {
        rig_tell(&v.rig, "move %d %d", i * 2, i);
        rig_expect(&v.rig, "done");
        want_pos = (struct orl_cursor_pos){.x = (int16_t)(i * 2), .y = i};
        assert_true(wait_for(pointer_there));
    }
    tell("hide");
    assert_true(wait_for(pointer_hidden));
    tell("move 5 6");
    want_pos = (struct orl_cursor_pos){.x = 5, .y = 6};
    assert_true(wait_for(pointer_there));
    rig_reap(&v.rig.server, SIGKILL);
    assert_true(wait_for(pointer_hidden));
}

static void the_pointer_of_a_head_counts_from_its_corner(void **state)
{
    (void)state;
    tell("mode 64 32 32");
    tell("heads 40 4 24 20 0 0 40 32");
    connect_to_card();
    wait_for_size(24, 20);
    tell("cursor 0 4 4 1 1 0 0");
    want_pos = (struct orl_cursor_pos){.x = 4, .y = 2};
    first_move(45, 7);
    rig_wait(&v.rig, pointer_at_5_3);
}

static void pointers_of_odd_sizes_are_no_danger(void **state)
{
    (void)state;
    tell("mode 64 32 32");
    connect_to_card();
    tell("cursor 0 1200 2 0 0 0 0");  /* too large: the old shape stays, here none */
    tell("cursor 1 32 32 31 31 0 0"); /* one bit a pixel */
    tell("cursor 0 256 256 255 255 0 0");
    want_pos = (struct orl_cursor_pos){.x = -555, .y = -260};
    first_move(-300, -5);
    const struct orl_cursor_shape *s = &v.display.shape[v.display.shape_mb.front];
    assert_int_equal(s->w, 256);
    assert_int_equal(s->hot_x, 127); /* what fits */
    assert_true(pointer_visible());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_thirty_two_bit_surface_arrives, begin, end),
        cmocka_unit_test_setup_teardown(a_sixteen_bit_surface_arrives, begin, end),
        cmocka_unit_test_setup_teardown(of_several_heads_the_first_is_shown, begin, end),
        cmocka_unit_test_setup_teardown(modes_come_and_go, begin, end),
        cmocka_unit_test_setup_teardown(a_picture_in_a_gpu_buffer_is_handed_over_and_answered,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_card_that_nobody_looks_at_is_answered_all_the_same,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_gpu_buffer_of_an_unknown_kind_leaves_no_picture,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_gpu_buffer_that_cannot_be_imported_is_explained_once,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_pointer_with_alpha_arrives_byte_by_byte, begin, end),
        cmocka_unit_test_setup_teardown(the_pointer_moves_hides_and_comes_back, begin, end),
        cmocka_unit_test_setup_teardown(the_pointer_of_a_head_counts_from_its_corner, begin,
                                        end),
        cmocka_unit_test_setup_teardown(pointers_of_odd_sizes_are_no_danger, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
