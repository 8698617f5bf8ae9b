/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "demo/guest.h"
#include "demo/picture.h"

#define MIB         (UINT64_C(1024) * 1024)
#define LEAST_BYTES (32 * MIB) /* the smallest memory that guides for real machines name */
#define FIXED_BYTES                                                                            \
    (UINT64_C(4) * MIB) /* control block, rings, cursor buffers, recovery region */

void orl_demo_conf_init(struct orl_demo_conf *conf)
{
    *conf = (struct orl_demo_conf){.release = ORL_B7,
                                   .input = true,
                                   .w = 1280,
                                   .h = 720,
                                   .fps = 60,
                                   .fmt = ORL_PIX_BGRA8,
                                   .pattern = ORL_DEMO_CARD,
                                   .color = 0x336699,
                                   .damage = ORL_DEMO_MOVING,
                                   .cursor = ORL_DEMO_CURSOR_COLOR,
                                   .cursor_path = ORL_DEMO_PATH_CIRCLE,
                                   .cursor_hz = 60,
                                   .seed = 1,
                                   .os = ORL_OS_WINDOWS};
}

static uint64_t slot_bytes(enum orl_release release, enum orl_pixfmt fmt, uint32_t w,
                           uint32_t h)
{
    uint64_t align = orl_demo_slot_align(release);
    uint64_t bytes = align + (uint64_t)orl_demo_pitch(release, fmt, w) * h;
    return (bytes + align - 1) / align * align;
}

uint64_t orl_demo_memory(const struct orl_demo_conf *conf)
{
    if (conf->mem_bytes) {
        return conf->mem_bytes;
    }
    uint32_t w = conf->w, h = conf->h;
    enum orl_pixfmt fmt = conf->fmt;
    uint64_t most = slot_bytes(conf->release, fmt, w, h);
    for (uint32_t i = 0; i < conf->event_count; i++) {
        const struct orl_demo_event *e = &conf->events[i];
        if (e->action == ORL_DEMO_DO_SIZE) {
            w = e->a;
            h = e->b;
        } else if (e->action == ORL_DEMO_DO_FORMAT) {
            fmt = (enum orl_pixfmt)e->a;
        }
        uint64_t bytes = slot_bytes(conf->release, fmt, w, h);
        most = bytes > most ? bytes : most;
    }
    uint64_t need = FIXED_BYTES + most * orl_demo_slot_count(conf->release);
    uint64_t size = LEAST_BYTES;
    while (size < need) {
        size *= 2;
    }
    return size;
}
