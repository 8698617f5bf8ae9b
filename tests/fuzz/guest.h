/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's memory to attack: session, both queues, a subscriber, a frame and cursor messages. */
#ifndef ORL_TESTS_FUZZ_GUEST_H
#define ORL_TESTS_FUZZ_GUEST_H

#include "wire/layout.h"

#define GUEST_BYTES 32768

/* The memory of one release, built at the first call; constant. Subscriber slot 0 is taken. */
const uint8_t *fuzz_guest(enum orl_release release);

#endif
