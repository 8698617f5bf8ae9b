/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses one allowed header of frame and one that is not. */
#include "frame/frame.h"
#include "frame/slot.h"
