/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The render thread: takes what the pumps hand over, draws when something changed, presents.
 * Nothing is drawn when nothing changed. Main talks to it through a mailbox of view states and
 * hears from it through a queue of events.
 */
#ifndef ORL_RENDER_RENDER_H
#define ORL_RENDER_RENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/histogram.h"
#include "base/mailbox.h"
#include "base/serial.h"
#include "base/spsc.h"
#include "frame/fallback.h"
#include "frame/link.h"
#include "frame/way.h"
#include "gfx/gfx.h"
#include "osd/osd.h"
#include "win/surface.h"

/* What main decides; newest wins. */
struct orl_view_state {
    uint32_t win_w, win_h; /* physical pixels */
    float scale;           /* physical pixels per point */
    bool hidden;           /* minimised or fully covered: draw nothing */
    uint32_t turns;        /* the user's rotation, quarter turns clockwise */
    bool keep_aspect, dont_upscale, int_upscale;
    enum orl_view_filter filter;
    bool show_fps, show_timing, show_help, alerts;
    uint32_t night_gain; /* egl:nvGain: 0 off */
    bool hide_guest_cursor;
    bool no_video;   /* show no picture of the second source: the user switched the video off */
    uint32_t expose; /* counts requests to redraw everything */
    uint32_t refresh_hz; /* of the display the window is on; 0 unknown */
    int32_t fps_min; /* win:fpsMin: > 0 redraw at least that often, else never without change */
    uint32_t help_rows;
    struct orl_osd_help_row help[ORL_OSD_HELP_ROWS];
    struct orl_osd_extra extra; /* dialogs, transfers, the state of the session */
    /* spice_only: headline and hint while nothing is shown; "" none. */
    char none_status[ORL_OSD_LINE], none_hint[2 * ORL_OSD_LINE];
    char alert[ORL_OSD_LINE];   /* message to show ... */
    uint32_t alert_serial;      /* ... when this number is new */
    uint32_t screenshot_serial; /* new number: send the next picture of the window as a shot */
};

/* Numbers for the summary, the overlay and the bench. Written by the render thread. */
struct orl_render_stats {
    struct orl_counter draws;    /* pictures presented */
    struct orl_counter frames;   /* the ring's frames that were shown */
    struct orl_counter uploaded; /* 1: GL imports the memory, but not pictures of this shape */
    struct orl_counter fallback_frames; /* the same of the display behind SPICE */
    struct orl_counter
        shown; /* packed, see orl_render_shown(); main is woken when it changes */
    /* Sum over `frames`: message found -> present returned. */
    struct orl_histogram found_to_shown; /* message found -> present returned, one a frame */
    struct orl_counter first_frame_ns; /* clock when the first guest frame had been presented */
    struct orl_counter found_before;   /* frames_found when the first one had been presented */
    struct orl_counter failed;         /* 1: the thread gave up (GL lost); main should end */
    struct orl_counter screenshots;    /* screenshot_serial that was last served */
};

/* A picture for main to write to a file: taken by the render thread on request. */
struct orl_shot {
    uint32_t w, h;
    uint8_t *bgrx; /* w * h * 4, malloc'ed; main frees */
    uint32_t serial;
};

/* What stands in the window. */
enum orl_render_source { ORL_SOURCE_NONE, ORL_SOURCE_RING, ORL_SOURCE_SPICE };

struct orl_render_shown {
    enum orl_render_source source;
    uint32_t w, h;  /* pixels, unrotated; 0 none */
    uint32_t turns; /* quarter turns clockwise that its sender asks for */
};

struct orl_render_link {
    struct orl_mailbox view_mb; /* main -> render */
    struct orl_view_state view[3];
    struct orl_spsc shots; /* render -> main: struct orl_shot */
    struct orl_render_stats stats;
    struct orl_wake wake;         /* the render thread's wake word; orl_frame_link borrows it */
    void (*wake_main)(void *arg); /* any thread, never blocks; may be NULL */
    void *wake_main_arg;
    struct orl_counter sound_delay_us; /* sound -> render: orl_audio_conf.delay_us */
    /* Second source, borrowed, set before start; its render_wake is `wake`. May be NULL: none. */
    struct orl_fallback *fallback;
};

ORL_MUST int orl_render_link_init(struct orl_render_link *link);
void orl_render_link_finish(struct orl_render_link *link);

/* Any thread. */
struct orl_render_shown orl_render_shown(const struct orl_render_link *link);

struct orl_render_conf {
    bool debug;         /* egl:debug: GL debug messages to the log */
    bool scale_pointer; /* egl:scalePointer */
    bool mouse_redraw;  /* input:mouseRedraw; no: a pointer that only moved waits for a frame */
    bool spice_only;    /* show the second source, whatever the ring does */
    bool partial;       /* redraw only damage where the surface's age allows it */
};

struct orl_render;

/* Starts the thread and waits until GL is up. ORL_OK, ORL_ENOMEM, ORL_ESYS, ORL_EUNSUPPORTED. */
ORL_MUST int orl_render_start(struct orl_render **out, const struct orl_render_conf *conf,
                              struct orl_surface *surface, struct orl_frame_link *frames,
                              struct orl_render_link *link);
/* The frame threads must have stopped: the buffers they fill are freed here. */
void orl_render_stop(struct orl_render **render);

/* What GL turned out to be; strings are borrowed until stop. Any thread, after start or create. */
struct orl_render_info {
    const char *renderer, *upload_path;
    bool software;
    char
        frames[ORL_WAY_LINE]; /* how the ring's frames come: "DMA-BUF (kvmfr)", ... as of now */
};
struct orl_render_info orl_render_info(const struct orl_render *render);

/* The same without a thread (render:thread=no): create on main, call step from the main loop. */
ORL_MUST int orl_render_create(struct orl_render **out, const struct orl_render_conf *conf,
                               struct orl_surface *surface, struct orl_frame_link *frames,
                               struct orl_render_link *link);
/* Call before the frame threads are stopped: gives back the frame that GL reads in their memory. */
void orl_render_let_go(struct orl_render *render);
void orl_render_destroy(struct orl_render **render);

/*
 * One pass: takes what is new, draws and presents if needed. `reasons` is a set of enum
 * orl_render_reason. Returns the time (CLOCK_MONOTONIC ns) at which another pass is due without any
 * reason, ORL_WAKE_NEVER if none; *result gets ORL_OK or the error that ends the render thread:
 * ORL_ENOMEM, ORL_ESYS (the window or its server is gone).
 */
uint64_t orl_render_step(struct orl_render *r, uint32_t reasons, uint64_t now_ns, int *result);

#endif
