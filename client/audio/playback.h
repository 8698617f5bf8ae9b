/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's sound between the thread that receives it and the thread that plays it. No PipeWire
 * here: tests drive both sides with a clock of their own.
 *
 *   SPICE thread: start, push, stop         data thread: pull (RT safe: no lock, no allocation)
 *   arrival line + target  -- mailbox -->   fill = line - read position -> rate.h -> ratio
 *
 * What is heard begins when the target is buffered and ends at the stop's last frame. Beginnings
 * fade in, ends hold the last sample and let it fall, so nothing clicks. When far too much is
 * buffered the surplus is skipped the same way. A lack is silence until the target is there again.
 */
#ifndef ORL_AUDIO_PLAYBACK_H
#define ORL_AUDIO_PLAYBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/arrival.h"
#include "audio/audio.h"
#include "audio/pcm_ring.h"
#include "audio/rate.h"
#include "audio/target.h"
#include "base/mailbox.h"

/* SPICE -> data: where the sender is, and how much should be buffered. */
struct orl_play_line {
    uint64_t tail;  /* frames pushed up to the newest packet... */
    uint64_t at_ns; /* ...which the line dates here */
    double ns_per_frame;
    uint32_t target_frames;
    uint32_t quantum_frames; /* that it was made for, 0 unknown */
    uint32_t floor_frames;   /* that must really be there: the target without one packet */
};

/* SPICE -> data: the newest start or stop. */
struct orl_play_order {
    bool active;
    uint64_t begin; /* first frame of the newest stream */
    uint64_t end;   /* when not active: behind its last frame */
};

enum orl_play_state { ORL_PLAY_SILENT, ORL_PLAY_FILLING, ORL_PLAY_RUNNING };

struct orl_playback {
    /* Constant while a data thread pulls. */
    struct orl_pcm_format format;
    struct orl_audio_stats *stats;
    uint32_t extra_ms;

    struct orl_pcm_ring ring;

    /* ---- SPICE thread ---- */
    struct orl_arrival arrival;
    struct orl_target target;
    struct orl_play_order order;
    uint32_t packet_frames; /* largest of the stream */

    /* ---- handed over ---- */
    struct orl_mailbox line_mb, order_mb;
    struct orl_play_line lines[ORL_MAILBOX_SLOTS];
    struct orl_play_order orders[ORL_MAILBOX_SLOTS];
    struct orl_counter taken_frames; /* data -> SPICE: what one cycle takes, 0 unknown */
    struct orl_flag heard;           /* data -> any: something is or will be played */

    /* ---- data thread ---- */
    enum orl_play_state state;
    bool has_line;
    struct orl_play_line line;
    struct orl_play_order now_order;
    struct orl_rate rate;
    uint64_t last_ns, last_serial;
    uint32_t cycle_frames; /* taken in this cycle */
    uint32_t quantum;      /* taken in the one before */
    double smooth_fill;
    float gain;                       /* of new sound, rising to 1 */
    float held_gain;                  /* of `held`, falling to 0 */
    float held[ORL_PCM_MAX_CHANNELS]; /* the last frame before a break */
    float last[ORL_PCM_MAX_CHANNELS]; /* the last frame that went out */
};

/* `stats` is borrowed. ORL_OK or ORL_ENOMEM. */
ORL_MUST int orl_playback_init(struct orl_playback *p, struct orl_audio_stats *stats,
                               uint32_t extra_ms);
void orl_playback_finish(struct orl_playback *p);

/* A valid format; empties everything. Only while nobody pulls. SPICE thread. */
void orl_playback_shape(struct orl_playback *p, struct orl_pcm_format format);

/* A new reader comes: what is buffered is old. Only while nobody pulls. */
void orl_playback_rewind(struct orl_playback *p);

/* SPICE thread. push: whole frames of the format. */
void orl_playback_start(struct orl_playback *p);
void orl_playback_push(struct orl_playback *p, const void *pcm, uint32_t frames,
                       uint64_t now_ns);
void orl_playback_stop(struct orl_playback *p);

struct orl_play_cycle {
    uint64_t now_ns; /* when this cycle began, without the jitter of waking up */
    uint64_t serial; /* differs from cycle to cycle; several pulls may share one */
};

/* Data thread. Fills `frames` frames of floats, channels interleaved; always all of them. */
void orl_playback_pull(struct orl_playback *p, float *dst, uint32_t frames,
                       const struct orl_play_cycle *cycle);

/* Data thread: how fast to take from now on; 1 is the format's rate. */
static inline double orl_playback_ratio(const struct orl_playback *p)
{
    return p->rate.ratio;
}

/* Data thread: how long what is pushed now waits for its pull; never 0, or 0 when nothing plays. */
uint64_t orl_playback_fill_us(const struct orl_playback *p);

/* False: nothing is buffered or expected, silence for now. Any thread. */
static inline bool orl_playback_is_heard(const struct orl_playback *p)
{
    return orl_flag_is_raised(&p->heard);
}

#endif
