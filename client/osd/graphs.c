/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "osd/graphs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_MS 5000000.0f /* five digits are the widest */

/* At scale 1, window pixels. */
#define PAD      8.0f
#define GAP      8.0f /* between columns of text */
#define COLUMN_W 2.0f
/* In units of the text's height. */
#define STEP_MOST  1.9f
#define STEP_LEAST 1.15f
#define HEAD       1.3f
/* Text is not made smaller than this, in pixels and of what is wanted. */
#define TEXT_LEAST  9.0f
#define TEXT_SHRINK 0.4f
/* A graph of fewer columns tells nothing. */
#define COLUMNS_LEAST 20u

/* ---- What is said --------------------------------------------------------------------------- */

static bool known(float ms)
{
    return ms >= 0; /* false for NaN */
}

static void put_figure(char out[8], float ms)
{
    float v = fminf(ms, MOST_MS);
    if (!known(ms)) {
        snprintf(out, 8, "-");
    } else if (v < 9.995f) {
        snprintf(out, 8, "%.2f", (double)v);
    } else if (v < 99.95f) {
        snprintf(out, 8, "%.1f", (double)v);
    } else if (v < 9999.5f) {
        snprintf(out, 8, "%.0f", (double)v);
    } else {
        snprintf(out, 8, "%.0fs", (double)v / 1000);
    }
}

static void put_top(char out[8], float ms)
{
    if (ms < 10000) {
        snprintf(out, 8, "%.0f", (double)ms);
    } else {
        snprintf(out, 8, "%.0fs", (double)ms / 1000);
    }
}

/* 1, 2, 5, 10, ... ms: what is below the first lies flat, because it does not matter. */
static float scale_for(float ms)
{
    static const float steps[] = {1, 2, 5};
    for (uint32_t decade = 1; decade < (uint32_t)MOST_MS; decade *= 10) {
        for (int i = 0; i < 3; i++) {
            if (ms <= steps[i] * (float)decade) {
                return steps[i] * (float)decade;
            }
        }
    }
    return MOST_MS;
}

/* By p99, so that one late frame does not press ten seconds flat; what is beyond is marked. */
static float choose_top(const struct orl_osd_graph *g)
{
    float ms = known(g->p99) ? g->p99 : 0;
    return scale_for(fminf(ms, MOST_MS));
}

static uint16_t height_of(float ms, float top)
{
    if (!known(ms)) {
        return 0;
    }
    return ms > top ? ORL_OSD_GRAPH_OVER : (uint16_t)lrintf(ms / top * ORL_OSD_GRAPH_TOP);
}

static void make_row(struct orl_osd_graph_row *out, const struct orl_osd_graph *g)
{
    float top = choose_top(g);
    memcpy(out->name, g->name, strnlen(g->name, sizeof(out->name) - 1));
    put_figure(out->figure[0], g->p50);
    put_figure(out->figure[1], g->p99);
    put_figure(out->figure[2], g->max);
    put_top(out->top, top);
    out->rank = g->rank;
    for (uint32_t i = 0; i < ORL_OSD_GRAPH_COLUMNS; i++) {
        const struct orl_osd_column *c = &g->column[i];
        struct orl_osd_bar *bar = &out->bar[i];
        bar->mean = ORL_OSD_GRAPH_NONE;
        if (known(c->mean)) {
            bar->low = height_of(fminf(c->low, c->mean), top);
            bar->mean = height_of(c->mean, top);
            bar->high = height_of(fmaxf(c->high, c->mean), top);
        }
    }
}

void orl_osd_graphs_make(struct orl_osd_graph_panel *out, const struct orl_osd_graphs *g)
{
    memset(out, 0, sizeof(*out));
    if (!g->shown) {
        return;
    }
    out->shown = true;
    out->column_ms = g->column_ms;
    out->rows = g->rows < ORL_OSD_GRAPHS ? g->rows : ORL_OSD_GRAPHS;
    for (uint32_t i = 0; i < out->rows; i++) {
        make_row(&out->row[i], &g->row[i]);
    }
}

