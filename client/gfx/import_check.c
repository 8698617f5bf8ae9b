/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gfx/import_check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"

#define SIDE   16u
#define PITCH  (SIDE * 4)
#define OFFSET 4096u
#define BYTES  8192u

/* Pixels of which no two that the proof looks at are equal or black. */
static void fill(uint8_t *pixels, uint32_t seed)
{
    for (uint32_t i = 0; i < SIDE * PITCH; i++) {
        seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
        pixels[i] = (uint8_t)(1 + (seed >> 24) % 255);
    }
}

static bool see(struct orl_import *imp, uint8_t *map, int fd)
{
    struct orl_image *image = NULL;
    struct orl_slot slot = {
        .kind = ORL_SLOT_DMABUF,
        .map = map + OFFSET,
        .shared = {.id = UINT64_MAX, .fd = fd, .offset = OFFSET, .bytes = BYTES}};
    slot.desc = (struct orl_frame_desc){.fmt = ORL_PIX_RGBA8,
                                        .w = SIDE,
                                        .h = SIDE,
                                        .rows = SIDE,
                                        .pitch = PITCH,
                                        .row_bytes = PITCH};
    orl_rects_set_full(&slot.upload);
    for (uint32_t round = 0; round < 2; round++) {
        fill(map + OFFSET, round);
        if (orl_import_prepare(imp, &slot, &image) || !image->proved) {
            return false;
        }
        image->proved = false; /* the same image must show the new content */
    }
    return imp->images.made == 1;
}

bool orl_import_check(struct orl_import *imp)
{
    int fd = memfd_create("oriel-import-check", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool good = false;
    void *map = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, BYTES) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0) {
        map = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    if (map != MAP_FAILED) {
        good = see(imp, map, fd);
        munmap(map, BYTES);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (!good && !imp->why[0]) {
        orl_str_copy(imp->why, sizeof(imp->why), "the driver did not import a piece of memory");
    }
    return good;
}
