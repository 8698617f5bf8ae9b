/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Breaks nothing. */
#include <stdatomic.h>

#include "base/err.h"
