/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A GL context without a display server, frames to draw and the comparison of pictures. */
#ifndef ORL_TESTS_GL_RIG_H
#define ORL_TESTS_GL_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/slot.h"
#include "gfx/gfx.h"

/* Makes a context current. `window`: with a framebuffer of this size, else without one. */
bool rig_open(bool window, uint32_t w, uint32_t h);
void rig_close(void);

/* cmocka group fixtures around a context without a window. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* What draws into a buffer of its own. Ends with orl_gfx_destroy(). */
struct orl_gfx *rig_gfx(void);
/* A test whose state is one. */
int rig_gfx_setup(void **state);
int rig_gfx_teardown(void **state);
#define rig_gfx_test(f) cmocka_unit_test_setup_teardown(f, rig_gfx_setup, rig_gfx_teardown)

uint32_t rig_random(void); /* the same row of numbers in every run */
uint32_t rig_pixel_bytes(enum orl_pixfmt fmt);

/* A frame of noise, full upload; half floats are finite, -0.5..4. Free with rig_slot_free(). */
struct orl_slot rig_slot(enum orl_pixfmt fmt, uint32_t w, uint32_t h, uint32_t pitch);
void rig_slot_free(struct orl_slot *slot);

struct orl_scene rig_scene(const struct orl_slot *slot, uint32_t win_w, uint32_t win_h,
                           uint32_t turns, uint32_t user_turns, enum orl_view_filter filter);

/* The whole window as B,G,R,X; free it. */
uint8_t *rig_read(struct orl_gfx *gfx, uint32_t w, uint32_t h);

/* Fails the test when B, G or R of a pixel differ by more than `off`. */
void rig_expect(const uint8_t *got, const uint8_t *want, uint32_t w, uint32_t h, int off);

#endif