/* ---- Where it stands ------------------------------------------------------------------------ */

struct measures { /* at one size of the text */
    float pad, gap;
    float words_w; /* all but the graph */
    float heads_h; /* all but the rows */
    float step_least;
};

static struct measures measure(const struct orl_osd_graph_words *w, float text, float scale)
{
    struct measures m = {.pad = roundf(PAD * scale), .gap = roundf(GAP * scale)};
    m.words_w = ceilf((w->name + 3 * w->figure + w->top) * text) + 6 * m.gap + 2 * m.pad;
    m.heads_h = ceilf(HEAD * text) + 2 * m.pad;
    m.step_least = ceilf(STEP_LEAST * text);
    return m;
}

/* The rows of the lowest ranks that there is room for, in their order. */
static void choose_rows(struct orl_osd_graph_layout *l, const struct orl_osd_graph_panel *p,
                        uint32_t room)
{
    for (uint32_t i = 0; i < p->rows; i++) {
        uint32_t before = 0;
        for (uint32_t k = 0; k < p->rows; k++) {
            before +=
                p->row[k].rank < p->row[i].rank || (p->row[k].rank == p->row[i].rank && k < i);
        }
        if (before < room) {
            l->row[l->rows++] = (uint8_t)i;
        }
    }
}

/* Columns of text and graph, left to right. */
static void place_columns(struct orl_osd_graph_layout *l, const struct orl_osd_graph_words *w,
                          const struct measures *m)
{
    float x = l->x + m->pad;
    l->name_x = x;
    x += w->name * l->text;
    for (int i = 0; i < 3; i++) {
        x += m->gap + w->figure * l->text;
        l->figure_x[i] = roundf(x);
    }
    l->graph_x = roundf(x + 2 * m->gap);
    l->graph_w = (float)l->columns * l->column_w;
    l->top_x = l->graph_x + l->graph_w + roundf(m->gap / 2);
}

static void place_rows(struct orl_osd_graph_layout *l, const struct measures *m, float room_h,
                       float scale)
{
    float most = ceilf(STEP_MOST * l->text);
    float step = floorf((room_h - m->heads_h) / (float)(l->rows ? l->rows : 1));
    l->step = fminf(step, most);
    l->line = fmaxf(roundf(1.5f * scale), 1);
    l->graph_h = l->step - fmaxf(roundf(4 * scale), 1);
    l->text_dy = floorf((l->graph_h - l->text) / 2);
    l->h = m->heads_h + l->step * (float)l->rows;
}

struct orl_osd_graph_layout orl_osd_graphs_lay(const struct orl_osd_graph_panel *p,
                                               const struct orl_osd_graph_words *words,
                                               const struct orl_osd_graph_room *room)
{
    const struct orl_osd_graph_layout none = {0};
    float w = room->right - room->left;
    float h = room->bottom - room->top;
    if (!(w > 0) || !(h > 0)) { /* or no number */
        return none;
    }
    float least = fminf(room->text, fmaxf(TEXT_LEAST, TEXT_SHRINK * room->text));
    struct orl_osd_graph_layout l = {.text = room->text};
    struct measures m = measure(words, l.text, room->scale);
    while (l.text - 1 >= least && (m.words_w + ORL_OSD_GRAPH_COLUMNS > w ||
                                   m.heads_h + m.step_least * (float)p->rows > h)) {
        l.text -= 1;
        m = measure(words, l.text, room->scale * l.text / room->text);
    }
    float columns = floorf(fminf(w - m.words_w, ORL_OSD_GRAPH_COLUMNS));
    float rows = floorf((h - m.heads_h) / m.step_least);
    if (!(columns >= COLUMNS_LEAST) || !(rows >= 1)) {
        return none;
    }
    l.columns = (uint32_t)columns;
    float wide = fminf(roundf(COLUMN_W * room->scale), floorf((w - m.words_w) / columns));
    l.column_w = fmaxf(wide, 1);
    choose_rows(&l, p, (uint32_t)fminf(rows, ORL_OSD_GRAPHS));
    place_rows(&l, &m, h, room->scale * l.text / room->text);
    l.w = m.words_w + (float)l.columns * l.column_w;
    l.x = room->left;
    l.y = room->bottom - l.h;
    l.head_y = l.y + m.pad;
    l.row_y = l.y + m.pad + ceilf(HEAD * l.text);
    place_columns(&l, words, &m);
    return l;
}

