/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The synthetic guest: produces frames and a cursor in a shared memory as the guest software of
 * each release does, so that the viewer can be shown and tested without a virtual machine.
 *
 * It runs in its own process (orl_demo_spawn, or the program oriel-guest): the viewer must not be
 * able to tell it from a real guest. What it draws is a pure function (demo/picture.h).
 */
#ifndef ORL_DEMO_DEMO_H
#define ORL_DEMO_DEMO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/serial.h"
#include "wire/wire.h"

/* The background. Card and photo carry the moving parts and the barcode, solid carries nothing. */
enum orl_demo_pattern { ORL_DEMO_CARD, ORL_DEMO_PHOTO, ORL_DEMO_SOLID };

enum orl_demo_damage {
    ORL_DEMO_FULL,   /* the parts move; every frame says "everything changed" */
    ORL_DEMO_MOVING, /* the parts move; at most 8 rectangles */
    ORL_DEMO_RANDOM, /* and rectangles appear and vanish anywhere: at most 16 */
    ORL_DEMO_NONE,   /* nothing moves; frames come with one rectangle outside of the picture */
    ORL_DEMO_TILE /* a tile of 64 x 64 pixels and the barcode change, as when a clock ticks */
};

enum orl_demo_cursor {
    ORL_DEMO_CURSOR_COLOR,
    ORL_DEMO_CURSOR_MONO,
    ORL_DEMO_CURSOR_MASKED,
    ORL_DEMO_CURSOR_HIDDEN, /* positions are sent, visible is off */
    ORL_DEMO_CURSOR_NONE    /* no pointer message at all */
};

/* Where the hot spot goes; a set_cursor_pos from the viewer ends the path. */
enum orl_demo_path { ORL_DEMO_PATH_CIRCLE, ORL_DEMO_PATH_LINE, ORL_DEMO_PATH_FIXED };

/* What master's display driver on Windows does with requests for its fallback display. */
enum orl_demo_recovery {
    ORL_DEMO_RECOVERY_NONE,   /* says that it cannot switch */
    ORL_DEMO_RECOVERY_ANSWER, /* switches, a moment later; frames rest while the fallback is on */
    ORL_DEMO_RECOVERY_SILENT,   /* takes requests and never answers */
    ORL_DEMO_RECOVERY_DEAD,     /* the region's heartbeat stands still; it is not looked at */
    ORL_DEMO_RECOVERY_ABSENT,   /* no region, as with master's program in place of its driver */
    ORL_DEMO_RECOVERY_FAIL = 16 /* + enum orl_recovery_error: fails with that, a moment later */
};

/* Ways to misbehave, as bits. Those marked * heal after about a second by a new session. */
enum orl_demo_hostile {
    ORL_DEMO_BAD_HEADER = 1,    /* every other frame has random header fields */
    ORL_DEMO_BAD_LOCK = 2,      /* * queue locks held */
    ORL_DEMO_BAD_HEARTBEAT = 4, /* * heartbeat stands still, frames go on */
    ORL_DEMO_BAD_OUTSIDE = 8,   /* messages point outside of the memory, every other one */
    ORL_DEMO_BAD_WRITTEN = 16,  /* `written` stops, jumps or goes back, every other frame */
    ORL_DEMO_BAD_SESSION = 32,  /* * control block and user data garbage */
    ORL_DEMO_BAD_RING = 64,     /* * ring_len, ring_offset, head, tail, used garbage */
    ORL_DEMO_BAD_DAMAGE = 128,  /* damage count and rectangles garbage, every other frame */
    ORL_DEMO_BAD_HUGE = 256,    /* enormous sizes, every other frame */
    ORL_DEMO_BAD_CURSOR = 512,  /* cursor headers garbage, every other message */
    ORL_DEMO_BAD_LATE = 1024,   /* headers change after they were posted */
    ORL_DEMO_BAD_INPUT = 2048   /* * garbage in the status and the streams of the input */
};
#define ORL_DEMO_BAD_ALL 4095u

enum orl_demo_action {
    ORL_DEMO_DO_SIZE,     /* a x b pixels */
    ORL_DEMO_DO_FORMAT,   /* a: enum orl_pixfmt */
    ORL_DEMO_DO_ROTATION, /* a: quarter turns */
    ORL_DEMO_DO_FPS,      /* a */
    ORL_DEMO_DO_FLAGS,    /* a: enum orl_frame_flag, levels from now on */
    ORL_DEMO_DO_ACTIVATE, /* one frame with ORL_FRAME_REQUEST_ACTIVATION */
    ORL_DEMO_DO_CURSOR,   /* a: enum orl_demo_cursor */
    ORL_DEMO_DO_HOSTILE,  /* a: enum orl_demo_hostile, from now on */
    ORL_DEMO_DO_RESTART,  /* a new session in the same memory */
    ORL_DEMO_DO_PAUSE,    /* no heartbeat, no frames: a guest that hangs */
    ORL_DEMO_DO_RESUME,   /* the end of a pause */
    ORL_DEMO_DO_WIPE,     /* memory cleared and silence: a guest that was switched off */
    ORL_DEMO_DO_QUIT
};

