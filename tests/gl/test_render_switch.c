/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The render step with both sources, on real GL and into a window that is plain memory: after each
 * step every pixel of the window is compared with the picture that has to stand there.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "gl/rig.h"
#include "render/render.h"
#include "support/check.h"

#define WIN_W 96
#define WIN_H 64
#define MS    UINT64_C(1000000)

/* ---- The window ---------------------------------------------------------------------------- */

struct orl_surface {
    uint8_t pixels[WIN_W * WIN_H * 4];
    uint32_t presents;
};

int orl_surface_make_current(struct orl_surface *s)
{
    (void)s;
    return rig_open(false, 0, 0) ? ORL_OK : ORL_EUNSUPPORTED;
}

void orl_surface_release_current(struct orl_surface *s)
{
    (void)s;
    rig_close();
}

bool orl_surface_wants_pixels(const struct orl_surface *s)
{
    (void)s;
    return true;
}

uint8_t *orl_surface_pixels(struct orl_surface *s, uint32_t w, uint32_t h, uint32_t *pitch)
{
    assert_int_equal(w, WIN_W);
    assert_int_equal(h, WIN_H);
    *pitch = WIN_W * 4;
    return s->pixels;
}

uint32_t orl_surface_age(struct orl_surface *s)
{
    (void)s;
    return 1;
}

void orl_surface_present(struct orl_surface *s, const struct orl_rects *damage, uint32_t w,
                         uint32_t h)
{
    (void)damage;
    (void)w;
    (void)h;
    s->presents++;
}

/* ---- The sources --------------------------------------------------------------------------- */

struct picture {
    uint32_t w, h;
    uint8_t bytes[WIN_W * WIN_H * 4];
};

struct stage {
    struct orl_surface window;
    struct orl_frame_link ring;
    struct orl_fallback display;
    struct orl_render_link link;
    struct orl_render *render;
    struct orl_view_state view;
    struct picture ring_picture, display_picture;
    uint8_t ring_memory[3][WIN_W * WIN_H * 4];
    uint32_t serial, wakes;
    uint64_t now_ns, due_ns;
};

static struct stage st;

static void wake_main(void *arg)
{
    (void)arg;
    st.wakes++;
}

/* The tests' time is far ahead of the real one that drawing notes: nothing is held back by it. */
static void step(uint64_t forward_ms)
{
    int err = ORL_OK;
    st.now_ns += forward_ms * MS;
    st.due_ns = orl_render_step(st.render, orl_wake_wait(&st.link.wake, 0), st.now_ns, &err);
    assert_int_equal(err, ORL_OK);
}

static void publish_view(void)
{
    st.link.view[st.link.view_mb.back] = st.view;
    orl_mailbox_publish(&st.link.view_mb);
    orl_wake_set(&st.link.wake, ORL_RENDER_VIEW);
}

static void begin(bool spice_only)
{
    memset(&st, 0, sizeof(st));
    assert_int_equal(orl_render_link_init(&st.link), ORL_OK);
    orl_frame_link_init(&st.ring, &st.link.wake);
    orl_fallback_init(&st.display, &st.link.wake);
    st.link.fallback = &st.display;
    st.link.wake_main = wake_main;
    struct orl_render_conf conf = {.partial = true, .spice_only = spice_only};
    assert_int_equal(orl_render_create(&st.render, &conf, &st.window, &st.ring, &st.link),
                     ORL_OK);
    st.view = (struct orl_view_state){.win_w = WIN_W,
                                      .win_h = WIN_H,
                                      .scale = 1,
                                      .keep_aspect = true,
                                      .dont_upscale = true,
                                      .refresh_hz = 1000};
    publish_view();
    st.now_ns = orl_now_ns() + 3600 * ORL_NS_PER_S;
    step(0);
}

static void end(void)
{
    for (int i = 0; i < 3; i++) {
        st.display.frame[i].map = NULL; /* the tests' own memory */
        st.display.shape[i].rgba = NULL;
        st.ring.shape[i].rgba = NULL;
    }
    orl_render_destroy(&st.render);
    orl_fallback_finish(&st.display);
    orl_frame_link_finish(&st.ring);
    orl_render_link_finish(&st.link);
}

