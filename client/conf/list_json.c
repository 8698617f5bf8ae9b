/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "conf/conf.h"
#include "conf/table.h"

static void put_string(FILE *out, const char *text, size_t len)
{
    fputc('"', out);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void put_member(FILE *out, const char *name, const char *text, const char *end)
{
    fprintf(out, "\"%s\": ", name);
    put_string(out, text, strlen(text));
    fputs(end, out);
}

static void put_limits(FILE *out, const struct conf_option *o)
{
    if (o->ranged) {
        fprintf(out, "\"min\": %d, \"max\": %d, \"zero_too\": %s, ", (int)o->min, (int)o->max,
                o->zero_too ? "true" : "false");
    }
    if (o->choices == NULL) {
        return;
    }
    fputs("\"choices\": [", out);
    for (const char *p = o->choices; *p != '\0';) {
        size_t len = strcspn(p, "|");
        put_string(out, p, len);
        p += len;
        if (*p == '|') {
            fputs(", ", out);
            p++;
        }
    }
    fputs("], ", out);
}

static void put_option(FILE *out, const struct conf_option *o)
{
    static const char *const when[] = {"now", "not yet", "one value only"};
    fputs("    {", out);
    put_member(out, "section", o->section, ", ");
    put_member(out, "name", o->name, ", ");
    if (o->flag != 0) {
        fprintf(out, "\"flag\": \"%c\", ", o->flag); /* a letter */
    }
    put_member(out, "type", orl_conf_type_name(o->type), ", ");
    put_member(out, "default", o->fallback, ", ");
    put_limits(out, o);
    if (o->secret) {
        fputs("\"secret\": true, ", out);
    }
    put_member(out, "available", when[o->when], ", ");
    put_member(out, "help", o->help, "}");
}

static void put_keys(FILE *out, const struct orl_conf_bindings *keys)
{
    fputs("  \"keys\": [\n", out);
    for (size_t i = 0; i < keys->count; i++) {
        fputs("    {", out);
        put_member(out, "keys", keys->row[i].chord, ", ");
        put_member(out, "action", keys->row[i].action, ", ");
        put_member(out, "help", keys->row[i].help, i + 1 < keys->count ? "},\n" : "}\n");
    }
    fputs("  ],\n", out);
}

void orl_conf_list_json(const struct orl_conf_bindings *keys, FILE *out)
{
    fputs("{\n  \"options\": [\n", out);
    for (int i = 0; i < CONF_OPTIONS; i++) {
        put_option(out, &orl_conf_options[i]);
        fputs(i + 1 < CONF_OPTIONS ? ",\n" : "\n  ],\n", out);
    }
    put_keys(out, keys);
    fputs("  \"aliases\": [\n", out);
    for (int i = 0; i < CONF_ALIASES; i++) {
        const struct conf_alias *a = &orl_conf_aliases[i];
        fputs("    {", out);
        put_member(out, "section", a->section, ", ");
        put_member(out, "name", a->name, ", ");
        put_member(out, "to_section", a->to_section, ", ");
        put_member(out, "to_name", a->to_name, ", ");
        put_member(out, "origin", a->origin, "}");
        fputs(i + 1 < CONF_ALIASES ? ",\n" : "\n  ],\n  \"ignored\": [\n", out);
    }
    for (int i = 0; i < CONF_GONES; i++) {
        const struct conf_gone *g = &orl_conf_gones[i];
        fputs("    {", out);
        put_member(out, "section", g->section, ", ");
        put_member(out, "name", g->name, ", ");
        put_member(out, "reason", g->reason, "}");
        fputs(i + 1 < CONF_GONES ? ",\n" : "\n  ]\n}\n", out);
    }
}
