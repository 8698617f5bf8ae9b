/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that calls GL: one OpenGL ES 3.0 context, current on the render thread. Slots become
 * a texture of our own, the texture, the cursor and the overlay become a picture of the window.
 * All functions: render thread, context current.
 */
#ifndef ORL_GFX_GFX_H
#define ORL_GFX_GFX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "frame/slot.h"
#include "osd/draw_list.h"
#include "view/view.h"

struct orl_gfx_conf {
    bool debug;     /* egl:debug: GL debug messages to the log */
    bool offscreen; /* draw into an own buffer that orl_gfx_read() reads, not into the window */
    bool scale_pointer; /* egl:scalePointer: keep the pointer 1:1 when the picture is reduced */
};

struct orl_gfx;

/* ORL_OK, ORL_ENOMEM, ORL_EUNSUPPORTED (no OpenGL ES 3.0). */
ORL_MUST int orl_gfx_create(struct orl_gfx **out, const struct orl_gfx_conf *conf);
void orl_gfx_destroy(struct orl_gfx **gfx);

/* "llvmpipe (LLVM 15.0.6, 256 bits)" ..., and whether it runs on the processor. */
const char *orl_gfx_renderer(const struct orl_gfx *gfx);
bool orl_gfx_is_software(const struct orl_gfx *gfx);
/*
 * How the last picture's pixels reached the texture: "import", "held" (uploaded from the guest's
 * memory), or for staged ones "pixel buffer" or "direct", which was chosen at start and is also the
 * answer before the first picture. Static text.
 */
const char *orl_gfx_upload_path(const struct orl_gfx *gfx);

/* Three staging buffers of `bytes` each; out->generation counts up. ORL_OK or ORL_ENOMEM. */
ORL_MUST int orl_gfx_pool_alloc(struct orl_gfx *gfx, size_t bytes, struct orl_pool *out);
/* Frees one; waits until GL has finished reading it. Zeroes *pool; a zeroed pool is fine. */
void orl_gfx_pool_free(struct orl_gfx *gfx, struct orl_pool *pool);

/*
 * The ways, besides staging, that orl_gfx_frame() takes pixels by: bits of enum orl_slot_way. HELD
 * where GL runs on the processor (it copies while the call lasts, so no buffers are needed); DMABUF
 * where EGL imports linear buffers; MEMORY where that works with any descriptor (software GL). A way
 * that has failed once is not offered again by this context. `import` false: as if EGL could not.
 */
uint32_t orl_gfx_ways(const struct orl_gfx *gfx);
void orl_gfx_set_import(struct orl_gfx *gfx, bool import);
/* Whether GL itself has read the selected picture's last slot; false: the processor has. */
bool orl_gfx_imported(const struct orl_gfx *gfx);
/* Why the last import was refused, as a clause for a log line; "" never. */
const char *orl_gfx_refusal(const struct orl_gfx *gfx);

/*
 * Brings the texture up to date: uploads slot->upload from the staged pixels, re-creates the
 * texture on a change of size or format. Rows at and after desc.rows keep their old content, or
 * are black in a new texture. ORL_OK, ORL_ENOMEM (GL), ORL_EUNSUPPORTED (larger than the driver takes).
 *
 * A DMABUF slot is imported (cached by its id), proved against the processor's view of some of its
 * pixels until a picture with content has agreed, and copied into the texture by the GPU; slot->map
 * is read for the proof only. ORL_EAGAIN: it cannot be imported, or what GL saw were other pixels;
 * the texture is as before and orl_gfx_ways() is less now. Where only its shape (type, pitch, offset)
 * cannot be imported, it is uploaded from slot->map as a HELD one: ORL_OK, the ways stay, and
 * orl_gfx_refusal() tells why. A foreign buffer is imported unproved; ORL_EAGAIN leaves the ways.
 */
ORL_MUST int orl_gfx_frame(struct orl_gfx *gfx, const struct orl_slot *slot);

/* Waits until GL has finished reading the buffer of the last orl_gfx_frame(); call before the
 * slot is given back by the next mailbox take. Returns at once when the upload was synchronous. */
void orl_gfx_frame_settle(struct orl_gfx *gfx);

/* True while GL may still read the memory of the last HELD or DMABUF slot. Never blocks. */
bool orl_gfx_frame_reads(struct orl_gfx *gfx);
/* Waits for that, at most `wait_ns`. The result is what orl_gfx_frame_reads() would say. */
bool orl_gfx_frame_wait(struct orl_gfx *gfx, uint64_t wait_ns);

/*
 * There are two pictures, each with its pointer, because there are two sources of them: what one has
 * uploaded stays while the other is shown. This chooses the one that frame, cursor, cursor_rect and
 * draw are about; 0 in the beginning. `picture` < ORL_GFX_PICTURES.
 */
#define ORL_GFX_PICTURES 2
void orl_gfx_select(struct orl_gfx *gfx, uint32_t picture);

/* New shape; copied. */
void orl_gfx_cursor(struct orl_gfx *gfx, const struct orl_cursor_shape *shape);

/* One picture of the window. */
struct orl_scene {
    uint32_t win_w, win_h; /* physical pixels */
    struct orl_view view;  /* valid == false: background only */
    bool dim;              /* picture is old (guest lost): draw it darkened */
    uint32_t night_gain;   /* 0: off; more: dark parts are brightened, shaders/picture.glsl */
    bool cursor_visible;
    int32_t cursor_x, cursor_y;  /* guest screen pixels, top left of the shape, upright space */
    uint32_t screen_w, screen_h; /* guest screen the cursor position refers to, unrotated */
    const struct orl_draw_list *overlay; /* may be NULL: none */
    struct orl_rects damage;             /* window pixels that must be drawn anew; full = all */
};

/*
 * Draws the scene inside its damage; pixels outside are left as they are (the caller knows the
 * buffer's age). Pixel formats, colour, rotation, scaling: specification kvmfr 3.3 to 3.6;
 * cursor: 2.3, exact for all three kinds.
 */
void orl_gfx_draw(struct orl_gfx *gfx, const struct orl_scene *scene);

/* Window rectangle that the cursor of `scene` covers; w = 0 when it covers nothing. */
struct orl_rect orl_gfx_cursor_rect(const struct orl_gfx *gfx, const struct orl_scene *scene);

/*
 * Reads a window rectangle of what was drawn: rows top to bottom, B,G,R,X bytes, `pitch` bytes
 * apart, `dst` is the address of the rectangle's first pixel. Waits for GL.
 */
void orl_gfx_read(struct orl_gfx *gfx, struct orl_rect r, uint8_t *dst, uint32_t pitch);

#endif
