/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The overlay's triangles over the picture: place, blending, clip, and what is redrawn. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gl/reference.h"
#include "gl/rig.h"
#include "support/check.h"

#define W 64
#define H 48

/* Rectangles in one colour each, in commands of their own; the atlas is 2 x 1: half, full. */
struct quads {
    struct orl_vertex v[16];
    uint16_t i[24];
    struct orl_draw_cmd c[4];
    uint8_t atlas[2];
    struct orl_draw_list list;
};

static void add_quad(struct quads *q, struct orl_rect r, struct orl_rect clip, bool half,
                     const uint8_t rgba[4])
{
    static const uint16_t order[6] = {0, 1, 2, 2, 1, 3};
    struct orl_draw_list *l = &q->list;
    for (uint32_t k = 0; k < 4; k++) {
        struct orl_vertex *v = &q->v[l->n_vertices + k];
        v->x = (float)(k & 1 ? r.x + r.w : r.x);
        v->y = (float)(k & 2 ? r.y + r.h : r.y);
        v->u = half ? 0.25f : 0.75f; /* the middle of a texel */
        v->v = 0.5f;
        memcpy(v->rgba, rgba, 4);
    }
    q->c[l->n_cmds++] = (struct orl_draw_cmd){clip, l->n_indices, 6, l->n_vertices};
    memcpy(&q->i[l->n_indices], order, sizeof(order));
    l->n_vertices += 4;
    l->n_indices += 6;
    struct orl_rects all = {.n = 1, .r = {l->bounds}};
    all.n = l->bounds.w ? 1 : 0;
    orl_rects_add_one(&all, r);
    l->bounds = orl_rects_bounds(&all, W, H);
}

static void quads_init(struct quads *q)
{
    memset(q, 0, sizeof(*q));
    q->atlas[0] = 128;
    q->atlas[1] = 255;
    q->list = (struct orl_draw_list){.vertices = q->v,
                                     .indices = q->i,
                                     .cmds = q->c,
                                     .serial = 1,
                                     .atlas = q->atlas,
                                     .atlas_w = 2,
                                     .atlas_h = 1,
                                     .atlas_serial = 1};
}

static const struct orl_rect everywhere = {0, 0, W, H};

static void quads_sample(struct quads *q)
{
    static const uint8_t red[4] = {250, 30, 10, 255}, veil[4] = {20, 60, 200, 100};
    static const uint8_t green[4] = {10, 240, 60, 255};
    quads_init(q);
    add_quad(q, (struct orl_rect){5, 4, 20, 10}, everywhere, false, red);
    add_quad(q, (struct orl_rect){10, 8, 30, 30}, everywhere, false, veil);
    add_quad(q, (struct orl_rect){30, 20, 40, 20}, (struct orl_rect){0, 0, 45, 30}, true,
             green);
}

static void blend(uint8_t *bgrx, const struct quads *q)
{
    for (uint32_t k = 0; k < q->list.n_cmds; k++) {
        const struct orl_vertex *v = &q->v[4 * k];
        double a = v->rgba[3] / 255.0 * q->atlas[v->u > 0.5f] / 255.0;
        const struct orl_rect c = q->c[k].clip;
        for (uint32_t y = 0; y < H; y++) {
            for (uint32_t x = 0; x < W; x++) {
                bool in = (float)x >= v[0].x && (float)x < v[3].x && (float)y >= v[0].y &&
                          (float)y < v[3].y && x >= c.x && x < c.x + c.w && y >= c.y &&
                          y < c.y + c.h;
                for (uint32_t i = 0; in && i < 3; i++) {
                    uint8_t *p = &bgrx[4 * (y * W + x) + i];
                    *p = (uint8_t)lround(v->rgba[2 - i] * a + *p * (1 - a));
                }
            }
        }
    }
}

static struct orl_gfx *make(const struct orl_slot *slot)
{
    const struct orl_gfx_conf conf = {.offscreen = true};
    struct orl_gfx *gfx = NULL;
    assert_int_equal(orl_gfx_create(&gfx, &conf), ORL_OK);
    assert_int_equal(orl_gfx_frame(gfx, slot), ORL_OK);
    return gfx;
}

