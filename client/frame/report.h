/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Says what happens to the guest: one log line per change, and the status value to the render
 * thread and to main. Frame thread.
 */
#ifndef ORL_FRAME_REPORT_H
#define ORL_FRAME_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "frame/link.h"
#include "frame/source.h"

struct orl_report_out {
    struct orl_frame_link *link; /* borrowed */
    struct orl_guest_status now; /* what was published last */
    bool unsaid;                 /* a session was opened that may break again at once */
    /* A hostile guest may change everything with every frame: that is no reason to log so often. */
    struct orl_log_gate open_gate, lost_gate, mode_gate;
};

void orl_report_init(struct orl_report_out *r, struct orl_frame_link *link, const char *path);

/* There is no session; the reason stands in `src`. Nothing while a heartbeat is awaited. */
void orl_report_waiting(struct orl_report_out *r, const struct orl_source *src,
                        uint64_t now_ns);

void orl_report_open(struct orl_report_out *r, const struct orl_source *src, uint64_t now_ns);

/* An open session ended; `err` says how (ORL_ESESSION, ORL_ETIMEOUT, ORL_ECORRUPT). */
void orl_report_lost(struct orl_report_out *r, int err, uint64_t now_ns);

/* A new frame was seen. */
void orl_report_frame(struct orl_report_out *r, const struct orl_source *src,
                      const struct orl_frame_desc *f, uint64_t now_ns);

/* A frame is going to be handed over. */
void orl_report_streaming(struct orl_report_out *r, const struct orl_source *src,
                          uint64_t now_ns);

void orl_report_video(struct orl_report_out *r, bool on, uint64_t now_ns);

#endif
