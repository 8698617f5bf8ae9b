/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The render thread's own state and the stages of its step. Private to render/; render thread.
 */
#ifndef ORL_RENDER_IMPL_H
#define ORL_RENDER_IMPL_H

#include "base/thread.h"
#include "render/blank.h"
#include "render/choice.h"
#include "render/render.h"
#include "render/repaint.h"
#include "render/sentences.h"
#include "render/timing.h"

/* Pools that are out: the one of the last frame, the newest, the one before it, and one to make. */
#define ORL_RENDER_POOLS 4

/* How often the FPS counter is computed, while it is shown. */
#define ORL_RENDER_FPS_NS (500 * UINT64_C(1000000))

struct orl_render_text { /* what the overlay says besides the guest's status */
    char alert[ORL_OSD_LINE];
    uint64_t alert_end_ns;   /* 0: no alert */
    uint32_t alert_serial;   /* of the last alert that main sent */
    char note[ORL_OSD_LINE]; /* which source is shown; "" nothing to remark */
    float fps, ups;
    uint64_t fps_due_ns, fps_from_ns; /* 0: not counting */
    uint64_t fps_frames, fps_found;   /* counters at fps_from_ns */
    struct orl_sentences words;
    uint64_t none_ns; /* a plain SPICE viewer shows nothing since; 0 it shows something */
    bool changed;     /* `state` must be made anew */
    struct orl_osd_state state;
};

struct orl_render_graphs { /* while they are shown */
    uint64_t drawn;        /* timing.added that the overlay has */
    uint64_t due_ns;       /* the next time it may have more */
    uint64_t sound_due_ns; /* the next look at the sound */
};

/* What one source has given; the pixels stand in gfx under the same number. */
enum { ORL_PICTURE_RING, ORL_PICTURE_SPICE, ORL_PICTURES };

struct orl_render_picture {
    bool has;
    uint32_t w, h, turns, screen_w, screen_h;
    struct orl_cursor_pos pos;
    uint32_t shape; /* serial; 0 none */
};

struct orl_render {
    struct orl_surface *surface; /* borrowed, like the next two */
    struct orl_frame_link *frames;
    struct orl_render_link *link;
    struct orl_render_conf conf;
    bool copy; /* kind of the surface */
    struct orl_gfx *gfx;
    struct orl_osd
        *osd; /* made when there is something to say: its font costs time and memory */
    char renderer[128], upload_path[32];
    bool software;

    /* Thread; `up` is set by it and waited for by start(). */
    struct orl_thread thread;
    struct orl_wake up;
    int start_err;

    uint32_t todo;              /* reasons that were not served yet */
    struct orl_view_state want; /* newest of main */
    struct orl_guest_status status;
    struct orl_pool pools[ORL_RENDER_POOLS]; /* generation 0: free place */
    /* Generations: of the last frame taken, of the newest pool, of the one seen before it. */
    uint64_t pool_used, pool_newest, pool_before;

    /* Frames that are read in the guest's memory. */
    /* Slots that GL may still read; 0 none. Each is released once: frame/link.h, frame/fallback.h */
    uint64_t held, display_held;
    uint64_t upload_said_ns; /* when it was said that GL does not import a shape; 0 never */
    uint32_t ways;           /* told to the frame thread last */

    /* The pictures we have, and the one that is shown. */
    struct orl_render_picture pictures[ORL_PICTURES];
    struct orl_choice choice;
    uint64_t choice_due_ns;
    bool ring_has; /* the ring's last slot had a picture */
    bool ring_old; /* its picture is to be darkened */
    enum orl_choice_display display;
    struct orl_blank blank;
    bool frame_waits;     /* a frame of the ring was taken, not shown yet */
    bool fallback_waits;  /* the same of the display */
    uint64_t t_seen_ns;   /* of the frame that waits */
    uint64_t spice_found; /* slots of the display that were taken */