struct orl_demo_event {
    uint64_t at_ns; /* since the start of the run */
    enum orl_demo_action action;
    uint32_t a, b;
};

#define ORL_DEMO_EVENTS 32

struct orl_demo_conf {
    const char *path; /* memory file, created when missing, or "ivshmem:SOCKET"; borrowed */
    bool ring;        /* ring the peers at the ivshmem server with each frame */
    const char *log_posts; /* may be NULL: no log; else "serial t_ns frame" per posted frame */
    const char *log_input; /* may be NULL: no log; "-": standard output; see below */
    enum orl_demo_recovery recovery;
    bool input; /* master on Windows offers keyboard and mouse through the memory */
    enum orl_release release;
    uint32_t w, h;               /* stored picture, pixels, 1..ORL_FRAME_SIDE_MAX */
    uint32_t screen_w, screen_h; /* guest screen when down-scaled; 0: the same as the picture */
    uint32_t fps;                /* 0: only the first frame, then idle */
    uint64_t frames;             /* leave after so many posted frames; 0: no limit */
    uint64_t duration_ns;        /* leave after this time; 0: no limit */
    enum orl_pixfmt fmt;
    enum orl_demo_pattern pattern;
    uint32_t color; /* 0xRRGGBB of the solid pattern */
    enum orl_demo_damage damage;
    enum orl_demo_cursor cursor;
    enum orl_demo_path cursor_path;
    uint32_t cursor_hz;     /* positions per second; 0: never moves by itself */
    uint8_t rotation;       /* told to the viewer; the stored picture is not turned */
    uint32_t flags;         /* enum orl_frame_flag, without TRUNCATED */
    uint32_t white_nits;    /* SDR white inside an HDR picture; 0: see orl_demo_white_nits() */
    uint64_t seed;          /* of photo, random damage, hostile modes and session ids */
    uint64_t mem_bytes;     /* 0: what fits, rounded up to a power of two, at least 32 MiB */
    uint32_t max_rows;      /* store only so many rows and say truncated; 0: all that fit */
    uint32_t slow_write_ms; /* time over which the pixels of one frame appear; 0: at once */
    enum orl_guest_os os;   /* Windows or Linux: features, and the unused byte of a pixel */
    uint32_t hostile;       /* enum orl_demo_hostile */
    uint32_t event_count;
    struct orl_demo_event events[ORL_DEMO_EVENTS]; /* sorted by time */
};

/*
 * The lines of log_input, one for each thing that the guest was told: "key USAGE down" and "key
 * USAGE up" (HID usage, decimal), "rel DX DY", "abs X Y" (guest pixels), "buttons MASK", "wheel N",
 * and who tells it: "claim ID", "free ID" (given back), "drop ID" (lease over or a rule broken).
 */

/* 1280 x 720 BGRA card at 60 frames per second, moving damage, colour cursor on a circle, B7;
 * master would offer input. */
void orl_demo_conf_init(struct orl_demo_conf *conf);

/* Bytes of memory this configuration needs: conf->mem_bytes, or computed over all its events. */
uint64_t orl_demo_memory(const struct orl_demo_conf *conf);

/*
 * Runs a guest until `stop` is raised, a limit is reached or a quit event comes. Blocks; looks at
 * `stop` at least every 10 ms. ORL_OK; ORL_ESYS (file), ORL_ENOMEM, ORL_ENOSPC (memory too small
 * for a session), ORL_EINVAL, ORL_EUNSUPPORTED (the ivshmem server gave no memory); the reason was
 * logged.
 */
ORL_MUST int orl_demo_run(const struct orl_demo_conf *conf, const struct orl_flag *stop);

/* orl_demo_run() until SIGINT, SIGTERM or SIGHUP. For a process of its own: the caller must have
 * no other thread. */
ORL_MUST int orl_demo_run_until_signal(const struct orl_demo_conf *conf);

struct orl_demo_child {
    pid_t pid; /* 0: none */
    char path[256];
};

/*
 * Starts a guest in a child process on a new file (mode 0600) in $XDG_RUNTIME_DIR or /dev/shm;
 * conf->path is ignored. The file has its full size on return. The child ends with the calling
 * thread's process. Call before any thread is started. ORL_OK or ORL_ESYS.
 */
ORL_MUST int orl_demo_spawn(struct orl_demo_child *child, const struct orl_demo_conf *conf);

/* True while the child runs. Does not block. */
bool orl_demo_alive(struct orl_demo_child *child);

/* Ends the child (at most 2 s, then by force) and removes the file. Nothing when there is none. */
void orl_demo_reap(struct orl_demo_child *child);

enum orl_demo_parsed { ORL_DEMO_GO, ORL_DEMO_HELP, ORL_DEMO_BAD_USAGE };

/*
 * The command line of oriel-guest into `conf` (initialised by the caller). BAD_USAGE writes one
 * sentence to `err`, HELP the list of options to `out`. Strings of conf point into argv.
 */
enum orl_demo_parsed orl_demo_parse(struct orl_demo_conf *conf, int argc, char *const *argv,
                                    FILE *out, FILE *err);

#endif
