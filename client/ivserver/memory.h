/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory that the server hands out. Any thread. */
#ifndef ORL_IVSERVER_MEMORY_H
#define ORL_IVSERVER_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A new memfd of `bytes` zeros (close-on-exec), all of it taken from the system now: memory that is
 * found missing later kills a reader. Sealed, so that nobody who gets it can change its size or forbid
 * the others to write. -1 and errno: ENOSPC and ENOMEM when there is not so much.
 */
int orl_ivserver_memory(uint64_t bytes, bool huge_pages);

#endif
