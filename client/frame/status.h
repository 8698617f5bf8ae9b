/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the viewer knows about the guest, as one value: made by the frame thread, shown by the
 * overlay, used by main for the window title and the screen saver.
 */
#ifndef ORL_FRAME_STATUS_H
#define ORL_FRAME_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring/shm.h"
#include "wire/wire.h"

enum orl_guest_state {
    ORL_GUEST_NO_MEMORY,  /* the file cannot be opened: `fault`, `sys_errno` say why */
    ORL_GUEST_NO_SESSION, /* memory there, nothing in it: guest software not started */
    ORL_GUEST_NOT_ALIVE,  /* a session stands there, its heartbeat does not move */
    ORL_GUEST_VERSION,    /* a version nobody here speaks: lgmp, kvmfr, host_version */
    ORL_GUEST_INVALID,    /* the session breaks a rule; looked at again */
    ORL_GUEST_NO_FRAME,   /* session open, no frame yet */
    ORL_GUEST_STREAMING,
    ORL_GUEST_LOST,     /* was streaming, heartbeat stopped or session ended */
    ORL_GUEST_VIDEO_OFF /* the user switched the video off */
};

struct orl_guest_status {
    enum orl_guest_state state;
    uint64_t since_ns; /* CLOCK_MONOTONIC, when the state was entered */
    char path[256];    /* memory file or device */
    enum orl_shm_fault fault;
    int sys_errno;
    size_t memory_bytes;
    uint32_t lgmp, kvmfr;         /* numbers found; 0 unknown */
    const char *release;          /* "B6", "B7", "master" or "" ; static string */
    struct orl_session_info info; /* valid from NO_FRAME on */
    uint32_t session;  /* counts attaches: > 1 after a restart of the guest software */
    uint32_t w, h;     /* picture, unrotated; 0 until a frame came */
    uint32_t rotation; /* quarter turns sent by the guest */
    enum orl_pixfmt fmt;
    bool truncated;         /* rows are missing: the memory is too small for the mode */
    size_t needed_bytes;    /* memory the present mode needs, power of two; when truncated */
    bool block_screensaver; /* the guest wants the display kept on */
    uint32_t activations;   /* counts requests for attention */
};

/*
 * Memory that a mode needs, in bytes, rounded up to a power of two (a PCI BAR). B6, B7:
 * w * h * bytes * 2 + 10 MiB; master: round_up(w * 4, 256) * h * 3 + 4 MiB. Source: the guest
 * software's documentation of IVSHMEM sizes.
 */
size_t orl_needed_memory(enum orl_release release, uint32_t w, uint32_t h,
                         uint32_t bytes_per_px);

/* ---- Transitions: the frame thread. Each returns what changed. ------------------------------ */

enum orl_status_change {
    ORL_STATUS_STATE = 1,
    ORL_STATUS_MODE = 2, /* size, rotation or format */
    ORL_STATUS_TRUNCATED =
        4,                 /* rows are missing now, or no longer, or another amount is needed */
    ORL_STATUS_DESKTOP = 8 /* screen saver level or a request for attention */
};

/* 0 when `state` is the present one. */
unsigned orl_status_enter(struct orl_guest_status *s, enum orl_guest_state state,
                          uint64_t now_ns);

/*
 * Goes to `state` because the memory gives no session. A viewer that was streaming says LOST and
 * keeps to it as long as there is simply no guest (not started, not alive).
 */
unsigned orl_status_no_session(struct orl_guest_status *s, enum orl_guest_state state,
                               uint64_t now_ns);

struct orl_session;

/* A session was opened: its description, the number of attaches, state NO_FRAME. */
unsigned orl_status_open(struct orl_guest_status *s, const struct orl_session *session,
                         uint64_t now_ns);

/* A new frame (not a repeated one) was seen; one that is shown also makes the state STREAMING. */
unsigned orl_status_frame(struct orl_guest_status *s, enum orl_release release,
                          const struct orl_frame_desc *f);

#endif
