/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "render/timing.h"

#include <string.h>

#include "base/str.h"

/* ---- In ------------------------------------------------------------------------------------- */

void orl_timing_init(struct orl_timing *t)
{
    memset(t, 0, sizeof(*t));
}

static struct orl_timing_column *column_at(struct orl_timing *t, uint64_t now_ns)
{
    uint64_t number = now_ns / ORL_TIMING_COLUMN_NS;
    if (number > t->newest) {
        t->newest = number;
    }
    struct orl_timing_column *c = &t->columns[t->newest % ORL_TIMING_COLUMNS];
    if (c->number != t->newest) {
        *c = (struct orl_timing_column){.number = t->newest};
    }
    return c;
}

void orl_timing_add(struct orl_timing *t, enum orl_timing_stage stage, uint64_t ns,
                    uint64_t now_ns)
{
    uint64_t whole = ns / ORL_NS_PER_US;
    uint32_t us = whole < UINT32_MAX ? (uint32_t)whole : UINT32_MAX;
    struct orl_timing_bucket *b = &column_at(t, now_ns)->stage[stage];
    b->low = b->n == 0 || us < b->low ? us : b->low;
    b->high = us > b->high ? us : b->high;
    b->sum += us;
    b->n++;
    struct orl_timing_series *s = &t->series[stage];
    s->sample[s->n % ORL_TIMING_SAMPLES] =
        (struct orl_timing_sample){.column = (uint32_t)t->newest, .us = us};
    s->n++;
    t->added++;
}

void orl_timing_took(struct orl_timing *t, uint32_t source, const struct orl_timing_frame *f)
{
    t->frame[source] = *f;
    t->waits[source] = true;
}

static uint64_t between(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? to_ns - from_ns : 0;
}

static void begin_source(struct orl_timing *t, uint32_t source)
{
    uint64_t added = t->added;
    struct orl_timing_frame frame = t->frame[source];
    orl_timing_init(t);
    t->added = added;
    t->source = source;
    t->frame[source] = frame;
}

void orl_timing_shown(struct orl_timing *t, uint32_t source, uint64_t draw_ns,
                      uint64_t present_ns, uint64_t shown_ns)
{
    if (!t->waits[source]) {
        return;
    }
    if (t->any && t->source != source) {
        begin_source(t, source);
    }
    t->waits[source] = false;
    t->source = source;
    const struct orl_timing_frame *f = &t->frame[source];
    if (t->any && f->found_ns > t->found_ns) {
        orl_timing_add(t, ORL_TIMING_INTERVAL, f->found_ns - t->found_ns, shown_ns);
    }
    uint64_t wait_ns = between(f->ready_ns, f->taken_ns) + between(f->uploaded_ns, draw_ns);
    orl_timing_add(t, ORL_TIMING_COPY, between(f->found_ns, f->ready_ns), shown_ns);
    orl_timing_add(t, ORL_TIMING_WAIT, wait_ns, shown_ns);
    orl_timing_add(t, ORL_TIMING_UPLOAD, between(f->taken_ns, f->uploaded_ns), shown_ns);
    orl_timing_add(t, ORL_TIMING_DRAW, between(draw_ns, present_ns), shown_ns);
    orl_timing_add(t, ORL_TIMING_PRESENT, between(present_ns, shown_ns), shown_ns);
    orl_timing_add(t, ORL_TIMING_TOTAL, between(f->found_ns, shown_ns), shown_ns);
    t->any = true;
    t->found_ns = f->found_ns;
    t->in_place = f->in_place;
    t->imported = f->imported;
}

/* ---- Out ------------------------------------------------------------------------------------ */

struct orl_timing_bucket orl_timing_bucket(const struct orl_timing *t,
                                           enum orl_timing_stage stage, uint32_t back)
{
    const struct orl_timing_bucket none = {0};
    if (back >= ORL_TIMING_COLUMNS || back > t->newest) {
        return none;
    }
    uint64_t number = t->newest - back;
    const struct orl_timing_column *c = &t->columns[number % ORL_TIMING_COLUMNS];
    return c->number == number ? c->stage[stage] : none;
}

/* Samples of the span into `scratch`; returns how many. */
static uint32_t gather(struct orl_timing *t, enum orl_timing_stage stage)
{
    const struct orl_timing_series *s = &t->series[stage];
    uint32_t most = s->n < ORL_TIMING_SAMPLES ? (uint32_t)s->n : ORL_TIMING_SAMPLES;
    for (uint32_t i = 0; i < most; i++) {
        const struct orl_timing_sample *p = &s->sample[(s->n - 1 - i) % ORL_TIMING_SAMPLES];
        if ((uint32_t)t->newest - p->column >= ORL_TIMING_COLUMNS) {
            return i;
        }
        t->scratch[i] = p->us;
    }
    return most;
}

