/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ORL_FAKE_BLANK_H
#define ORL_FAKE_BLANK_H

#include "fake/fake.h"

/* Adds a graphics card that shows nothing; `qxl` lives as long as the server. */
void fake_blank_add(struct fake *f, QXLInstance *qxl);

#endif
