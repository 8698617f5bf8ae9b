/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "golden/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/fields.h"

struct json_object *orl_expect_take(struct json_object *o, const char *key)
{
    struct json_object *v = NULL;
    if (!json_object_object_get_ex(o, key, &v)) {
        fail_msg("the JSON has no member %s", key);
    }
    json_object_get(v);
    json_object_object_del(o, key);
    return v;
}

bool orl_expect_has(struct json_object *o, const char *key)
{
    return json_object_object_get_ex(o, key, NULL);
}

void orl_expect_int(struct json_object *o, const char *key, int64_t got)
{
    struct json_object *v = orl_expect_take(o, key);
    int64_t want = json_object_get_int64(v);
    if (want != got) {
        fail_msg("%s is %lld, expected %lld", key, (long long)got, (long long)want);
    }
    json_object_put(v);
}

void orl_expect_text(struct json_object *o, const char *key, const char *got)
{
    struct json_object *v = orl_expect_take(o, key);
    if (strcmp(json_object_get_string(v), got) != 0) {
        fail_msg("%s is \"%s\", expected \"%s\"", key, got, json_object_get_string(v));
    }
    json_object_put(v);
}

void orl_expect_hex(struct json_object *o, const char *key, const void *got, size_t size)
{
    char hex[256] = "";
    assert_true(size * 2 < sizeof(hex));
    for (size_t i = 0; i < size; i++) {
        snprintf(hex + 2 * i, 3, "%02x", ((const uint8_t *)got)[i]);
    }
    orl_expect_text(o, key, hex);
}

void orl_expect_empty(struct json_object *o, const char *where)
{
    json_object_object_foreach(o, key, v)
    {
        fail_msg("%s.%s = %s is checked by nobody", where, key, json_object_get_string(v));
    }
}

static void compare_raw(const char *key, struct json_object *want, struct json_object *field,
                        const uint8_t *at)
{
    const char *type = json_object_get_string(json_object_object_get(field, "type"));
    int64_t bytes = strtol(type + 1, NULL, 10) / 8;
    bool is_array = json_object_is_type(want, json_type_array);
    int64_t count = is_array ? orl_json_int(field, "count") : 1;
    if (is_array) {
        assert_int_equal(json_object_array_length(want), count);
    }
    for (int64_t i = 0; i < count; i++) {
        struct json_object *one = is_array ? json_object_array_get_idx(want, (size_t)i) : want;
        int64_t got = orl_field_number(at + i * bytes, type);
        if (got != json_object_get_int64(one)) {
            fail_msg("%s[%lld] is %lld, expected %s", key, (long long)i, (long long)got,
                     json_object_get_string(one));
        }
    }
}

static bool in_table(const char *structure)
{
    for (size_t i = 0; i < orl_structs_count; i++) {
        if (!strcmp(orl_structs[i].structure, structure)) {
            return true;
        }
    }
    return false;
}

void orl_expect_raw(struct json_object *o, struct json_object *layout,
                    const struct orl_layout *lay, const char *structure, const uint8_t *base)
{
    struct json_object *s = orl_layout_json_struct(layout, lay->name, structure);
    assert_non_null(s);
    struct json_object *fields = json_object_object_get(s, "fields");
    for (size_t i = 0; i < json_object_array_length(fields); i++) {
        struct json_object *field = json_object_array_get_idx(fields, i);
        const char *name = json_object_get_string(json_object_object_get(field, "name"));
        const char *type = json_object_get_string(json_object_object_get(field, "type"));
        struct json_object *want = NULL;
        if (!json_object_object_get_ex(o, name, &want) || (type[0] != 'u' && type[0] != 'i') ||
            json_object_is_type(want, json_type_string)) {
            continue;
        }
        uint32_t off = in_table(structure) ? orl_field_offset(lay, structure, name)
                                           : (uint32_t)orl_json_int(field, "offset");
        assert_int_not_equal(off, ORL_ABSENT);
        compare_raw(name, want, field, base + off);
        json_object_object_del(o, name);
    }
}
