/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What input.c, capture.c and act.c share. Private to input/. */
#ifndef ORL_INPUT_INPUT_IMPL_H
#define ORL_INPUT_INPUT_IMPL_H

#include "input/input.h"

/* What the user does is for the guest. */
bool orl_input_live(const struct orl_input *in);
/* How the pointer is to be taken now. */
struct orl_mouse_how orl_input_how(const struct orl_input *in);

/* What the guest was told goes up, keys that no finger holds only if `made`; the pointer is on its
 * own. Nothing is sent when nobody is connected. */
void orl_input_shut(struct orl_input *in, bool made, uint64_t now_ns);

void orl_input_end_capture(struct orl_input *in, uint64_t now_ns);
/* Starts capture when it is due and possible. */
void orl_input_try_capture(struct orl_input *in);
void orl_input_update_auto(struct orl_input *in);

/* What is pressed without a finger next comes without the user's modifiers, but for the n of `but`. */
void orl_input_park(struct orl_input *in, const uint16_t *but, size_t n, uint64_t now_ns);

/* Does what an action asks for, if it is input's. */
void orl_input_act(struct orl_input *in, const struct orl_bind_hit *hit, uint64_t now_ns);

#endif