    /* What stands in the window, as of the last look. */
    struct orl_repaint repaint;
    struct orl_scene scene;
    struct orl_rect cursor_rect, overlay_rect;
    uint64_t overlay_serial;
    struct orl_rects scratch;

    struct orl_render_text text;
    struct orl_timing *timing; /* NULL: the timing graphs are not shown */
    struct orl_render_graphs graphs;
    uint64_t last_draw_ns;
    uint32_t shot_asked, shot_done; /* serials */
};

/* Newest view state of main; marks what it changes. */
void orl_render_take_view(struct orl_render *r);

/* Everything the polling threads sent. ORL_OK or ORL_ENOMEM. */
ORL_MUST int orl_render_take_guest(struct orl_render *r, uint64_t now_ns);

/* The display behind SPICE: everything it sent. */
void orl_render_take_fallback(struct orl_render *r, uint64_t now_ns);

/* Decides which source is shown, tells the display whether its pixels are wanted. */
void orl_render_choose(struct orl_render *r, uint64_t now_ns);

/* The picture that is shown; has == false: none. */
const struct orl_render_picture *orl_render_shown_picture(const struct orl_render *r);

/*
 * Puts the pixels of `slot` into picture `which` and damages the window where they are shown. ORL_OK;
 * ORL_EAGAIN: not in this way (nothing has changed); other errors: the driver cannot take them, there
 * is no such picture now.
 */
ORL_MUST int orl_render_put(struct orl_render *r, int which, const struct orl_slot *slot,
                            uint64_t now_ns);

/* GL is up: tells the frame thread which ways it takes pixels by. */
void orl_render_tell_ways(struct orl_render *r);

/* How the ring's frames come, as in link->way; also known here: what GL made of them. Any thread. */
uint64_t orl_render_way(const struct orl_render *r);

/* Gives held slots back if GL has finished with them, waiting at most `wait_ns` for that. */
void orl_render_release_held(struct orl_render *r, uint64_t wait_ns);
/* The same without asking. */
void orl_render_give_back(struct orl_render *r);

/* The source has no picture any more: what was imported from it is let go. */
void orl_render_forget_imports(struct orl_render *r, int which, const struct orl_slot *none);

/* Pointer mailboxes of one source; see frame/link.h. */
struct orl_render_pointer {
    struct orl_mailbox *pos_mb;
    const struct orl_cursor_pos *pos; /* 3 */
    struct orl_mailbox *shape_mb;
    const struct orl_cursor_shape *shape; /* 3 */
};
void orl_render_take_pointer(struct orl_render *r, int which,
                             const struct orl_render_pointer *from);

/* Frees all pools; the frame thread must have stopped. */
void orl_render_free_pools(struct orl_render *r);

/* Computes where the picture stands; a change damages everything. */
void orl_render_place(struct orl_render *r);

/* Brings the overlay up to date. Returns when it changes by itself; UINT64_MAX never. */
uint64_t orl_render_overlay(struct orl_render *r, uint64_t now_ns);

/*
 * Timing graphs: switches them as main wants, looks at the sound, lets the overlay be made anew when
 * there are new samples, 10 times a second at most. Returns when to look again; UINT64_MAX never.
 */
uint64_t orl_render_graphs(struct orl_render *r, uint64_t now_ns);
/* When samples that came meanwhile may be shown. */
uint64_t orl_render_graphs_due(const struct orl_render *r);
/* The upload of `slot` into picture `which`, begun at `taken_ns`, is over. Only while shown. */
void orl_render_time_upload(struct orl_render *r, int which, const struct orl_slot *slot,
                            uint64_t taken_ns);

/* Shows `text` for `for_ns`, if alerts are wanted. */
void orl_render_alert(struct orl_render *r, const char *text, uint64_t for_ns, uint64_t now_ns);

/* Damages what cursor and overlay leave and enter. */
void orl_render_look(struct orl_render *r);

/* Draws and presents. ORL_OK or ORL_ESYS. */
ORL_MUST int orl_render_draw(struct orl_render *r);

#endif
