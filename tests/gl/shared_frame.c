/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gl/shared_frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <epoxy/egl.h>
#include <epoxy/gl.h>

#include "gl/rig.h"
#include "support/check.h"

#define NAME "orl-shared-frame"

struct shared_frame shared_frame(enum orl_pixfmt fmt, uint32_t w, uint32_t h, uint32_t pitch,
                                 uint32_t offset)
{
    static uint64_t last_id;
    struct shared_frame f = {.copy = rig_slot(fmt, w, h, pitch)};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    f.bytes = (offset + (size_t)h * pitch + page - 1) / page * page;
    int fd = memfd_create(NAME, MFD_CLOEXEC);
    assert_true(fd >= 0 && ftruncate(fd, (off_t)f.bytes) == 0);
    f.map = mmap(NULL, f.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(f.map, MAP_FAILED);
    memcpy(f.map + offset, f.copy.map, (size_t)h * pitch);
    f.slot = f.copy;
    f.slot.kind = ORL_SLOT_DMABUF;
    f.slot.map = f.map + offset;
    f.slot.hold = 1;
    f.slot.shared =
        (struct orl_shared){.id = ++last_id, .fd = fd, .offset = offset, .bytes = f.bytes};
    return f;
}

void shared_frame_free(struct shared_frame *f)
{
    munmap(f->map, f->bytes);
    close(f->slot.shared.fd);
    rig_slot_free(&f->copy);
}

void shared_frame_change(struct shared_frame *f)
{
    const struct orl_frame_desc *d = &f->copy.desc;
    struct orl_slot fresh = rig_slot(d->fmt, d->w, d->h, d->pitch);
    rig_slot_free(&f->copy);
    f->copy.map = fresh.map;
    memcpy(f->map + f->slot.shared.offset, fresh.map, (size_t)d->h * d->pitch);
}

uint32_t shared_frame_maps(void)
{
    char line[512];
    uint32_t n = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        n += strstr(line, NAME) != NULL;
    }
    fclose(maps);
    return n;
}

void shared_frame_compare(struct orl_gfx *gfx, const struct orl_slot *slot)
{
    const uint32_t w = slot->desc.w, h = slot->desc.h;
    struct orl_scene scene = rig_scene(slot, w, h, 0, 0, ORL_FILTER_AUTO);
    uint8_t *got[ORL_GFX_PICTURES];
    for (uint32_t i = 0; i < ORL_GFX_PICTURES; i++) {
        orl_gfx_select(gfx, i);
        orl_gfx_draw(gfx, &scene);
        got[i] = rig_read(gfx, w, h);
    }
    rig_expect(got[0], got[1], w, h, 0);
    free(got[0]);
    free(got[1]);
}

/* What the driver says, whatever gfx made of it. */
static bool should_import(void)
{
    EGLDisplay d = eglGetCurrentDisplay();
    if (!epoxy_has_egl_extension(d, "EGL_EXT_image_dma_buf_import") ||
        !epoxy_has_egl_extension(d, "EGL_MESA_query_driver")) {
        return false;
    }
    const char *driver = eglGetDisplayDriverName(d);
    return driver && strcmp(driver, "swrast") == 0;
}

int shared_frame_skip(void)
{
    const struct orl_gfx_conf conf = {.offscreen = true};
    struct orl_gfx *gfx = NULL;
    if (!rig_open(false, 0, 0)) {
        puts("skipped: no EGL display without a screen");
        return 77;
    }
    int code = 77;
    if (orl_gfx_create(&gfx, &conf)) {
        puts("skipped: no OpenGL ES 3.0");
    } else if (orl_gfx_ways(gfx) & ORL_WAY_MEMORY) {
        code = 0;
    } else if (should_import()) {
        printf("the driver imports, but not here: %s\n", orl_gfx_refusal(gfx));
        code = 1;
    } else {
        printf("skipped: %s\n", orl_gfx_refusal(gfx));
    }
    orl_gfx_destroy(&gfx);
    rig_close();
    return code;
}
