/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The timers and watches that libspice-server asks of its program, made of GLib's. */
#ifndef ORL_FAKE_CORE_H
#define ORL_FAKE_CORE_H

#include "fake/fake.h"

void fake_core_fill(SpiceCoreInterface *core);

#endif
