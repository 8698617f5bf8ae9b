/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The render step with frames that stand in the guest's memory. GL is played by this file, which
 * decides when it has finished reading and what it refuses; the window is plain memory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "frame/fallback.h"
#include "frame/way.h"
#include "render/render.h"
#include "support/check.h"

#define WIN_W 32
#define WIN_H 16
#define MS    UINT64_C(1000000)

/* ---- The window ---------------------------------------------------------------------------- */

struct orl_surface {
    uint8_t pixels[WIN_W * WIN_H * 4];
};

int orl_surface_make_current(struct orl_surface *s)
{
    (void)s;
    return ORL_OK;
}
void orl_surface_release_current(struct orl_surface *s)
{
    (void)s;
}
bool orl_surface_wants_pixels(const struct orl_surface *s)
{
    (void)s;
    return true;
}
uint8_t *orl_surface_pixels(struct orl_surface *s, uint32_t w, uint32_t h, uint32_t *pitch)
{
    assert_true(w == WIN_W && h == WIN_H);
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
    (void)s;
    (void)damage;
    (void)w;
    (void)h;
}

/* ---- GL ------------------------------------------------------------------------------------ */

struct orl_gfx {
    uint32_t ways;
    bool refuses; /* the next frame, and with it its way */
    bool uploads; /* shows it, but not by an import */
    int error;    /* or this, instead */
    bool reads;   /* GL is still at work on the last frame */
    bool never_ends;
    uint32_t frames, pools, waits, destroyed, forgotten;
    uint64_t last_hold;
};
static struct orl_gfx gl;

int orl_gfx_create(struct orl_gfx **out, const struct orl_gfx_conf *conf)
{
    (void)conf;
    *out = &gl;
    return ORL_OK;
}
void orl_gfx_destroy(struct orl_gfx **gfx)
{
    (*gfx)->destroyed++;
    *gfx = NULL;
}
const char *orl_gfx_renderer(const struct orl_gfx *gfx)
{
    (void)gfx;
    return "test";
}
bool orl_gfx_is_software(const struct orl_gfx *gfx)
{
    (void)gfx;
    return true;
}
const char *orl_gfx_upload_path(const struct orl_gfx *gfx)
{
    (void)gfx;
    return "direct";
}
int orl_gfx_pool_alloc(struct orl_gfx *gfx, size_t bytes, struct orl_pool *out)
{
    gfx->pools++;
    *out = (struct orl_pool){.generation = gfx->pools, .bytes = bytes};
    return ORL_OK;
}
void orl_gfx_pool_free(struct orl_gfx *gfx, struct orl_pool *pool)
{
    (void)gfx;
    *pool = (struct orl_pool){0};
}
uint32_t orl_gfx_ways(const struct orl_gfx *gfx)
{
    return gfx->ways;
}
void orl_gfx_set_import(struct orl_gfx *gfx, bool import)
{
    (void)gfx;
    (void)import;
}
const char *orl_gfx_refusal(const struct orl_gfx *gfx)
{
    (void)gfx;
    return "the test says no";
}
bool orl_gfx_imported(const struct orl_gfx *gfx)
{
    return !gfx->uploads;
}
int orl_gfx_frame(struct orl_gfx *gfx, const struct orl_slot *slot)
{
    if (slot->kind == ORL_SLOT_NONE) {
        gfx->forgotten++;
        return ORL_OK;
    }
    if (gfx->refuses && slot->hold) {
        gfx->refuses = false;
        gfx->ways &= ORL_WAY_HELD;
        return ORL_EAGAIN;
    }
    gfx->frames++;
    gfx->last_hold = slot->hold;
    return gfx->error;
}
void orl_gfx_frame_settle(struct orl_gfx *gfx)
{
    (void)gfx;
}
bool orl_gfx_frame_reads(struct orl_gfx *gfx)
{
    return gfx->reads;
}
bool orl_gfx_frame_wait(struct orl_gfx *gfx, uint64_t wait_ns)
{
    assert_true(wait_ns > 0);
    gfx->waits++;
    gfx->reads = gfx->never_ends;
    return gfx->reads;
}
void orl_gfx_select(struct orl_gfx *gfx, uint32_t picture)
{
    (void)gfx;
    (void)picture;
}
void orl_gfx_cursor(struct orl_gfx *gfx, const struct orl_cursor_shape *shape)
{
    (void)gfx;
    (void)shape;
}
void orl_gfx_draw(struct orl_gfx *gfx, const struct orl_scene *scene)
{
    (void)gfx;
    (void)scene;
}
struct orl_rect orl_gfx_cursor_rect(const struct orl_gfx *gfx, const struct orl_scene *scene)
{
    (void)gfx;
    (void)scene;
    return (struct orl_rect){0, 0, 0, 0};
}
void orl_gfx_read(struct orl_gfx *gfx, struct orl_rect r, uint8_t *dst, uint32_t pitch)
{
    (void)gfx;
    (void)r;
    (void)dst;
    (void)pitch;
}

