/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <epoxy/gl.h>

#include "gfx/target.h"

static void swap_red_blue(uint8_t *row, uint32_t w)
{
    for (size_t x = 0; x < w; x++) {
        uint8_t r = row[4 * x];
        row[4 * x] = row[4 * x + 2];
        row[4 * x + 2] = r;
    }
}

static void swap_rows(uint8_t *a, uint8_t *b, size_t bytes)
{
    uint8_t part[1024];
    for (size_t at = 0; at < bytes; at += sizeof(part)) {
        size_t n = bytes - at < sizeof(part) ? bytes - at : sizeof(part);
        memcpy(part, a + at, n);
        memcpy(a + at, b + at, n);
        memcpy(b + at, part, n);
    }
}

/* GL's rows, lowest first; GL can address only a pitch of whole pixels. */
static void read_rows(int32_t x, int32_t y, struct orl_rect r, GLenum format, uint8_t *dst,
                      uint32_t pitch)
{
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    if (pitch % 4 == 0) {
        glPixelStorei(GL_PACK_ROW_LENGTH, (GLint)(pitch / 4));
        glReadPixels(x, y, (GLsizei)r.w, (GLsizei)r.h, format, GL_UNSIGNED_BYTE, dst);
        glPixelStorei(GL_PACK_ROW_LENGTH, 0);
        return;
    }
    for (uint32_t row = 0; row < r.h; row++) {
        glReadPixels(x, y + (int32_t)row, (GLsizei)r.w, 1, format, GL_UNSIGNED_BYTE,
                     dst + (size_t)row * pitch);
    }
}

void orl_target_read(const struct orl_target *t, const struct orl_caps *caps, struct orl_rect r,
                     uint8_t *dst, uint32_t pitch)
{
    if (!r.w || !r.h || r.x > t->w || r.w > t->w - r.x || r.y > t->h || r.h > t->h - r.y) {
        return;
    }
    glBindFramebuffer(GL_READ_FRAMEBUFFER, t->fbo);
    GLenum format = caps->read_bgra ? GL_BGRA_EXT : GL_RGBA;
    read_rows((int32_t)r.x, orl_target_y(t, r), r, format, dst, pitch);
    if (!t->offscreen) {
        for (uint32_t y = 0; y < r.h / 2; y++) {
            swap_rows(dst + (size_t)y * pitch, dst + (size_t)(r.h - 1 - y) * pitch,
                      (size_t)r.w * 4);
        }
    }
    for (uint32_t y = 0; y < r.h && !caps->read_bgra; y++) {
        swap_red_blue(dst + (size_t)y * pitch, r.w);
    }
}
