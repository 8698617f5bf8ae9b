/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gfx/overlay.h"

#include <stdlib.h>
#include <string.h>

#include <epoxy/gl.h>

static void create(struct orl_overlay *o)
{
    glGenVertexArrays(1, &o->vao);
    glGenBuffers(1, &o->vertices);
    glGenBuffers(1, &o->indices);
    glGenTextures(1, &o->atlas);
    glBindVertexArray(o->vao);
    glBindBuffer(GL_ARRAY_BUFFER, o->vertices);
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, o->indices);
    const GLsizei step = sizeof(struct orl_vertex);
    glEnableVertexAttribArray(0);
    glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, step,
                          (const void *)offsetof(struct orl_vertex, x));
    glEnableVertexAttribArray(1);
    glVertexAttribPointer(1, 2, GL_FLOAT, GL_FALSE, step,
                          (const void *)offsetof(struct orl_vertex, u));
    glEnableVertexAttribArray(2);
    glVertexAttribPointer(2, 4, GL_UNSIGNED_BYTE, GL_TRUE, step,
                          (const void *)offsetof(struct orl_vertex, rgba));
    glActiveTexture(GL_TEXTURE2);
    glBindTexture(GL_TEXTURE_2D, o->atlas);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
}

static void fill(GLenum target, size_t *room, const void *data, size_t bytes)
{
    if (bytes > *room) {
        *room = bytes * 2;
        glBufferData(target, (GLsizeiptr)*room, NULL, GL_DYNAMIC_DRAW);
    }
    glBufferSubData(target, 0, (GLsizeiptr)bytes, data);
}

/* A base per command would need a later GL: it is added here. False: out of memory. */
static bool widen(struct orl_overlay *o, const struct orl_draw_list *list)
{
    if (list->n_indices > o->wide_room) {
        uint32_t *more = realloc(o->wide, (size_t)list->n_indices * 2 * sizeof(*more));
        if (!more) {
            return false;
        }
        o->wide = more;
        o->wide_room = list->n_indices * 2;
    }
    for (uint32_t c = 0; c < list->n_cmds; c++) {
        const struct orl_draw_cmd *cmd = &list->cmds[c];
        for (uint32_t i = cmd->first; i < cmd->first + cmd->count; i++) {
            o->wide[i] = list->indices[i] + cmd->base;
        }
    }
    return true;
}

static void upload_geometry(struct orl_overlay *o, const struct orl_draw_list *list)
{
    if (!widen(o, list)) {
        return;
    }
    glBindVertexArray(o->vao);
    glBindBuffer(GL_ARRAY_BUFFER, o->vertices);
    fill(GL_ARRAY_BUFFER, &o->vertex_room, list->vertices,
         list->n_vertices * sizeof(*list->vertices));
    fill(GL_ELEMENT_ARRAY_BUFFER, &o->index_room, o->wide, list->n_indices * sizeof(*o->wide));
    o->serial = list->serial;
}

static void upload_atlas(struct orl_overlay *o, const struct orl_draw_list *list)
{
    glActiveTexture(GL_TEXTURE2);
    glBindTexture(GL_TEXTURE_2D, o->atlas);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_R8, (GLsizei)list->atlas_w, (GLsizei)list->atlas_h, 0,
                 GL_RED, GL_UNSIGNED_BYTE, list->atlas);
    o->atlas_serial = list->atlas_serial;
}

void orl_overlay_update(struct orl_overlay *o, const struct orl_draw_list *list)
{
    if (!list->n_cmds) {
        return;
    }
    if (!o->vao) {
        create(o);
    }
    if (o->atlas_serial != list->atlas_serial) {
        upload_atlas(o, list);
    }
    if (o->serial != list->serial) {
        upload_geometry(o, list);
    }
}

static void draw_cmds(const struct orl_target *t, const struct orl_draw_list *list,
                      struct orl_rect r)
{
    for (uint32_t i = 0; i < list->n_cmds; i++) {
        const struct orl_draw_cmd *cmd = &list->cmds[i];
        struct orl_rect clip = orl_rect_intersect(cmd->clip, r);
        if (clip.w && clip.h) {
            glScissor((GLint)clip.x, orl_target_y(t, clip), (GLsizei)clip.w, (GLsizei)clip.h);
            glDrawElements(GL_TRIANGLES, (GLsizei)cmd->count, GL_UNSIGNED_INT,
                           (const void *)(cmd->first * sizeof(uint32_t)));
        }
    }
}

void orl_overlay_draw(const struct orl_overlay *o, const struct orl_program *p,
                      const struct orl_target *t, const struct orl_draw_list *list,
                      struct orl_rect r)
{
    struct orl_rect part = orl_rect_intersect(list->bounds, r);
    part = orl_rect_intersect(part, (struct orl_rect){0, 0, t->w, t->h});
    if (!part.w || !part.h || o->serial != list->serial) {
        return;
    }
    float flip = t->offscreen ? 1.0f : -1.0f;
    glUseProgram(p->id);
    glUniform4f(p->map, 2.0f / (float)t->w, flip * 2.0f / (float)t->h, -1.0f, -flip);
    glActiveTexture(GL_TEXTURE2);
    glBindTexture(GL_TEXTURE_2D, o->atlas);
    glBindVertexArray(o->vao);
    glEnable(GL_BLEND);
    glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    glEnable(GL_SCISSOR_TEST);
    draw_cmds(t, list, part);
    glDisable(GL_SCISSOR_TEST);
    glDisable(GL_BLEND);
}

void orl_overlay_finish(struct orl_overlay *o)
{
    glDeleteVertexArrays(1, &o->vao);
    glDeleteBuffers(1, &o->vertices);
    glDeleteBuffers(1, &o->indices);
    glDeleteTextures(1, &o->atlas);
    free(o->wide);
    memset(o, 0, sizeof(*o));
}
