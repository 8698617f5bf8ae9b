/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done with an image: it is looked at, and copied. */
#include <stdio.h>
#include <string.h>

#include <epoxy/gl.h>

#include "gfx/format.h"
#include "gfx/import.h"
#include "gfx/proof.h"

/*
 * From the image's (x, y) to the target's (to_x, to_y). Between equal types a blit is a copy of
 * memory with llvmpipe and the copy engine's work with GPUs; it has no arithmetic to go wrong.
 */
static void copy(const struct orl_import *imp, const struct orl_image *image, bool packed,
                 uint32_t fbo, struct orl_rect r, uint32_t to_x, uint32_t to_y)
{
    GLint x = (GLint)r.x, y = (GLint)r.y, w = (GLint)r.w, h = (GLint)r.h;
    GLint tx = (GLint)to_x, ty = (GLint)to_y, rows = (GLint)image->key.h;
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, fbo);
    if (image->fbo && !packed) {
        GLint first = image->bottom_up ? rows - y : y,
              end = image->bottom_up ? first - h : y + h;
        glBindFramebuffer(GL_READ_FRAMEBUFFER, image->fbo);
        glBlitFramebuffer(x, first, x + w, end, tx, ty, tx + w, ty + h, GL_COLOR_BUFFER_BIT,
                          GL_NEAREST);
        return;
    }
    const struct orl_program *prog = &imp->programs->import[image->external][packed];
    glActiveTexture(GL_TEXTURE0);
    glBindTexture(image->external ? GL_TEXTURE_EXTERNAL_OES : GL_TEXTURE_2D, image->tex);
    glUseProgram(prog->id);
    glUniform4f(prog->rect, -1, -1, 1, 1);
    glUniform2i(prog->shift, x - tx, y - ty);
    glUniform1i(prog->last, image->bottom_up ? rows - 1 : -1);
    glBindVertexArray(imp->vao);
    glViewport(tx, ty, w, h);
    glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
}

void orl_import_copy(struct orl_import *imp, const struct orl_image *image, enum orl_pixfmt fmt,
                     uint32_t fbo, struct orl_rect r)
{
    copy(imp, image, orl_format_is_packed(fmt), fbo, r, r.x, r.y);
}

static bool make_scratch(struct orl_import *imp, const struct orl_gl_format *f,
                         enum orl_pixfmt fmt)
{
    if (imp->scratch.fmt == fmt) {
        return imp->scratch.fbo != 0;
    }
    glDeleteFramebuffers(1, &imp->scratch.fbo);
    glDeleteTextures(1, &imp->scratch.tex);
    glGenTextures(1, &imp->scratch.tex);
    glActiveTexture(GL_TEXTURE0);
    glBindTexture(GL_TEXTURE_2D, imp->scratch.tex);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexImage2D(GL_TEXTURE_2D, 0, f->internal, ORL_PROOF_PIXELS, 1, 0, f->format, f->type,
                 NULL);
    glGenFramebuffers(1, &imp->scratch.fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, imp->scratch.fbo);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D,
                           imp->scratch.tex, 0);
    if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
        glDeleteFramebuffers(1, &imp->scratch.fbo);
        imp->scratch.fbo = 0; /* this driver cannot draw into such textures */
    }
    imp->scratch.fmt = fmt;
    return imp->scratch.fbo != 0;
}

static enum orl_proof_result look(struct orl_import *imp, const struct orl_image *image,
                                  const struct orl_slot *slot, const struct orl_gl_format *f)
{
    struct orl_proof proof;
    union orl_proof_seen seen;
    orl_proof_choose(&proof, slot);
    for (uint32_t i = 0; i < proof.n; i++) {
        copy(imp, image, orl_format_is_packed(slot->desc.fmt), imp->scratch.fbo,
             (struct orl_rect){proof.x[i], proof.y[i], 1, 1}, i, 0);
    }
    GLenum type = slot->desc.fmt == ORL_PIX_RGB10A2   ? GL_UNSIGNED_INT_2_10_10_10_REV
                  : slot->desc.fmt == ORL_PIX_RGBA16F ? GL_FLOAT
                                                      : GL_UNSIGNED_BYTE;
    memset(&seen, 0, sizeof(seen));
    glBindFramebuffer(GL_READ_FRAMEBUFFER, imp->scratch.fbo);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, ORL_PROOF_PIXELS, 1, GL_RGBA, type, &seen);
    imp->proofs++;
    return orl_proof_compare(&proof, slot, f->format == GL_BGRA_EXT, &seen);
}

/* A guest may write to a picture although it must not: one difference is looked at again. */
int orl_import_prove(struct orl_import *imp, struct orl_image *image,
                     const struct orl_slot *slot)
{
    struct orl_gl_format f;
    if (!orl_gl_format_of(slot->desc.fmt, imp->caps->bgra, &f) ||
        !make_scratch(imp, &f, slot->desc.fmt)) {
        snprintf(imp->why, sizeof(imp->why), "the driver does not draw into %s textures",
                 orl_pixfmt_name(slot->desc.fmt));
        return ORL_EUNSUPPORTED;
    }
    enum orl_proof_result result = look(imp, image, slot, &f);
    if (result == ORL_PROOF_WRONG) {
        result = look(imp, image, slot, &f);
    }
    if (result == ORL_PROOF_WRONG) {
        return orl_import_refuse(imp, "the driver reads other pixels than are in the memory");
    }
    image->proved = result == ORL_PROOF_GOOD;
    return ORL_OK;
}
