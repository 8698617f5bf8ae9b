/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/value.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

static bool in_range(const struct conf_option *o, double v)
{
    return !o->ranged || (o->zero_too && v == 0) || (v >= o->min && v <= o->max);
}

/* Finds text among "a|b|c" without regard to case; *canonical becomes the listed spelling. */
static bool in_choices(const char *choices, const char *text, const char **canonical, char *buf)
{
    size_t len = strlen(text);
    while (*choices != '\0') {
        size_t n = strcspn(choices, "|");
        if (n == len && n < CONF_VALUE_TEXT && strncasecmp(choices, text, n) == 0) {
            memcpy(buf, choices, n);
            buf[n] = '\0';
            *canonical = buf;
            return true;
        }
        choices += n + (choices[n] != '\0');
    }
    return false;
}

static bool check_bool(const char *text, const char **canonical)
{
    bool v;
    if (!orl_str_to_bool(text, &v)) {
        return false;
    }
    *canonical = v ? "yes" : "no";
    return true;
}

static bool check_int(const struct conf_option *o, const char *text, const char **canonical,
                      char *buf)
{
    int v;
    if (!orl_str_to_int(text, &v) || !in_range(o, v)) {
        return false;
    }
    snprintf(buf, CONF_VALUE_TEXT, "%d", v);
    *canonical = buf;
    /* The canonical number, so that +90 finds 90. */
    return o->choices == NULL || in_choices(o->choices, buf, canonical, buf);
}

static bool check_float(const struct conf_option *o, const char *text)
{
    double v;
    return orl_str_to_double(text, &v) && in_range(o, v);
}

static bool check_pair(const struct conf_option *o, const char *text, const char **canonical,
                       char *buf)
{
    int a;
    int b;
    if (o->type == CONF_POINT && strcasecmp(text, "center") == 0) {
        *canonical = "center";
        return true;
    }
    if (!orl_str_to_pair(text, &a, &b) || !in_range(o, a) || !in_range(o, b)) {
        return false;
    }
    snprintf(buf, CONF_VALUE_TEXT, "%dx%d", a, b);
    *canonical = buf;
    return true;
}

/* Paths may be any bytes: a file system does not know UTF-8. */
static bool check_text(const struct conf_option *o, const char *text)
{
    if (text[0] == '\0' && o->fallback[0] != '\0') {
        return false;
    }
    return o->type == CONF_PATH || orl_str_is_utf8(text);
}

bool orl_conf_check(const struct conf_option *o, const char *text, const char **canonical,
                    char buf[CONF_VALUE_TEXT])
{
    *canonical = text;
    switch (o->type) {
    case CONF_BOOL: return check_bool(text, canonical);
    case CONF_INT: return check_int(o, text, canonical, buf);
    case CONF_FLOAT: return check_float(o, text);
    case CONF_POINT:
    case CONF_SIZE: return check_pair(o, text, canonical, buf);
    case CONF_STR:
    case CONF_PATH:
        return o->choices != NULL ? in_choices(o->choices, text, canonical, buf)
                                  : check_text(o, text);
    }
    return false;
}

static struct orl_conf_point to_point(const char *text)
{
    struct orl_conf_point p = {0};
    p.center = !orl_str_to_pair(text, &p.x, &p.y);
    return p;
}

static struct orl_conf_size to_size(const char *text)
{
    struct orl_conf_size s = {.w = 1, .h = 1};
    bool ok = orl_str_to_pair(text, &s.w, &s.h);
    (void)ok; /* checked text */
    return s;
}

void orl_conf_store(struct orl_conf *conf, const struct conf_option *o, const char *text)
{
    void *field = (char *)conf + o->offset;
    bool ok = true;
    switch (o->type) {
    case CONF_BOOL: ok = orl_str_to_bool(text, (bool *)field); break;
    case CONF_INT: ok = orl_str_to_int(text, (int *)field); break;
    case CONF_FLOAT: ok = orl_str_to_double(text, (double *)field); break;
    case CONF_POINT: *(struct orl_conf_point *)field = to_point(text); break;
    case CONF_SIZE: *(struct orl_conf_size *)field = to_size(text); break;
    case CONF_STR:
    case CONF_PATH: *(const char **)field = text; break;
    }
    (void)ok; /* checked text */
}
