/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmocka with the headers that it wants before itself, which sorting would put behind it. */
#ifndef ORL_TESTS_CONF_CM_H
#define ORL_TESTS_CONF_CM_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
