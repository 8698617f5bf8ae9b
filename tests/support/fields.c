/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define F(group, field, structure, b6, b7, master) {#structure, #field, {(b6), (b7), (master)}},
#define S(group, structure, b6, b7, master)
const struct orl_field orl_fields[] = {
#include "wire/layout.def"
};
#undef F
#undef S
const size_t orl_fields_count = sizeof(orl_fields) / sizeof(orl_fields[0]);

#define F(group, field, structure, b6, b7, master)
#define S(group, structure, b6, b7, master) {#structure, NULL, {(b6), (b7), (master)}},
const struct orl_field orl_structs[] = {
#include "wire/layout.def"
};
#undef F
#undef S
const size_t orl_structs_count = sizeof(orl_structs) / sizeof(orl_structs[0]);

uint32_t orl_field_offset(const struct orl_layout *lay, const char *structure, const char *name)
{
    for (size_t i = 0; i < orl_fields_count; i++) {
        if (!strcmp(orl_fields[i].structure, structure) && !strcmp(orl_fields[i].name, name)) {
            return orl_fields[i].offset[lay->release];
        }
    }
    return ORL_ABSENT;
}

struct json_object *orl_layout_json_struct(struct json_object *layout, const char *release,
                                           const char *structure)
{
    struct json_object *o = NULL;
    if (json_object_object_get_ex(layout, "versions", &o) &&
        json_object_object_get_ex(o, release, &o) &&
        json_object_object_get_ex(o, "structs", &o) &&
        json_object_object_get_ex(o, structure, &o)) {
        return o;
    }
    return NULL;
}

struct json_object *orl_layout_json_field(struct json_object *structure, const char *name)
{
    struct json_object *fields = json_object_object_get(structure, "fields");
    for (size_t i = 0; i < json_object_array_length(fields); i++) {
        struct json_object *f = json_object_array_get_idx(fields, i);
        if (!strcmp(json_object_get_string(json_object_object_get(f, "name")), name)) {
            return f;
        }
    }
    return NULL;
}

int64_t orl_json_int(struct json_object *o, const char *key)
{
    struct json_object *v = NULL;
    if (!json_object_object_get_ex(o, key, &v)) {
        fprintf(stderr, "JSON: no member %s\n", key);
        abort();
    }
    return json_object_get_int64(v);
}

int64_t orl_field_number(const uint8_t *p, const char *type)
{
    bool is_signed = type[0] == 'i';
    switch (strtol(type + 1, NULL, 10)) {
    case 8: return is_signed ? (int8_t)p[0] : p[0];
    case 16: return is_signed ? (int16_t)orl_get_u16(p) : orl_get_u16(p);
    case 32: return is_signed ? (int32_t)orl_get_u32(p) : (int64_t)orl_get_u32(p);
    case 64: return (int64_t)orl_get_u64(p);
    default: fprintf(stderr, "JSON: no number type %s\n", type); abort();
    }
}
