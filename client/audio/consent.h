/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May the guest listen? audio:micDefault, what the user answered for this guest before (kept in a
 * small file, one line per guest UUID), what he answers now. Pure except load and save. Main
 * thread.
 */
#ifndef ORL_AUDIO_CONSENT_H
#define ORL_AUDIO_CONSENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum orl_mic_default { ORL_MIC_PROMPT, ORL_MIC_ALLOW, ORL_MIC_DENY };
enum orl_mic_state {
    ORL_MIC_IDLE,   /* the guest does not record */
    ORL_MIC_ASKING, /* it wants to; the user is being asked */
    ORL_MIC_OPEN,   /* it records */
    ORL_MIC_REFUSED /* it wants to and gets silence */
};

struct orl_consent {
    enum orl_mic_default setting;
    enum orl_mic_state state;
    bool wanted;      /* the guest has the device open */
    char guest[64];   /* UUID as text, or "unknown" */
    const char *path; /* of the file with answers; NULL: remember nothing; borrowed */
    bool remembered, remembered_allow;
};

void orl_consent_init(struct orl_consent *c, enum orl_mic_default setting, const char *path);
void orl_consent_set_guest(struct orl_consent *c, const char *uuid); /* reads the file */
/*
 * Each returns true when `state` changed. What decides: of the setting and of what is remembered
 * for the guest the more careful; `prompt` without a memory asks, each time the guest opens the
 * device. An unreadable file is an empty one.
 */
/* Say `true` again after set_guest: a question may have been answered by the file. */
bool orl_consent_wanted(struct orl_consent *c, bool wanted);
bool orl_consent_answer(struct orl_consent *c, bool allow, bool remember);
bool orl_consent_toggle(struct orl_consent *c); /* microphone key: open <-> refused */
/* prompt -> allow -> deny; `allow` answers an open question and opens nothing that was refused. */
bool orl_consent_cycle_default(struct orl_consent *c);

#endif
