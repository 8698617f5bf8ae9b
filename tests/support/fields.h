/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout table by name, for tests that compare raw bytes: places come from the product's
 * table (wire/layout.def), widths and counts from tests/data/layout.json.
 */
#ifndef ORL_TESTS_SUPPORT_FIELDS_H
#define ORL_TESTS_SUPPORT_FIELDS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/layout.h"

struct orl_field {
    const char *structure, *name; /* those of layout.json */
    uint32_t offset[ORL_RELEASES];
};

/* Every F row of layout.def, in order. */
extern const struct orl_field orl_fields[];
extern const size_t orl_fields_count;

/* Every S row: the size is in offset[]. name is NULL. */
extern const struct orl_field orl_structs[];
extern const size_t orl_structs_count;

/* Offset of a field, ORL_ABSENT when the table has no such row or the release no such field. */
uint32_t orl_field_offset(const struct orl_layout *lay, const char *structure,
                          const char *name);

/* The object of layout.json for one structure or field (borrowed), NULL when absent. */
struct json_object *orl_layout_json_struct(struct json_object *layout, const char *release,
                                           const char *structure);
struct json_object *orl_layout_json_field(struct json_object *structure, const char *name);

/* Integer of a member; aborts when it is missing. */
int64_t orl_json_int(struct json_object *o, const char *key);

/* A little-endian number of the JSON type "u8".."u64", "i8".."i64", sign extended. */
int64_t orl_field_number(const uint8_t *p, const char *type);

#endif
