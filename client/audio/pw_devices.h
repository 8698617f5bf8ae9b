/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of two named devices are there: the one to play on and the one to record from. Private to
 * audio/. Everything on the loop thread, or with the loop's lock (audio/pw.h).
 */
#ifndef ORL_AUDIO_PW_DEVICES_H
#define ORL_AUDIO_PW_DEVICES_H

#include <stdbool.h>

struct pw_core;
struct orl_pw_devices;

enum orl_pw_presence {
    ORL_PW_UNKNOWN, /* the daemon has not listed its devices yet */
    ORL_PW_ABSENT,
    ORL_PW_PRESENT
};

/*
 * `out` and `rec` are names, paths or serials of nodes, as the option takes them; borrowed
 * until close. "" or NULL: no particular one, always present. `changed(arg)` is called on the loop
 * thread when the answer of find() is another one. NULL: out of memory or the connection is gone.
 */
struct orl_pw_devices *orl_pw_devices_open(struct pw_core *core, const char *out,
                                           const char *rec, void (*changed)(void *arg),
                                           void *arg);
void orl_pw_devices_close(struct orl_pw_devices **devices); /* before the core goes */

/* `devices` may be NULL: unknown. */
enum orl_pw_presence orl_pw_devices_find(const struct orl_pw_devices *devices, bool output);

#endif
