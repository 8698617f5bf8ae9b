/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 5

struct field {
    const char *name;
    long min, max;
};

static const struct field fields[FIELDS] = {{"class", -1, 0xff},
                                            {"vendor", -1, 0xffff},
                                            {"product", -1, 0xffff},
                                            {"version", -1, 0xffff},
                                            {"allow", 0, 1}};

/* One field of `len` bytes. False: it is no number of that range. */
static bool check_field(const struct field *f, const char *text, size_t len)
{
    char copy[24];
    char *end = NULL;
    if (len == 0 || len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    errno = 0;
    long value = strtol(copy, &end, 0);
    return errno == 0 && *end == '\0' && value >= f->min && value <= f->max;
}

static bool check_rule(const char *rule, size_t len, char *why, size_t cap)
{
    const char *end = rule + len;
    int shown = len < 40 ? (int)len : 40;
    for (int i = 0; i < FIELDS; i++) {
        const char *comma = memchr(rule, ',', (size_t)(end - rule));
        bool last = i == FIELDS - 1;
        if (last == (comma != NULL)) {
            snprintf(why, cap, "'%.*s' is not class,vendor,product,version,allow", shown,
                     end - len);
            return false;
        }
        size_t n = (size_t)((comma ? comma : end) - rule);
        if (!check_field(&fields[i], rule, n)) {
            snprintf(why, cap, "in '%.*s', %s is not a number from %ld to 0x%lx", shown,
                     end - len, fields[i].name, fields[i].min, (unsigned long)fields[i].max);
            return false;
        }
        rule += comma ? n + 1 : n;
    }
    return true;
}

bool orl_rules_check(const char *text, char *why, size_t cap)
{
    bool any = false;
    for (;;) {
        size_t len = strcspn(text, "|");
        if (len > 0 && !check_rule(text, len, why, cap)) {
            return false;
        }
        any |= len > 0;
        if (text[len] == '\0') {
            break;
        }
        text += len + 1;
    }
    if (!any) {
        snprintf(why, cap, "there is no rule");
    }
    return any;
}
