/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much sound to keep buffered: as little as the packets' lateness allows.
 *
 *     target = quantum + packet + lateness + margin + extra
 *
 * quantum: what the device takes at once; packet: what the line of arrival.h promises between two
 * packets and is not there yet; lateness: the second largest of the worst lateness of each of the
 * last eight 2 s, so that one odd packet does not cost latency for long; 6 ms are assumed for the
 * first 4 s; margin: 1.5 ms for the noise of the line and of the resampler's requests. An underrun
 * adds 4 ms at once, which fade at 0.25 ms a second; a falling target falls at 0.5 ms a second, a
 * pitch of 500 ppm or 0.9 cents. Pure; SPICE thread.
 */
#ifndef ORL_AUDIO_TARGET_H
#define ORL_AUDIO_TARGET_H

#include <stdint.h>

#define ORL_TARGET_BUCKETS 8

struct orl_target {
    double extra_ns;                     /* from the user */
    double worst_ns[ORL_TARGET_BUCKETS]; /* lateness; newest in [at] */
    uint32_t at;
    uint64_t bucket_end_ns, last_ns;
    double penalty_ns;  /* for underruns, fading */
    double current_ns;  /* what was returned last */
    uint64_t underruns; /* seen */
};

void orl_target_init(struct orl_target *t, uint32_t extra_ms, uint64_t underruns);

/*
 * A packet arrived `late_ns` after the line. quantum_ns: what the device takes at once, 0 unknown
 * (5 ms are assumed); packet_ns: length of a packet; underruns: counter. Returns the target, ns.
 */
uint64_t orl_target_step(struct orl_target *t, uint64_t now_ns, double late_ns,
                         double quantum_ns, double packet_ns, uint64_t underruns);

/* The lateness that the target covers, ns. */
uint64_t orl_target_lateness_ns(const struct orl_target *t);

#endif
