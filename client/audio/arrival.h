/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When packets should arrive: a straight line "so many frames at such a time" through the arrival
 * times, so that the jitter of single packets disappears and the clock of the sender remains.
 *
 * A delay-locked loop of second order (Fons Adriaensen, "Using a DLL to filter time", 2005), with
 * the plain mean of all packets until that is as slow as the loop; robust against stalls (a late
 * packet counts as 15 ms late at most) and against lost sound (when packets stay late or early the
 * line jumps). Pure; SPICE thread.
 */
#ifndef ORL_AUDIO_ARRIVAL_H
#define ORL_AUDIO_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#define ORL_ARRIVAL_WINDOW 16

struct orl_arrival {
    uint64_t epoch_ns;   /* arrival of the first packet */
    double line_ns;      /* time of the line at the newest packet, since the epoch */
    double ns_per_frame; /* slope */
    double nominal_ns;   /* slope of the format */
    uint64_t packets;    /* since the start */
    double recent[ORL_ARRIVAL_WINDOW]; /* lateness of the newest packets, ns */
    double pending_ns; /* worst lateness that may be a moved line instead; 0 none */
    uint32_t recent_n; /* of them that belong to this line, up to all */
};

void orl_arrival_init(struct orl_arrival *a, uint32_t rate_hz);

/*
 * A packet of `frames` (not 0) arrived at `now_ns`, not before the one before it. Returns how much
 * later than the line packets came, in ns; negative: earlier. Lateness of more than 20 ms is
 * returned when the packets are in time again, and never when the line moved instead, which
 * *jumped says.
 */
double orl_arrival_step(struct orl_arrival *a, uint64_t now_ns, uint32_t frames, bool *jumped);

/* When the line says that the newest packet arrived. */
uint64_t orl_arrival_at_ns(const struct orl_arrival *a);

#endif
