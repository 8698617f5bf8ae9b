/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to common/ring: the SIGBUS guard of mapped files that may shrink. Any thread.
 */
#ifndef ORL_RING_GUARD_H
#define ORL_RING_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Installs the handler if it is not in place (main thread, before mappings); false with errno. */
bool orl_guard_install(void);

/* Watches a mapping; its number from 1, -1 when the table is full (it is then unguarded). */
int orl_guard_add(const void *base, size_t size, int prot);

/* Call before the mapping goes away and after its last reader. 0 and -1 are nothing. */
void orl_guard_remove(int guard);

/* True when a fault was caught; 0 and -1 never are. */
bool orl_guard_tripped(int guard);

#endif
