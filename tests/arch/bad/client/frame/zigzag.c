/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Breaks the table on purpose: see ../../../selftest.cmake. */
#include <stdatomic.h>
#include <stdint.h>

#include <SDL2/SDL.h>

#include "base/err.h"
#include "frame/slot.h"
#include "gfx/gfx.h"
#include "slot.h"

static _Atomic uint32_t count;
static char text[8];

void zigzag(const char *from);

void zigzag(const char *from)
{
    /* strcpy( in a comment is no call */
    strcpy(text, from);
    strncpy_checked(text, from);
    pthread_mutex_lock(&lock);
    if (text[0] == ';') {
        clock_gettime(CLOCK_MONOTONIC, &ts);
    }
}
