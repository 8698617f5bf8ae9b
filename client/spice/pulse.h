/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does the server still take what it is sent? Looked at twice a second. A server that hangs keeps
 * its sockets open, so nothing fails; it shows in what it owes: bytes it does not read, messages the
 * library cannot get rid of, acknowledgements of motion that do not come. What went into a socket
 * proves nothing: on TCP the kernel of a server that hangs takes it, and says so. Hence keys alone,
 * which nobody acknowledges, do not show over TCP that the server hangs. Pure.
 */
#ifndef ORL_SPICE_PULSE_H
#define ORL_SPICE_PULSE_H

#include <stdbool.h>
#include <stdint.h>

/* Long enough for a virtual machine that is being saved for a moment or a host that swaps. */
#define ORL_PULSE_LIMIT_NS UINT64_C(5000000000)
/* Two looks further apart mean that it was us who slept. */
#define ORL_PULSE_GAP_NS UINT64_C(2000000000)

struct orl_pulse_signs {
    uint64_t read_bytes; /* what the server has said so far */
    uint64_t flushed;    /* how often the library's queue has been empty when asked */
    uint32_t unread;     /* bytes in the socket that the server has not taken */
    bool acks;           /* it owes an acknowledgement of motion */
    bool owes;           /* it owes an answer, or the library's queue does not empty */
};

struct orl_pulse {
    struct orl_pulse_signs last;
    uint64_t looked_ns; /* 0: never */
    uint64_t alive_ns;  /* last sign of life, or last moment without a debt */
};

void orl_pulse_init(struct orl_pulse *p);
/* True: it owes something and gave no sign of life for LIMIT. */
bool orl_pulse_look(struct orl_pulse *p, const struct orl_pulse_signs *signs, uint64_t now_ns);

#endif
