/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text form of usbredir's filter rules, as its usbredirfilter.h describes it: rules with '|'
 * between, each class,vendor,product,version,allow; numbers in decimal or 0x form, -1 matches
 * anything. Empty rules do not count. The library parses them itself but tells nobody when it cannot. Pure.
 */
#ifndef ORL_SPICE_RULES_H
#define ORL_SPICE_RULES_H

#include <stdbool.h>
#include <stddef.h>

/* False: `why` says which rule is wrong, and how. Text without any rule is wrong, too. */
bool orl_rules_check(const char *text, char *why, size_t cap);

#endif
