/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May the guest listen? audio:micDefault, what the user answered for this guest before (kept in a
 * small file, one line per guest UUID), what he answers now. Pure except load and save; time comes
 * in as a parameter. Main thread.
 *
 * The guest decides when it asks, so nothing that it does takes the keyboard: its question is a line
 * on the screen for a bounded time, and the user opens it when he likes. After a no it is refused
 * without a question for ORL_CONSENT_QUIET_NS.
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

/* How long a question stays on the screen in all before it rests, ... */
#define ORL_CONSENT_SHOW_NS (UINT64_C(20) * 1000 * 1000 * 1000)
/* ... how long it rests then, and after how long without one all of that time is there again. */
#define ORL_CONSENT_REST_NS (UINT64_C(60) * 1000 * 1000 * 1000)
/* How long a no holds for what the same guest opens later. */
#define ORL_CONSENT_QUIET_NS (UINT64_C(300) * 1000 * 1000 * 1000)

struct orl_consent {
    enum orl_mic_default setting;
    enum orl_mic_state state;
    bool wanted;      /* the guest has the device open */
    char guest[64];   /* UUID as text, or "unknown" */
    const char *path; /* of the file with answers; NULL: remember nothing; borrowed */
    bool remembered, remembered_allow;
    /* The file is there and was not read whole: nothing is known of its answers, and it is not
     * written over. */
    bool unreadable, said_unreadable;
    char trouble[192];    /* why the newest answer is not kept; "" it is, or was not to be */
    uint64_t quiet_ns;    /* a no holds until then; 0 none */
    char quiet_guest[64]; /* the guest that it was said to */
    bool off;             /* the user has switched it off for this guest: it stays off */
    /* The line with the question: */
    uint64_t line_from_ns;             /* it is on the screen since; 0 it is not */
    uint64_t line_used_ns;             /* for so long it was there before, lately */
    uint64_t line_end_ns, line_due_ns; /* when it went, and not again before; 0 never */
    bool line_over;                    /* it went although the question stands */
};

void orl_consent_init(struct orl_consent *c, enum orl_mic_default setting, const char *path);
void orl_consent_set_guest(struct orl_consent *c, const char *uuid); /* reads the file */
/*
 * Each returns true when `state` changed. What decides: of the setting and of what is remembered
 * for the guest the more careful; `prompt` without a memory asks, each time the guest opens the
 * device, and so does `allow` while the file cannot be read.
 */
/* Say `true` again after set_guest: a question may have been answered by the file. */
bool orl_consent_wanted(struct orl_consent *c, bool wanted, uint64_t now_ns);
/* `remember`: for this guest and for ever; see `trouble`. */
bool orl_consent_answer(struct orl_consent *c, bool allow, bool remember, uint64_t now_ns);
/* Microphone key: open <-> refused, which holds for what the guest opens later. A question is not
 * answered by it. */
bool orl_consent_toggle(struct orl_consent *c);
/* prompt -> allow -> deny; `allow` answers an open question and opens nothing that was refused. */
bool orl_consent_cycle_default(struct orl_consent *c, uint64_t now_ns);

/* Shall the line with the question be on the screen? *due_ns gets when to ask again although nothing
 * happens, UINT64_MAX never. */
bool orl_consent_line(struct orl_consent *c, uint64_t now_ns, uint64_t *due_ns);

#endif
