/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to common/ring: where the recovery region stands. Any thread. */
#ifndef ORL_RING_RECOVERY_PLACE_H
#define ORL_RING_RECOVERY_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "wire/wire.h"

/*
 * The last ORL_RECOVERY_BYTES of a page-aligned memory, or NULL: it has no more than these, or ends
 * where no words of 8 bytes could stand (a file of any length; memory of machines is whole pages).
 */
static inline uint8_t *orl_recovery_place(uint8_t *base, size_t size)
{
    return size > ORL_RECOVERY_BYTES && size % ORL_RECOVERY_LINE_BYTES == 0
               ? base + (size - ORL_RECOVERY_BYTES)
               : NULL;
}

#endif
