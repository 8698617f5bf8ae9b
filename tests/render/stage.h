/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The render step without a GPU: GL is played by stage.c, and the test decides when it has finished
 * reading and what it refuses; the window is plain memory. One stage at a time, one thread.
 */
#ifndef ORL_TESTS_RENDER_STAGE_H
#define ORL_TESTS_RENDER_STAGE_H

#include "frame/fallback.h"
#include "render/render.h"

#define WIN_W 640
#define WIN_H 360
#define MS    UINT64_C(1000000)

struct orl_surface {
    uint8_t pixels[WIN_W * WIN_H * 4];
    struct orl_rects damage; /* of the last present */
};

struct orl_gfx {
    uint32_t ways;
    bool refuses; /* the next frame, and with it its way */
    bool uploads; /* shows it, but not by an import */
    int error;    /* or this, instead */
    bool reads;   /* GL is still at work on the last frame */
    bool never_ends;
    uint32_t frames, pools, waits, destroyed, forgotten;
    uint64_t last_hold;
    uint32_t overlays; /* other ones than the picture before had */
    uint64_t overlay;  /* serial; 0 none */
};
extern struct orl_gfx gl;

struct stage {
    struct orl_surface window;
    struct orl_frame_link ring;
    struct orl_render_link link;
    struct orl_fallback display;
    struct orl_render *render;
    struct orl_view_state view;
    uint8_t memory[WIN_W * WIN_H * 4]; /* the guest's */
    uint64_t holds, now_ns, due_ns;
};
extern struct stage st;

void publish_view(const struct orl_view_state *view);
void hide(bool hidden); /* all else as in the beginning */

/* 10 ms later. */
void step(void);

/* `ways`: that GL takes. A window is there, no picture yet. */
void begin(uint32_t ways);
void end(void);

/* A whole picture of the window's size, held if the kind is. */
struct orl_slot picture(enum orl_slot_kind kind);
/* The same, found now in the ring. */
void publish(enum orl_slot_kind kind);

#endif