static void expect(struct orl_gfx *gfx, const struct orl_slot *slot,
                   const struct orl_scene *scene, const struct quads *q)
{
    struct ref_frame f = ref_decode(slot);
    uint8_t *want = ref_draw(&f, scene, NULL);
    if (q) {
        blend(want, q);
    }
    uint8_t *got = rig_read(gfx, W, H);
    rig_expect(got, want, W, H, q ? 2 : 0);
    free(f.rgb);
    free(want);
    free(got);
}

static void triangles_are_blended_and_clipped(void **state)
{
    (void)state;
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, W, H, W * 4);
    struct orl_gfx *gfx = make(&slot);
    struct quads q;
    quads_sample(&q);
    struct orl_scene scene = rig_scene(&slot, W, H, 0, 0, ORL_FILTER_AUTO);
    scene.overlay = &q.list;
    orl_gfx_draw(gfx, &scene);
    expect(gfx, &slot, &scene, &q);
    scene.view.valid = false; /* over the background */
    orl_gfx_draw(gfx, &scene);
    expect(gfx, &slot, &scene, &q);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void overlapping_damage_blends_once(void **state)
{
    (void)state;
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, W, H, W * 4);
    struct orl_gfx *gfx = make(&slot);
    struct quads q;
    quads_sample(&q);
    struct orl_scene scene = rig_scene(&slot, W, H, 0, 0, ORL_FILTER_AUTO);
    scene.overlay = &q.list;
    orl_gfx_draw(gfx, &scene);
    for (int i = 0; i < 50; i++) {
        orl_rects_clear(&scene.damage);
        for (int k = 0; k < 5; k++) {
            orl_rects_add_one(&scene.damage,
                              (struct orl_rect){rig_random() % W, rig_random() % H,
                                                1 + rig_random() % W, 1 + rig_random() % H});
        }
        scene.view.valid = true;
        orl_gfx_draw(gfx, &scene);
        expect(gfx, &slot, &scene, &q);
    }
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void overlay_appears_and_goes_inside_its_bounds(void **state)
{
    (void)state;
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, W, H, W * 4);
    struct orl_gfx *gfx = make(&slot);
    struct quads q;
    quads_sample(&q);
    struct orl_scene scene = rig_scene(&slot, W, H, 0, 0, ORL_FILTER_AUTO);
    orl_gfx_draw(gfx, &scene);
    orl_rects_clear(&scene.damage);
    orl_rects_add_one(&scene.damage, q.list.bounds);
    scene.overlay = &q.list;
    orl_gfx_draw(gfx, &scene);
    expect(gfx, &slot, &scene, &q);
    scene.overlay = NULL;
    orl_gfx_draw(gfx, &scene);
    expect(gfx, &slot, &scene, NULL);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void new_content_and_atlas_are_taken_by_serial(void **state)
{
    (void)state;
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, W, H, W * 4);
    struct orl_gfx *gfx = make(&slot);
    struct quads q, more;
    quads_sample(&q);
    struct orl_scene scene = rig_scene(&slot, W, H, 0, 0, ORL_FILTER_AUTO);
    scene.overlay = &q.list;
    orl_gfx_draw(gfx, &scene);
    quads_sample(&more);
    static const uint8_t white[4] = {255, 255, 255, 180};
    add_quad(&more, (struct orl_rect){50, 40, 10, 8}, everywhere, true, white);
    more.atlas[0] = 60;
    more.list.serial = more.list.atlas_serial = 2;
    scene.overlay = &more.list;
    orl_gfx_draw(gfx, &scene);
    expect(gfx, &slot, &scene, &more);
    quads_init(&q); /* nothing to show any more */
    q.list.serial = 3;
    scene.overlay = &q.list;
    orl_gfx_draw(gfx, &scene);
    expect(gfx, &slot, &scene, NULL);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triangles_are_blended_and_clipped),
        cmocka_unit_test(overlapping_damage_blends_once),
        cmocka_unit_test(overlay_appears_and_goes_inside_its_bounds),
        cmocka_unit_test(new_content_and_atlas_are_taken_by_serial),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
