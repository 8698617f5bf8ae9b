/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gfx/target.h"

#include <string.h>

#include <epoxy/gl.h>

static void allocate(struct orl_target *t, const struct orl_caps *caps, uint32_t w, uint32_t h)
{
    if (!t->fbo) {
        glGenFramebuffers(1, &t->fbo);
        glGenTextures(1, &t->tex);
    }
    glActiveTexture(GL_TEXTURE0);
    glBindTexture(GL_TEXTURE_2D, t->tex);
    /* The format of most pictures, so that they can be copied without conversion. */
    GLint internal = caps->bgra ? GL_BGRA_EXT : GL_RGBA8;
    GLenum format = caps->bgra ? GL_BGRA_EXT : GL_RGBA;
    glTexImage2D(GL_TEXTURE_2D, 0, internal, (GLsizei)w, (GLsizei)h, 0, format,
                 GL_UNSIGNED_BYTE, NULL);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glBindFramebuffer(GL_FRAMEBUFFER, t->fbo);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, t->tex, 0);
    bool good = glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
    t->w = good ? w : 0;
    t->h = good ? h : 0;
}

bool orl_target_begin(struct orl_target *t, const struct orl_caps *caps, uint32_t w, uint32_t h,
                      bool *fresh)
{
    *fresh = t->w != w || t->h != h;
    if (w == 0 || h == 0 || w > caps->max_side || h > caps->max_side) {
        return false;
    }
    if (!t->offscreen) {
        t->w = w;
        t->h = h;
    } else if (*fresh) {
        allocate(t, caps, w, h);
    }
    glBindFramebuffer(GL_FRAMEBUFFER, t->fbo);
    glViewport(0, 0, (GLsizei)w, (GLsizei)h);
    return t->w == w && t->h == h;
}

void orl_target_finish(struct orl_target *t)
{
    glDeleteFramebuffers(1, &t->fbo);
    glDeleteTextures(1, &t->tex);
    memset(t, 0, sizeof(*t));
}

int32_t orl_target_y(const struct orl_target *t, struct orl_rect r)
{
    return t->offscreen ? (int32_t)r.y : (int32_t)(t->h - r.y - r.h);
}

void orl_target_clip(const struct orl_target *t, struct orl_rect r, float out[4])
{
    float sx = 2.0f / (float)t->w, sy = 2.0f / (float)t->h;
    float flip = t->offscreen ? 1.0f : -1.0f;
    out[0] = (float)r.x * sx - 1.0f;
    out[1] = flip * ((float)r.y * sy - 1.0f);
    out[2] = (float)(r.x + r.w) * sx - 1.0f;
    out[3] = flip * ((float)(r.y + r.h) * sy - 1.0f);
}