/* New noise in a part of the picture; a new size: in all of it. */
static struct orl_rect paint(struct picture *p, uint32_t w, uint32_t h)
{
    struct orl_rect r = {w / 4, h / 4, w / 3, h / 3};
    if (p->w != w || p->h != h) {
        r = (struct orl_rect){0, 0, w, h};
        p->w = w;
        p->h = h;
    }
    for (uint32_t y = r.y; y < r.y + r.h; y++) {
        for (uint32_t x = r.x * 4; x < (r.x + r.w) * 4; x++) {
            p->bytes[y * w * 4 + x] = (uint8_t)rig_random();
        }
    }
    return r;
}

static void fill_slot(struct orl_slot *slot, const struct picture *p, uint8_t *map,
                      struct orl_rect changed)
{
    memcpy(map, p->bytes, sizeof(p->bytes));
    *slot = (struct orl_slot){.kind = ORL_SLOT_STAGED, .map = map, .t_seen_ns = orl_now_ns()};
    slot->desc = (struct orl_frame_desc){.serial = ++st.serial,
                                         .fmt = ORL_PIX_BGRA8,
                                         .screen_w = p->w,
                                         .screen_h = p->h,
                                         .w = p->w,
                                         .h = p->h,
                                         .rows = p->h,
                                         .pitch = p->w * 4,
                                         .row_bytes = p->w * 4,
                                         .white_nits = ORL_WHITE_NITS};
    orl_rects_add_one(&slot->upload, changed);
}

static void ring_status(enum orl_guest_state state)
{
    struct orl_guest_status *s = &st.ring.status[st.ring.status_mb.back];
    *s = (struct orl_guest_status){.state = state, .since_ns = st.now_ns, .release = ""};
    orl_mailbox_publish(&st.ring.status_mb);
    orl_wake_set(&st.link.wake, ORL_RENDER_STATUS);
}

static void ring_frame(uint32_t w, uint32_t h)
{
    struct orl_rect changed = paint(&st.ring_picture, w, h);
    uint32_t back = st.ring.frame_mb.back;
    fill_slot(&st.ring.frame[back], &st.ring_picture, st.ring_memory[back], changed);
    orl_mailbox_publish(&st.ring.frame_mb);
    ring_status(ORL_GUEST_STREAMING);
    orl_wake_set(&st.link.wake, ORL_RENDER_FRAME);
}

static void ring_lost(enum orl_guest_state state)
{
    st.ring.frame[st.ring.frame_mb.back] = (struct orl_slot){.kind = ORL_SLOT_NONE};
    orl_mailbox_publish(&st.ring.frame_mb);
    ring_status(state);
    orl_wake_set(&st.link.wake, ORL_RENDER_FRAME);
}

static uint8_t display_memory[3][WIN_W * WIN_H * 4];

static void display_frame(uint32_t w, uint32_t h, bool whole)
{
    struct orl_rect changed = paint(&st.display_picture, w, h);
    uint32_t back = st.display.frame_mb.back;
    fill_slot(&st.display.frame[back], &st.display_picture, display_memory[back], changed);
    if (whole) {
        orl_rects_set_full(&st.display.frame[back].upload);
    }
    orl_mailbox_publish(&st.display.frame_mb);
    orl_wake_set(&st.link.wake, ORL_RENDER_FALLBACK);
}

static void display_gone(void)
{
    st.display.frame[st.display.frame_mb.back].kind = ORL_SLOT_NONE;
    orl_mailbox_publish(&st.display.frame_mb);
    orl_wake_set(&st.link.wake, ORL_RENDER_FALLBACK);
}

/* ---- What has to stand in the window ------------------------------------------------------- */

/* `p` in the middle, black around it; NULL: black. */
static uint8_t *expected(const struct picture *p, int percent)
{
    static uint8_t out[WIN_W * WIN_H * 4];
    memset(out, 0, sizeof(out));
    for (uint32_t y = 0; p && y < p->h; y++) {
        uint32_t to = ((WIN_H - p->h) / 2 + y) * WIN_W + (WIN_W - p->w) / 2;
        for (uint32_t i = 0; i < p->w * 4; i++) {
            out[to * 4 + i] = (uint8_t)(p->bytes[y * p->w * 4 + i] * percent / 100);
        }
    }
    return out;
}

static void expect(const struct picture *p)
{
    rig_expect(st.window.pixels, expected(p, 100), WIN_W, WIN_H, 0);
}

