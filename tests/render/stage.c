/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "render/stage.h"

#include <string.h>

#include "base/clock.h"
#include "support/check.h"

/* ---- The window ---------------------------------------------------------------------------- */

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
    (void)w;
    (void)h;
    s->damage = *damage;
}
/* ---- GL ------------------------------------------------------------------------------------ */

struct orl_gfx gl;

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
    uint64_t overlay = scene->overlay ? scene->overlay->serial : 0;
    gfx->overlays += overlay != gfx->overlay;
    gfx->overlay = overlay;
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

struct stage st;

void publish_view(const struct orl_view_state *view)
{
    st.view = *view;
    st.link.view[st.link.view_mb.back] = st.view;
    orl_mailbox_publish(&st.link.view_mb);
    orl_wake_set(&st.link.wake, ORL_RENDER_VIEW);
}

void hide(bool hidden)
{
    struct orl_view_state view = {
        .win_w = WIN_W, .win_h = WIN_H, .scale = 1, .refresh_hz = 1000, .hidden = hidden};
    publish_view(&view);
}

void step(void)
{
    int err = ORL_OK;
    st.now_ns += 10 * MS;
    st.due_ns = orl_render_step(st.render, orl_wake_wait(&st.link.wake, 0), st.now_ns, &err);
    assert_int_equal(err, ORL_OK);
}

void begin(uint32_t ways)
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
    hide(false);
    st.now_ns = orl_now_ns() + 3600 * ORL_NS_PER_S;
    step();
}

void end(void)
{
    orl_render_destroy(&st.render);
    orl_fallback_finish(&st.display);
    orl_frame_link_finish(&st.ring);
    orl_render_link_finish(&st.link);
}

struct orl_slot picture(enum orl_slot_kind kind)
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

void publish(enum orl_slot_kind kind)
{
    struct orl_slot *slot = &st.ring.frame[st.ring.frame_mb.back];
    *slot = picture(kind);
    slot->map = st.memory;
    orl_mailbox_publish(&st.ring.frame_mb);
    orl_wake_set(&st.link.wake, ORL_RENDER_FRAME);
}
