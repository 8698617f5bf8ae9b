/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what the library says about a failed channel to one of our reasons. Pure. */
#ifndef ORL_SPICE_FAULT_H
#define ORL_SPICE_FAULT_H

#include <glib.h>

#include "spice/spice.h"

struct orl_spice_reason {
    enum orl_spice_fault fault;
    char detail[160]; /* one line of printable text */
};

/*
 * `event` is the SpiceChannelEvent that ended the main channel, `error` what the channel keeps (may
 * be NULL), `heard` how many bytes the server has said. The detail is the error's text or, when there
 * is none, `murmur`: what the library last complained of ("": nothing).
 */
void orl_fault_from_event(struct orl_spice_reason *out, int event, const GError *error,
                          uint64_t heard, const char *murmur);

/* Copies `text` (may be NULL) as one line: control characters become spaces. */
void orl_fault_set(struct orl_spice_reason *out, enum orl_spice_fault fault, const char *text);

#endif
