/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"
#include "demo/guest.h"
#include "ring/mem.h"

#define BAND_BYTES (1024u * 1024u) /* B6 and B7 count their pixels in such steps */
#define SLOW_BANDS 16u

void orl_demo_write_begin(struct orl_demo_guest *g, uint32_t slot, uint32_t rows)
{
    struct orl_demo_write *w = &g->frames.write;
    uint32_t band = rows; /* a GPU's copy is there all at once */
    if (g->conf.slow_write_ms) {
        band = (rows + SLOW_BANDS - 1) / SLOW_BANDS;
    } else if (g->conf.release != ORL_MASTER) {
        band = BAND_BYTES / g->canvas.pitch;
    }
    *w = (struct orl_demo_write){
        .on = true, .slot = slot, .rows = rows, .step = band ? band : 1};
    w->gap_ns = g->conf.slow_write_ms * ORL_NS_PER_MS / SLOW_BANDS;
    w->next_ns = g->now_ns + w->gap_ns;
    if (w->gap_ns == 0) {
        orl_demo_write_step(g);
    }
}

static void write_band(struct orl_demo_guest *g)
{
    struct orl_demo_frames *f = &g->frames;
    struct orl_demo_write *w = &f->write;
    uint8_t *pixels = g->prod.base + f->off[w->slot] + f->align;
    uint32_t to = w->rows - w->done < w->step ? w->rows : w->done + w->step;
    orl_demo_canvas_copy(&g->canvas, &f->stale[w->slot], w->done, to, pixels);
    w->done = to;
    if (w->done < w->rows ||
        !orl_demo_mischief_written(g, pixels - 4, w->rows * g->canvas.pitch)) {
        orl_w32_store(pixels - 4, w->done * g->canvas.pitch);
    }
    if (w->done == w->rows) {
        w->on = false;
        orl_rects_clear(&f->stale[w->slot]);
    }
}

void orl_demo_write_step(struct orl_demo_guest *g)
{
    struct orl_demo_write *w = &g->frames.write;
    if (w->gap_ns == 0) {
        while (w->on) {
            write_band(g);
        }
    } else if (g->now_ns >= w->next_ns) {
        w->next_ns += w->gap_ns;
        write_band(g);
    }
}
