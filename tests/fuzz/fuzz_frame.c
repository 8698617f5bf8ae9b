/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Input: release u8, size u16 (taken off the message), then patches of the header. */
#include "fuzz/input.h"
#include "wire/wire.h"

#define AT        16
#define FB_OFFSET 1276
#define ROWS      8
#define PITCH     64
#define SIZE      (FB_OFFSET + 4 + ROWS * PITCH)
#define PATCHES   16

static void write_valid(uint8_t *base, const struct orl_layout *lay)
{
    const struct orl_payload msg = {.off = AT, .size = SIZE};
    struct orl_frame_desc d = {.serial = 1,
                               .fmt = ORL_PIX_BGRA8,
                               .screen_w = 16,
                               .screen_h = 8,
                               .w = 16,
                               .h = 8,
                               .rows = ROWS,
                               .pitch = PITCH,
                               .pix_off = AT + FB_OFFSET + 4};
    for (uint32_t i = 0; i < ORL_RECTS_MAX; i++) {
        d.damage.r[i] = (struct orl_rect){i, i % 9, 2, 3};
    }
    d.damage.n = ORL_RECTS_MAX;
    FUZZ_REQUIRE(orl_frame_write(base, AT + SIZE, lay, msg, &d) == ORL_OK);
}

static void check(const struct orl_frame_desc *d, const struct orl_layout *lay,
                  struct orl_mem mem, struct orl_payload msg)
{
    FUZZ_REQUIRE(d->rows >= 1 && d->rows + d->extra_rows <= d->h && d->h <= ORL_FRAME_SIDE_MAX);
    FUZZ_REQUIRE(d->w >= 1 && d->w <= ORL_FRAME_SIDE_MAX && d->row_bytes <= d->pitch);
    FUZZ_REQUIRE(d->row_bytes == d->w * orl_pixfmt_bytes(d->fmt) && d->row_bytes > 0);
    FUZZ_REQUIRE(d->wp_off % 4 == 0 && d->pix_off == d->wp_off + 4);
    FUZZ_REQUIRE(d->wp_off >= msg.off + lay->frame_bytes);
    uint64_t end = d->pix_off + (uint64_t)(d->rows + d->extra_rows) * d->pitch;
    FUZZ_REQUIRE(end <= msg.off + msg.size && end <= mem.size);
    FUZZ_REQUIRE(d->rotation <= 3 && !(d->flags & ~lay->known_flags));
    FUZZ_REQUIRE(d->white_nits >= 1 && d->white_nits <= 10000);
    FUZZ_REQUIRE(d->screen_w >= 1 && d->screen_h >= 1);
    for (uint32_t i = 0; i < d->damage.n; i++) {
        struct orl_rect r = d->damage.r[i];
        FUZZ_REQUIRE(r.w && r.h && (uint64_t)r.x + r.w <= d->w &&
                     (uint64_t)r.y + r.h <= d->rows);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const struct orl_layout *lay =
        orl_layout_get((enum orl_release)(fuzz_u8(&in) % ORL_RELEASES));
    uint32_t less = fuzz_u16(&in) % (SIZE + 1);
    struct orl_payload msg = {.off = AT, .size = SIZE - less};
    uint8_t *base = calloc(1, AT + SIZE);
    write_valid(base, lay);
    for (int i = 0; i < PATCHES && in.size; i++) {
        fuzz_patch(&in, base + AT, SIZE);
    }
    /* The memory ends with the message. */
    uint8_t *exact = malloc(AT + msg.size);
    memcpy(exact, base, AT + msg.size);
    free(base);
    struct orl_mem mem = {exact, AT + msg.size};
    struct orl_frame_desc d;
    if (orl_frame_read(&d, lay, mem, msg) == ORL_OK) {
        check(&d, lay, mem, msg);
        uint8_t last = exact[d.pix_off + (size_t)(d.rows + d.extra_rows) * d.pitch - 1];
        /* What was read can be said again. */
        FUZZ_REQUIRE(orl_frame_write(exact, mem.size, lay, msg, &d) == ORL_OK);
        FUZZ_REQUIRE(exact[d.pix_off + (size_t)(d.rows + d.extra_rows) * d.pitch - 1] == last);
    }
    free(exact);
    return 0;
}
