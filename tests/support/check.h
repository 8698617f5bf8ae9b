/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmocka with the headers that it needs before it, in an order that no formatter changes. */
#ifndef ORL_TESTS_SUPPORT_CHECK_H
#define ORL_TESTS_SUPPORT_CHECK_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
