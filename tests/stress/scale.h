/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ORL_STRESS_SCALE as a factor for counts and times; 1 when it is not set. */
#ifndef ORL_TEST_STRESS_SCALE_H
#define ORL_TEST_STRESS_SCALE_H

double stress_scale(void);

#endif
