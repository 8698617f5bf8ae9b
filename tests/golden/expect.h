/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checking a JSON object to the last member: whatever is compared is taken out of it, and what is
 * left at the end is something that no test looked at.
 */
#ifndef ORL_TESTS_GOLDEN_EXPECT_H
#define ORL_TESTS_GOLDEN_EXPECT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/layout.h"

/* Takes a member out of `o`; the caller puts it. Fails the test when it is missing. */
struct json_object *orl_expect_take(struct json_object *o, const char *key);
bool orl_expect_has(struct json_object *o, const char *key);
void orl_expect_int(struct json_object *o, const char *key, int64_t got);
void orl_expect_text(struct json_object *o, const char *key, const char *got);
void orl_expect_hex(struct json_object *o, const char *key, const void *got, size_t size);

/* Fails when anything is left. `where` is for the message. */
void orl_expect_empty(struct json_object *o, const char *where);

/*
 * Compares and takes every member of `o` that is a field of `structure` (tests/data/layout.json)
 * with the raw bytes at `base`: places from the product's layout table if it has the structure,
 * numbers and arrays of numbers by the type in the JSON layout.
 */
void orl_expect_raw(struct json_object *o, struct json_object *layout,
                    const struct orl_layout *lay, const char *structure, const uint8_t *base);

#endif
