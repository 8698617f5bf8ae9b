/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture in two layers: a background that depends on the configuration only, and what moves
 * with the frame number, with the rectangles it touches. Private to demo/.
 */
#ifndef ORL_DEMO_SCENE_H
#define ORL_DEMO_SCENE_H

#include "demo/demo.h"
#include "demo/draw.h"

/* The card is designed for 1920 x 1080 around its centre and scaled to the picture. */
struct orl_demo_grid {
    double scale, cx, cy;
};
struct orl_demo_grid orl_demo_grid(const struct orl_demo_conf *conf);
/* A box of the design, origin in the centre, in pixels of the picture. */
struct orl_demo_box orl_demo_grid_box(struct orl_demo_grid g, double x0, double y0, double x1,
                                      double y1);

/* Places that the card prepares and the parts fill, in design units from the centre. */
#define ORL_DEMO_PANEL_Y0 176.0
#define ORL_DEMO_PANEL_Y1 286.0
#define ORL_DEMO_PANEL_X0 20.0 /* distance of both panels from the middle */
#define ORL_DEMO_PANEL_X1 640.0
#define ORL_DEMO_LANE_Y0  316.0
#define ORL_DEMO_LANE_Y1  416.0
#define ORL_DEMO_LANE_X   640.0
#define ORL_DEMO_RULER_Y0 432.0
#define ORL_DEMO_RULER_Y1 462.0
#define ORL_DEMO_DIGIT    9.0 /* cell of the numbers */

void orl_demo_background(const struct orl_demo_conf *conf, uint8_t *rgba);
void orl_demo_card(const struct orl_demo_conf *conf, const struct orl_demo_draw *d);

#define ORL_DEMO_RANDOM_RECTS 4
#define ORL_DEMO_RANDOM_LIFE  16 /* frames a random rectangle stays */

/* The rectangles born on frame n, 0 or ORL_DEMO_RANDOM_RECTS. */
uint32_t orl_demo_random(const struct orl_demo_conf *conf, uint64_t n, struct orl_rect *out);

/* Paints frame n inside d->clip over `background` (same size as the picture). */
void orl_demo_paint(const struct orl_demo_conf *conf, const uint8_t *background, uint64_t n,
                    const struct orl_demo_draw *d);

/* Adds to `out` all that differs between frame n - 1 and frame n, n > 0. */
void orl_demo_changes(const struct orl_demo_conf *conf, uint64_t n, struct orl_rects *out);

#endif
