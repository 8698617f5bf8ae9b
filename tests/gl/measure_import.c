/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wall and processor time of a picture on its way from the guest's memory to the texture, by each
 * way. Run through tests/support/mesa.sh. Measured, never asserted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <epoxy/gl.h>

#include "base/clock.h"
#include "gfx/frame_tex.h"
#include "gl/rig.h"
#include "gl/shared_frame.h"

#define ROUNDS 40

enum way { STAGED, HELD, IMPORT, IMPORT_X, IMPORT_EXTERNAL, WAYS };
static const char *const names[WAYS] = {"copy and upload", "upload from memory", "import",
                                        "import as XR24, XB24", "import as external texture"};

struct bench {
    struct orl_caps caps;
    struct orl_programs programs;
    struct orl_upload upload;
    struct orl_import import;
    struct orl_frame_tex tex;
    uint32_t vao;
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void one(struct bench *b, struct shared_frame *f, enum way way)
{
    struct orl_image *image = NULL;
    int err = ORL_OK;
    if (way >= IMPORT) {
        err = orl_import_prepare(&b->import, &f->slot, &image);
        err = err ? err : orl_frame_tex_import(&b->tex, &b->import, image, &f->slot);
    } else if (way == HELD) {
        struct orl_slot slot = f->slot;
        slot.kind = ORL_SLOT_HELD;
        err = orl_frame_tex_update(&b->tex, &b->caps, &b->upload, &slot);
    } else {
        memcpy((void *)(uintptr_t)f->copy.map, f->slot.map,
               (size_t)f->slot.desc.rows * f->slot.desc.pitch);
        err = orl_frame_tex_update(&b->tex, &b->caps, &b->upload, &f->copy);
    }
    if (err) {
        printf("error %d: %s\n", err, b->import.why);
        exit(1);
    }
    glFinish();
}

static void measure(struct bench *b, enum orl_pixfmt fmt, uint32_t w, uint32_t h, enum way way)
{
    struct shared_frame f = shared_frame(fmt, w, h, w * (fmt == ORL_PIX_RGBA16F ? 8 : 4), 4096);
    uint32_t first = b->import.fourcc[fmt];
    b->import.images.force_external = way == IMPORT_EXTERNAL;
    if (way == IMPORT_X) {
        b->import.fourcc[fmt] = (first & 0xffffff00) | 'X';
    }
    for (int i = 0; i < 3; i++) {
        one(b, &f, way);
    }
    uint64_t wall = orl_now_ns();
    double cpu = cpu_ms();
    for (int i = 0; i < ROUNDS; i++) {
        one(b, &f, way);
    }
    cpu = (cpu_ms() - cpu) / ROUNDS;
    double ms = (double)(orl_now_ns() - wall) / 1e6 / ROUNDS;
    printf("%-6s %4ux%-4u  %-28s wall %7.3f ms  cpu %7.3f ms\n", orl_pixfmt_name(fmt), w, h,
           names[way], ms, cpu);
    b->import.fourcc[fmt] = first;
    orl_import_forget(&b->import);
    orl_frame_tex_finish(&b->tex);
    shared_frame_free(&f);
}

int main(void)
{
    struct bench b = {0};
    if (!rig_open(false, 0, 0) || orl_caps_read(&b.caps, false)) {
        return 1;
    }
    glGenVertexArrays(1, &b.vao);
    orl_upload_init(&b.upload, &b.caps);
    uint64_t start = orl_now_ns();
    orl_import_init(&b.import, &b.caps, &b.programs, b.vao);
    printf("%s, driver %s, ways %u (%s); found in %.1f ms\n", b.caps.renderer,
           b.import.images.driver, b.import.ways, b.import.why,
           (double)(orl_now_ns() - start) / 1e6);
    static const enum orl_pixfmt types[] = {ORL_PIX_BGRA8, ORL_PIX_RGB10A2, ORL_PIX_RGBA16F,
                                            ORL_PIX_BGR24_IN_32};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        bool packed = types[i] == ORL_PIX_BGR24_IN_32;
        for (enum way way = STAGED; way < WAYS && (b.import.ways || way < IMPORT); way++) {
            if (way != IMPORT_X || !packed) {
                measure(&b, types[i], 1920, 1080, way);
                measure(&b, types[i], 3840, 2160, way);
            }
        }
    }
    orl_import_finish(&b.import);
    orl_programs_finish(&b.programs);
    rig_close();
    return 0;
}