/* ---- Rectangles ----------------------------------------------------------------------------- */

struct pen {
    struct orl_osd_box *out;
    uint32_t n;
};

/* A box that goes on where the last one of the same ink and height ended becomes part of it. */
static void put(struct pen *pen, struct orl_osd_box b)
{
    struct orl_osd_box *last = pen->n ? &pen->out[pen->n - 1] : NULL;
    if (last && last->ink == b.ink && last->x1 == b.x0 && last->y0 == b.y0 &&
        last->y1 == b.y1) {
        last->x1 = b.x1;
    } else {
        pen->out[pen->n++] = b;
    }
}

/* Where the upper edge of a line at `height` is; all of it is inside the field. */
static float edge(const struct orl_osd_graph_layout *l, float base, uint16_t height)
{
    float part = fminf((float)height / ORL_OSD_GRAPH_TOP, 1);
    return base - l->line - roundf(part * (l->graph_h - l->line));
}

static void put_column(struct pen *pen, const struct orl_osd_graph_layout *l,
                       const struct orl_osd_bar *bar, bool joined, struct orl_osd_box at)
{
    float y = edge(l, at.y1, bar->mean);
    if (at.ink == ORL_OSD_INK_BAND) {
        float high = edge(l, at.y1, bar->high);
        float low = edge(l, at.y1, bar->low);
        if (low > high) { /* else the line covers it */
            put(pen, (struct orl_osd_box){at.x0, high, at.x1, low + l->line, at.ink});
        }
    } else if (at.ink == ORL_OSD_INK_MEAN) {
        float before = joined ? edge(l, at.y1, bar[-1].mean) : y;
        put(pen, (struct orl_osd_box){at.x0, fminf(y, before), at.x1,
                                      fmaxf(y, before) + l->line, at.ink});
    } else if (bar->high > ORL_OSD_GRAPH_TOP) {
        put(pen, (struct orl_osd_box){at.x0, at.y0, at.x1, at.y0 + 2 * l->line, at.ink});
    }
}

uint32_t orl_osd_graphs_boxes(const struct orl_osd_graph_panel *p,
                              const struct orl_osd_graph_layout *l, uint32_t place,
                              struct orl_osd_box out[ORL_OSD_BOXES])
{
    const struct orl_osd_graph_row *row = &p->row[l->row[place]];
    const uint32_t first = ORL_OSD_GRAPH_COLUMNS - l->columns;
    struct orl_osd_box at = {.y0 = l->row_y + (float)place * l->step};
    at.y1 = at.y0 + l->graph_h;
    struct pen pen = {out, 0};
    put(&pen, (struct orl_osd_box){l->graph_x, at.y0, l->graph_x + l->graph_w, at.y1,
                                   ORL_OSD_INK_FIELD});
    for (int ink = ORL_OSD_INK_BAND; ink <= ORL_OSD_INK_OVER; ink++) {
        at.ink = (enum orl_osd_ink)ink;
        for (uint32_t i = first; i < ORL_OSD_GRAPH_COLUMNS; i++) {
            at.x0 = l->graph_x + (float)(i - first) * l->column_w;
            at.x1 = at.x0 + l->column_w;
            if (row->bar[i].mean != ORL_OSD_GRAPH_NONE) {
                bool joined = i > first && row->bar[i - 1].mean != ORL_OSD_GRAPH_NONE;
                put_column(&pen, l, &row->bar[i], joined, at);
            }
        }
    }
    return pen.n;
}
