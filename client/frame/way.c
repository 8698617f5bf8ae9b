/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/way.h"

#include <stdio.h>

static const char *name_of(uint64_t used)
{
    switch (used) {
    case ORL_USED_COPY: return "copied";
    case ORL_USED_HELD: return "read in place";
    case ORL_USED_KVMFR: return "DMA-BUF (kvmfr)";
    case ORL_USED_UDMABUF: return "DMA-BUF (udmabuf)";
    case ORL_USED_MEMORY: return "shared memory, imported";
    default: return "none yet";
    }
}

static const char *cause_of(uint64_t why)
{
    switch (why) {
    case ORL_WHY_OPTION: return "app:allowDMA=no";
    case ORL_WHY_MEMORY: return "this memory cannot be exported";
    case ORL_WHY_DRIVER: return "the graphics driver does not import it";
    case ORL_WHY_EXPORT: return "the memory could not be exported";
    case ORL_WHY_SHAPE: return "the graphics driver does not import this picture's shape";
    case ORL_WHY_REFUSED: return "the graphics driver refused it";
    default: return "";
    }
}

void orl_way_text(char dst[ORL_WAY_LINE], uint64_t word)
{
    const char *cause = cause_of(word >> 8);
    snprintf(dst, ORL_WAY_LINE, cause[0] ? "%s (%s)" : "%s", name_of(word & 0xff), cause);
}