/* The value with `k` others before it in order, `k` < n: found byte by byte from the top. */
static uint32_t pick(const uint32_t *v, uint32_t n, uint32_t k)
{
    uint32_t known = 0;
    uint32_t mask = 0;
    for (unsigned shift = 32; shift > 0;) {
        shift -= 8;
        uint32_t count[256] = {0};
        for (uint32_t i = 0; i < n; i++) {
            count[v[i] >> shift & 255] += (v[i] & mask) == known;
        }
        uint32_t byte = 0;
        while (k >= count[byte]) {
            k -= count[byte++];
        }
        known |= byte << shift;
        mask |= UINT32_C(255) << shift;
    }
    return known;
}

/* Nearest rank: the least value that `percent` of the samples do not exceed. */
static uint32_t percentile(const uint32_t *v, uint32_t n, uint32_t percent)
{
    return pick(v, n, (n * percent + 99) / 100 - 1);
}

struct orl_timing_figures orl_timing_figures(struct orl_timing *t, enum orl_timing_stage stage)
{
    struct orl_timing_figures f = {.n = gather(t, stage)};
    if (f.n) {
        f.p50 = percentile(t->scratch, f.n, 50);
        f.p99 = percentile(t->scratch, f.n, 99);
    }
    for (uint32_t i = 0; i < ORL_TIMING_COLUMNS; i++) {
        struct orl_timing_bucket b = orl_timing_bucket(t, stage, i);
        f.max = b.high > f.max ? b.high : f.max;
    }
    return f;
}

static float ms(double us)
{
    return (float)(us / 1000);
}

static void make_graph(struct orl_timing *t, enum orl_timing_stage stage,
                       struct orl_osd_graph *out)
{
    struct orl_timing_figures f = orl_timing_figures(t, stage);
    out->p50 = f.n ? ms(f.p50) : -1;
    out->p99 = f.n ? ms(f.p99) : -1;
    out->max = f.n ? ms(f.max) : -1;
    for (uint32_t i = 0; i < ORL_TIMING_COLUMNS; i++) {
        struct orl_timing_bucket b = orl_timing_bucket(t, stage, ORL_TIMING_COLUMNS - 1 - i);
        struct orl_osd_column *c = &out->column[i];
        if (b.n) {
            *c = (struct orl_osd_column){ms(b.low), ms((double)b.sum / b.n), ms(b.high)};
        } else {
            c->mean = -1;
        }
    }
}

void orl_timing_graphs(struct orl_timing *t, struct orl_osd_graphs *out)
{
    static const struct {
        const char *name;
        uint32_t rank;
    } rows[ORL_TIMING_STAGES] = {
        [ORL_TIMING_INTERVAL] = {"Interval", 1}, [ORL_TIMING_COPY] = {"Copy", 5},
        [ORL_TIMING_WAIT] = {"Wait", 6},         [ORL_TIMING_UPLOAD] = {"Upload", 3},
        [ORL_TIMING_DRAW] = {"Draw", 4},         [ORL_TIMING_PRESENT] = {"Present", 2},
        [ORL_TIMING_TOTAL] = {"Total", 0},       [ORL_TIMING_SOUND] = {"Sound", 7},
    };
    memset(out, 0, sizeof(*out));
    out->shown = true;
    out->column_ms = (uint32_t)(ORL_TIMING_COLUMN_NS / ORL_NS_PER_MS);
    for (uint32_t i = 0; i < ORL_TIMING_STAGES; i++) {
        struct orl_osd_graph *g = &out->row[out->rows];
        const char *name = rows[i].name;
        if (i == ORL_TIMING_COPY && t->in_place) {
            name = "In place";
        } else if (i == ORL_TIMING_UPLOAD && t->imported) {
            name = "Import";
        }
        make_graph(t, (enum orl_timing_stage)i, g);
        if (i == ORL_TIMING_SOUND && g->max < 0) {
            memset(g, 0, sizeof(*g));
            continue; /* most guests are silent most of the time */
        }
        orl_str_copy(g->name, sizeof(g->name), name);
        g->rank = rows[i].rank;
        out->rows++;
    }
}