/* ---- The stage ----------------------------------------------------------------------------- */

struct stage {
    struct orl_surface window;
    struct orl_frame_link ring;
    struct orl_render_link link;
    struct orl_fallback display;
    struct orl_render *render;
    struct orl_view_state view;
    uint8_t memory[WIN_W * WIN_H * 4]; /* the guest's */
    uint64_t holds, now_ns, due_ns;
};
static struct stage st;

static void publish_view(bool hidden)
{
    st.view = (struct orl_view_state){
        .win_w = WIN_W, .win_h = WIN_H, .scale = 1, .refresh_hz = 1000, .hidden = hidden};
    st.link.view[st.link.view_mb.back] = st.view;
    orl_mailbox_publish(&st.link.view_mb);
    orl_wake_set(&st.link.wake, ORL_RENDER_VIEW);
}

static void step(void)
{
    int err = ORL_OK;
    st.now_ns += 10 * MS;
    st.due_ns = orl_render_step(st.render, orl_wake_wait(&st.link.wake, 0), st.now_ns, &err);
    assert_int_equal(err, ORL_OK);
}

static void begin(uint32_t ways)
{
    memset(&st, 0, sizeof(st));
    gl = (struct orl_gfx){.ways = ways};
    assert_int_equal(orl_render_link_init(&st.link), ORL_OK);
    orl_frame_link_init(&st.ring, &st.link.wake);
    orl_fallback_init(&st.display, &st.link.wake);
    st.link.fallback = &st.display;
    assert_int_equal(orl_counter_get(&st.ring.ways), 0); /* not known */
    struct orl_render_conf conf = {.partial = true};
    assert_int_equal(orl_render_create(&st.render, &conf, &st.window, &st.ring, &st.link),
                     ORL_OK);
    assert_int_equal(orl_counter_get(&st.ring.ways), ways | ORL_WAYS_KNOWN);
    publish_view(false);
    st.now_ns = orl_now_ns() + 3600 * ORL_NS_PER_S;
    step();
}

static void end(void)
{
    orl_render_destroy(&st.render);
    orl_fallback_finish(&st.display);
    orl_frame_link_finish(&st.ring);
    orl_render_link_finish(&st.link);
}

/* A whole picture of the window's size, held if the kind is. */
static struct orl_slot picture(enum orl_slot_kind kind)
{
    bool held = kind == ORL_SLOT_HELD || kind == ORL_SLOT_DMABUF;
    return (struct orl_slot){.kind = kind,
                             .desc = {.fmt = ORL_PIX_BGRA8,
                                      .w = WIN_W,
                                      .h = WIN_H,
                                      .rows = WIN_H,
                                      .pitch = WIN_W * 4,
                                      .row_bytes = WIN_W * 4,
                                      .screen_w = WIN_W,
                                      .screen_h = WIN_H},
                             .upload = {.full = true},
                             .hold = held ? ++st.holds : 0,
                             .t_seen_ns = st.now_ns};
}

static void publish(enum orl_slot_kind kind)
{
    struct orl_slot *slot = &st.ring.frame[st.ring.frame_mb.back];
    *slot = picture(kind);
    slot->map = st.memory;
    orl_mailbox_publish(&st.ring.frame_mb);
    orl_wake_set(&st.link.wake, ORL_RENDER_FRAME);
}

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
    publish_view(true);
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
