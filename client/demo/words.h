/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of oriel-guest's command line and what they mean. All parsers want the whole text and
 * return false, changing nothing, when it is not understood. Private to demo/.
 */
#ifndef ORL_DEMO_WORDS_H
#define ORL_DEMO_WORDS_H

#include "demo/demo.h"

struct orl_demo_word {
    const char *name; /* NULL ends a list */
    uint32_t value;
};

extern const struct orl_demo_word orl_demo_releases[], orl_demo_formats[], orl_demo_patterns[],
    orl_demo_damages[], orl_demo_cursors[], orl_demo_paths[], orl_demo_systems[],
    orl_demo_hostiles[], orl_demo_recoveries[], orl_demo_turns[], orl_demo_switches[];

ORL_MUST bool orl_demo_word_find(const struct orl_demo_word *list, const char *text,
                                 uint32_t *out);
/* "a,b": the values OR-ed. */
ORL_MUST bool orl_demo_words_join(const struct orl_demo_word *list, const char *text,
                                  uint32_t *out);
/* Decimal, 0..most. */
ORL_MUST bool orl_demo_word_count(const char *text, uint32_t most, uint32_t *out);
/* "1.5", 0..86400 seconds. */
ORL_MUST bool orl_demo_word_seconds(const char *text, uint64_t *ns);
/* "WxH", each 1..ORL_FRAME_SIDE_MAX. */
ORL_MUST bool orl_demo_word_size(const char *text, uint32_t *w, uint32_t *h);
ORL_MUST bool orl_demo_word_color(const char *text, uint32_t *rgb);
/* "SECONDS:NAME[=VALUE]" into the events of `conf`, kept sorted; also false when they are full. */
ORL_MUST bool orl_demo_word_event(struct orl_demo_conf *conf, const char *text);

#endif
