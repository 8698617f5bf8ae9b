/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the time of a frame goes: samples in, a short history of buckets and figures out. Pure: times
 * are parameters, nothing allocates, a sample costs the same whatever came before. Render thread.
 *
 * A frame's stages follow each other without a hole, so Copy + Wait + Upload + Draw + Present is
 * Total. What calls into GL cost is the processor's side of them: a card's own work shows where
 * somebody waits for it.
 */
#ifndef ORL_RENDER_TIMING_H
#define ORL_RENDER_TIMING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "osd/osd.h"

/* Of the frames that were shown. */
enum orl_timing_stage {
    ORL_TIMING_INTERVAL, /* found -> found, from the frame shown before to this one */
    ORL_TIMING_COPY,     /* found -> complete: staged, or all of it written where it stands */
    ORL_TIMING_WAIT,     /* nobody worked on it: complete -> taken, and uploaded -> drawn */
    ORL_TIMING_UPLOAD,   /* into the texture, or its import */
    ORL_TIMING_DRAW,     /* and read back, for a window that takes pixels */
    ORL_TIMING_PRESENT,
    ORL_TIMING_TOTAL, /* found -> present returned */
    ORL_TIMING_SOUND  /* what buffers add to the sound */
};
#define ORL_TIMING_STAGES 8

#define ORL_TIMING_COLUMNS   ORL_OSD_GRAPH_COLUMNS
#define ORL_TIMING_COLUMN_NS (100 * ORL_NS_PER_MS)
/* Of each stage, for the percentiles: enough for 400 frames a second over the whole span. */
#define ORL_TIMING_SAMPLES 4096
#define ORL_TIMING_SOURCES 2

struct orl_timing_bucket { /* durations in us */
    uint32_t n;            /* 0: no sample */
    uint32_t low, high;
    uint64_t sum;
};

struct orl_timing_column {
    uint64_t number; /* of the column since the clock's beginning; another one: void */
    struct orl_timing_bucket stage[ORL_TIMING_STAGES];
};

struct orl_timing_sample {
    uint32_t column; /* its number's low part */
    uint32_t us;
};

struct orl_timing_series {
    uint64_t n; /* samples since init; the newest is at n - 1, modulo the size */
    struct orl_timing_sample sample[ORL_TIMING_SAMPLES];
};

/* A frame up to its upload; CLOCK_MONOTONIC. */
struct orl_timing_frame {
    uint64_t found_ns, ready_ns;    /* slot.h: t_seen_ns, t_ready_ns */
    uint64_t taken_ns, uploaded_ns; /* around the upload */
    bool in_place;                  /* not staged */
    bool imported;                  /* not uploaded */
};

struct orl_timing {
    uint64_t newest; /* number of the newest column */
    uint64_t added;  /* samples since init, all stages */
    struct orl_timing_column columns[ORL_TIMING_COLUMNS];
    struct orl_timing_series series[ORL_TIMING_STAGES];
    uint32_t scratch[ORL_TIMING_SAMPLES];

    uint32_t source; /* that the samples are of */
    bool any;        /* a frame was shown; of it: */
    uint64_t found_ns;
    bool in_place, imported;
    bool waits[ORL_TIMING_SOURCES]; /* `frame` was not shown yet */
    struct orl_timing_frame frame[ORL_TIMING_SOURCES];
};

void orl_timing_init(struct orl_timing *t);

/* One sample, at `now_ns`. A clock that goes back adds to the newest column. */
void orl_timing_add(struct orl_timing *t, enum orl_timing_stage stage, uint64_t ns,
                    uint64_t now_ns);

/* A frame of `source` (< ORL_TIMING_SOURCES) is in its texture. It replaces one that waits. */
void orl_timing_took(struct orl_timing *t, uint32_t source, const struct orl_timing_frame *f);

/*
 * `source` was drawn and presented. Adds the samples of its frame, if one waits; another source than
 * before begins anew, because figures of two sources are figures of none.
 */
void orl_timing_shown(struct orl_timing *t, uint32_t source, uint64_t draw_ns,
                      uint64_t present_ns, uint64_t shown_ns);

struct orl_timing_figures {
    uint32_t n;             /* samples that the percentiles are of: the newest of the span */
    uint32_t p50, p99, max; /* us; max of all samples of the span */
};

/* Of the columns that are shown: the newest one and the ORL_TIMING_COLUMNS - 1 before it. */
struct orl_timing_figures orl_timing_figures(struct orl_timing *t, enum orl_timing_stage stage);

/* The bucket `back` columns before the newest one; n == 0: no sample. */
struct orl_timing_bucket orl_timing_bucket(const struct orl_timing *t,
                                           enum orl_timing_stage stage, uint32_t back);

/* All of it as rows for the overlay. */
void orl_timing_graphs(struct orl_timing *t, struct orl_osd_graphs *out);

#endif