static void expect_shown(enum orl_render_source source, uint32_t w, uint32_t h)
{
    struct orl_render_shown shown = orl_render_shown(&st.link);
    assert_int_equal(shown.source, source);
    assert_int_equal(shown.w, w);
    assert_int_equal(shown.h, h);
}

/* ---- Tests --------------------------------------------------------------------------------- */

static void every_switch_shows_whole_right_pictures(void **state)
{
    (void)state;
    begin(false);
    assert_true(orl_flag_is_raised(&st.display.wanted));
    ring_status(ORL_GUEST_NO_SESSION);
    step(0);
    expect(NULL);

    display_frame(32, 20, true); /* power on */
    step(10);
    expect(&st.display_picture);
    expect_shown(ORL_SOURCE_SPICE, 32, 20);
    display_frame(32, 20, false);
    step(400); /* the words about the ring are due, and are not put over the picture */
    expect(&st.display_picture);

    uint32_t wakes = st.wakes;
    ring_frame(60, 40);
    step(10);
    expect(&st.ring_picture);
    expect_shown(ORL_SOURCE_RING, 60, 40);
    assert_true(st.wakes > wakes);
    assert_false(orl_flag_is_raised(&st.display.wanted));
    display_frame(32, 20, false); /* was on its way */
    step(10);
    expect(&st.ring_picture);
    ring_frame(60, 40);
    step(10);
    expect(&st.ring_picture);

    ring_lost(ORL_GUEST_LOST);
    step(10);
    assert_true(orl_flag_is_raised(&st.display.wanted));
    rig_expect(st.window.pixels, expected(&st.ring_picture, 50), WIN_W, WIN_H, 1);
    display_frame(48, 30, true);
    step(10);
    rig_expect(st.window.pixels, expected(&st.ring_picture, 50), WIN_W, WIN_H, 1);
    assert_true(st.due_ns <= st.now_ns + 500 * MS);
    step((st.due_ns - st.now_ns) / MS - 1); /* the words come before, over both pictures */
    while (st.due_ns < st.now_ns + 300 * MS) {
        expect_shown(ORL_SOURCE_RING, 60, 40);
        step((st.due_ns - st.now_ns + MS - 1) / MS);
    }
    expect(&st.display_picture);
    expect_shown(ORL_SOURCE_SPICE, 48, 30);

    ring_frame(60, 40); /* uploads a part only: the rest was kept */
    step(10);
    expect(&st.ring_picture);
    end();
}

static void a_restart_of_the_guest_program_never_shows_the_display(void **state)
{
    (void)state;
    begin(false);
    ring_frame(60, 40);
    step(10);
    for (int i = 0; i < 5; i++) {
        ring_lost(ORL_GUEST_LOST);
        step(10);
        display_frame(32, 20, true);
        step(200);
        expect_shown(ORL_SOURCE_RING, 60, 40);
        ring_status(ORL_GUEST_NO_FRAME);
        step(100);
        ring_frame(60, 40);
        step(50);
        expect(&st.ring_picture);
        step(1000);
    }
    end();
}

static void a_display_that_goes_leaves_the_rings_last_picture_darkened(void **state)
{
    (void)state;
    begin(false);
    ring_frame(60, 40);
    step(10);
    ring_lost(ORL_GUEST_LOST);
    step(10);
    display_frame(32, 20, true);
    step(600);
    expect(&st.display_picture);
    display_gone();
    step(10);
    expect(&st.display_picture); /* a change of mode? */
    ring_status(ORL_GUEST_STREAMING);
    ring_lost(ORL_GUEST_LOST);
    step(600);
    expect_shown(ORL_SOURCE_RING, 60, 40);
    ring_frame(60, 40);
    step(10);
    expect(&st.ring_picture);
    end();
}

static void a_screen_of_one_colour_is_no_reason_to_leave_the_status_text(void **state)
{
    (void)state;
    begin(false);
    memset(display_memory, 0, sizeof(display_memory));
    ring_status(ORL_GUEST_NO_SESSION);
    display_frame(32, 20, true);
    memset(display_memory, 0, sizeof(display_memory)); /* black after all */
    step(10);
    expect_shown(ORL_SOURCE_NONE, 0, 0);
    end();
}

/* An opaque white square. */
static uint8_t white[8 * 8 * 4];

