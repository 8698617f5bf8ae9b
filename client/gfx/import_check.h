/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether GL on the processor imports memory that is no DMA-BUF; tried once at start. */
#ifndef ORL_GFX_IMPORT_CHECK_H
#define ORL_GFX_IMPORT_CHECK_H

#include <stdbool.h>

#include "gfx/import.h"

/* True when a memfd's pixels were seen, and its new pixels after a change. Else imp->why is set. */
bool orl_import_check(struct orl_import *imp);

#endif
