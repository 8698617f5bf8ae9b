/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text to values, without locale and without silent truncation, plus edit distance and UTF-8 check.
 *
 * Every parser wants the whole string: leading or trailing characters are a failure, and a failure
 * leaves the out parameter untouched. Strings are NUL-terminated. Nothing is owned. Any thread.
 */
#ifndef ORL_BASE_STR_H
#define ORL_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* yes/no, on/off, true/false, 1/0 in any case of letters. */
ORL_MUST bool orl_str_to_bool(const char *text, bool *out);

/* Decimal with an optional sign, INT_MIN..INT_MAX. */
ORL_MUST bool orl_str_to_int(const char *text, int *out);

/* Decimal such as "-2.50": optional sign, at most 15 digits, always a point, no exponent. */
ORL_MUST bool orl_str_to_double(const char *text, double *out);

/* Two integers with an `x` between them: "1024x768", "-20x0". Their range is the caller's matter. */
ORL_MUST bool orl_str_to_pair(const char *text, int *first, int *second);

/*
 * Copies `text` to dst (cap bytes, cap > 0) with its terminator; a longer text is cut between two
 * UTF-8 characters. Returns false when it was cut. dst and text must not overlap.
 */
bool orl_str_copy(char *dst, size_t cap, const char *text);

/*
 * Number of single-byte insertions, deletions and replacements between a and b, without regard to
 * the case of ASCII letters. Only the first 63 bytes of each string are compared.
 */
int orl_str_distance(const char *a, const char *b);

/* True when the text is well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF). */
bool orl_str_is_utf8(const char *text);

#endif
