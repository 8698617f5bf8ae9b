/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/writer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

static void put_string(FILE *out, const char *s)
{
    fputc('"', out);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20 || c >= 0x7f) {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void indent(struct orl_writer *r, int levels)
{
    fprintf(r->out, "%*s", 2 * levels, "");
}

/* Objects above the present place; lists do not indent the text form. */
static int objects(const struct orl_writer *r)
{
    int n = 0;
    for (int i = 1; i < r->depth; i++) {
        n += r->level[i].list == NULL;
    }
    return n;
}

/* What stands before a value: comma, line, name. */
static void start_value(struct orl_writer *r, const char *key)
{
    uint32_t before = r->level[r->depth - 1].items++;
    if (r->json) {
        fputs(before ? ",\n" : "\n", r->out);
        indent(r, r->depth);
        if (!r->level[r->depth - 1].list) {
            put_string(r->out, key);
            fputs(": ", r->out);
        }
    } else {
        bool first = before == 0 && r->depth == 1;
        fprintf(r->out, "%s%s=", first ? "" : " ", key);
    }
}

static void push(struct orl_writer *r, const char *list)
{
    r->level[r->depth].list = list;
    r->level[r->depth].items = 0;
    r->depth++;
}

void orl_writer_begin(struct orl_writer *r, FILE *out, bool json)
{
    *r = (struct orl_writer){.out = out, .json = json};
    if (json) {
        fputc('{', out);
    }
    push(r, NULL);
}

void orl_writer_end(struct orl_writer *r)
{
    fputs(r->json ? "\n}\n" : "\n", r->out);
}

void orl_writer_open(struct orl_writer *r, const char *key)
{
    const char *list = r->level[r->depth - 1].list;
    if (r->json) {
        start_value(r, key);
        fputc('{', r->out);
    } else {
        fputc('\n', r->out);
        indent(r, objects(r));
        if (list) {
            fprintf(r->out, "%s[%" PRIu32 "]", list, r->level[r->depth - 1].items++);
        } else {
            fputs(key, r->out);
        }
    }
    push(r, NULL);
}

void orl_writer_list(struct orl_writer *r, const char *key)
{
    if (r->json) {
        start_value(r, key);
        fputc('[', r->out);
    }
    push(r, key);
}

void orl_writer_close(struct orl_writer *r)
{
    r->depth--;
    bool list = r->level[r->depth].list != NULL;
    if (r->json) {
        if (r->level[r->depth].items) {
            fputc('\n', r->out);
            indent(r, r->depth);
        }
        fputc(list ? ']' : '}', r->out);
    }
}

void orl_writer_number(struct orl_writer *r, const char *key, uint64_t v)
{
    start_value(r, key);
    fprintf(r->out, "%" PRIu64, v);
}

void orl_writer_signed(struct orl_writer *r, const char *key, int64_t v)
{
    start_value(r, key);
    fprintf(r->out, "%" PRId64, v);
}

void orl_writer_bool(struct orl_writer *r, const char *key, bool v)
{
    start_value(r, key);
    fputs(r->json ? (v ? "true" : "false") : (v ? "yes" : "no"), r->out);
}

void orl_writer_text(struct orl_writer *r, const char *key, const char *v)
{
    start_value(r, key);
    put_string(r->out, v);
}

void orl_writer_bytes(struct orl_writer *r, const char *key, const uint8_t *v, uint32_t n)
{
    start_value(r, key);
    fputc('"', r->out);
    for (uint32_t i = 0; i < n; i++) {
        fprintf(r->out, "%02x", v[i]);
    }
    fputc('"', r->out);
}

void orl_problems_add(struct orl_problems *p, const char *fmt, ...)
{
    if (p->n < ORL_PROBLEMS_MAX) {
        va_list args;
        va_start(args, fmt);
        vsnprintf(p->text[p->n++], sizeof(p->text[0]), fmt, args);
        va_end(args);
    }
}

void orl_writer_problems(struct orl_writer *r, const struct orl_problems *p)
{
    if (p->n == 0) {
        return;
    }
    if (!r->json) {
        for (uint32_t i = 0; i < p->n; i++) {
            fputc('\n', r->out);
            indent(r, objects(r));
            fprintf(r->out, "! %s", p->text[i]);
        }
        return;
    }
    orl_writer_list(r, "problems");
    for (uint32_t i = 0; i < p->n; i++) {
        start_value(r, "");
        put_string(r->out, p->text[i]);
    }
    orl_writer_close(r);
}
