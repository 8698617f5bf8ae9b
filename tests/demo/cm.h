/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmocka.h with what it needs before it; the order must survive a formatter. */
#ifndef TESTS_DEMO_CM_H
#define TESTS_DEMO_CM_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
