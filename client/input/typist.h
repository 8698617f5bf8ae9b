/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text typed as keystrokes, for guests without an agent. Which key (and Shift, AltGr) makes a
 * character depends on the layout that the guest uses; it is named like in XKB ("us", "de",
 * "ch(fr)"; option input:typeLayout) and looked up with libxkbcommon. Main thread.
 */
#ifndef ORL_INPUT_TYPIST_H
#define ORL_INPUT_TYPIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ORL_TYPIST_LIMIT ((size_t)64 * 1024) /* bytes of text that are accepted at once */

struct orl_typist;

/* ORL_OK; ORL_EINVAL: no such layout; ORL_ENOMEM. */
ORL_MUST int orl_typist_create(struct orl_typist **out, const char *layout);
void orl_typist_destroy(struct orl_typist **t);

/*
 * Takes a copy of `text` (UTF-8, len bytes, line ends LF or CRLF) to type. ORL_OK; ORL_EINVAL: not
 * UTF-8, or longer than the limit; ORL_ENOMEM. *skipped: characters that the layout has no key for.
 */
ORL_MUST int orl_typist_begin(struct orl_typist *t, const char *text, size_t len,
                              uint32_t *skipped);
void orl_typist_cancel(struct orl_typist *t);

/*
 * What the guest's lamp says (off at first); may change at any time. What no key makes while Caps Lock is
 * on, by XKB's account (U+00E9 on "fr"), is typed as if it were off.
 */
void orl_typist_set_caps(struct orl_typist *t, bool on);

/* The next key event to send at `now_ns`; false: nothing now. Paced (one event per 8 ms) because
 * guests lose bursts. */
struct orl_typist_key {
    uint16_t usage;
    bool down;
};
bool orl_typist_next(struct orl_typist *t, uint64_t now_ns, struct orl_typist_key *out);

/* When orl_typist_next() has something; UINT64_MAX: nothing to type. Progress in characters. */
uint64_t orl_typist_due(const struct orl_typist *t);
void orl_typist_progress(const struct orl_typist *t, uint32_t *done, uint32_t *total);

#endif