static void put_pointer(struct orl_mailbox *pos_mb, struct orl_cursor_pos *pos,
                        struct orl_mailbox *shape_mb, struct orl_cursor_shape *shape, int16_t x,
                        int16_t y)
{
    memset(white, 255, sizeof(white));
    shape[shape_mb->back] = (struct orl_cursor_shape){.serial = 1,
                                                      .kind = ORL_CURSOR_COLOR,
                                                      .w = 8,
                                                      .h = 8,
                                                      .white_nits = ORL_WHITE_NITS,
                                                      .rgba = white};
    orl_mailbox_publish(shape_mb);
    pos[pos_mb->back] = (struct orl_cursor_pos){.visible = true, .x = x, .y = y, .shape = 1};
    orl_mailbox_publish(pos_mb);
    orl_wake_set(&st.link.wake, ORL_RENDER_CURSOR | ORL_RENDER_FALLBACK);
}

static struct picture with_square(const struct picture *p, uint32_t x, uint32_t y)
{
    struct picture out = *p;
    for (uint32_t row = y; row < y + 8; row++) {
        memset(out.bytes + (row * p->w + x) * 4, 255, 8 * 4);
    }
    return out;
}

static void only_the_pointer_of_the_shown_picture_is_drawn(void **state)
{
    (void)state;
    begin(false);
    put_pointer(&st.ring.pos_mb, st.ring.pos, &st.ring.shape_mb, st.ring.shape, 40, 20);
    put_pointer(&st.display.pos_mb, st.display.pos, &st.display.shape_mb, st.display.shape, 2,
                3);
    display_frame(32, 20, true);
    step(10);
    struct picture want = with_square(&st.display_picture, 2, 3);
    expect(&want);
    ring_frame(60, 40);
    step(10);
    want = with_square(&st.ring_picture, 40, 20);
    expect(&want);
    st.display.pos[st.display.pos_mb.back] =
        (struct orl_cursor_pos){.visible = true, .x = 20, .y = 10, .shape = 1};
    orl_mailbox_publish(&st.display.pos_mb);
    orl_wake_set(&st.link.wake, ORL_RENDER_FALLBACK);
    step(10);
    expect(&want);
    ring_lost(ORL_GUEST_LOST);
    step(10);
    display_frame(32, 20, true);
    step(600);
    want = with_square(&st.display_picture, 20, 10);
    expect(&want);
    end();
}

static void video_off_shows_no_boot_picture(void **state)
{
    (void)state;
    begin(false);
    ring_lost(ORL_GUEST_VIDEO_OFF);
    display_frame(32, 20, true);
    step(10);
    expect_shown(ORL_SOURCE_NONE, 0, 0);
    assert_false(orl_flag_is_raised(&st.display.wanted));
    end();
}

static void spice_only_shows_the_display_and_its_switch_works(void **state)
{
    (void)state;
    begin(true);
    display_frame(32, 20, true);
    step(10);
    expect(&st.display_picture);
    ring_frame(60, 40);
    step(10);
    expect(&st.display_picture);
    st.view.no_video = true;
    publish_view();
    step(10);
    expect_shown(ORL_SOURCE_NONE, 0, 0);
    assert_false(orl_flag_is_raised(&st.display.wanted));
    st.view.no_video = false;
    publish_view();
    step(10);
    display_frame(32, 20, true);
    step(10);
    expect(&st.display_picture);
    end();
}

static void a_hidden_window_wants_no_pixels(void **state)
{
    (void)state;
    begin(false);
    display_frame(32, 20, true);
    step(10);
    st.view.hidden = true;
    publish_view();
    step(10);
    assert_false(orl_flag_is_raised(&st.display.wanted));
    st.view.hidden = false;
    publish_view();
    step(10);
    assert_true(orl_flag_is_raised(&st.display.wanted));
    display_frame(32, 20, true);
    step(10);
    expect(&st.display_picture);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_switch_shows_whole_right_pictures),
        cmocka_unit_test(a_restart_of_the_guest_program_never_shows_the_display),
        cmocka_unit_test(a_display_that_goes_leaves_the_rings_last_picture_darkened),
        cmocka_unit_test(a_screen_of_one_colour_is_no_reason_to_leave_the_status_text),
        cmocka_unit_test(only_the_pointer_of_the_shown_picture_is_drawn),
        cmocka_unit_test(video_off_shows_no_boot_picture),
        cmocka_unit_test(spice_only_shows_the_display_and_its_switch_works),
        cmocka_unit_test(a_hidden_window_wants_no_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
