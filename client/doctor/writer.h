/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One description, two forms: JSON, or text with one line per object ("queue[0] id=2 used=1"),
 * so that both forms always say the same. Strings are escaped in both. One thread; nothing is
 * owned; write errors are left to the stream's error flag.
 */
#ifndef ORL_DOCTOR_WRITER_H
#define ORL_DOCTOR_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define ORL_REPORT_DEPTH 8

struct orl_writer {
    FILE *out;
    bool json;
    int depth; /* open objects and lists */
    struct {
        const char *list; /* name of the list, NULL for an object */
        uint32_t items;
    } level[ORL_REPORT_DEPTH];
};

/* Opens and closes the outermost object. */
void orl_writer_begin(struct orl_writer *r, FILE *out, bool json);
void orl_writer_end(struct orl_writer *r);

/* An object; `key` is ignored inside a list. At most ORL_REPORT_DEPTH levels. */
void orl_writer_open(struct orl_writer *r, const char *key);
/* A list of objects. */
void orl_writer_list(struct orl_writer *r, const char *key);
/* Ends the innermost object or list. */
void orl_writer_close(struct orl_writer *r);

void orl_writer_number(struct orl_writer *r, const char *key, uint64_t v);
void orl_writer_signed(struct orl_writer *r, const char *key, int64_t v);
void orl_writer_bool(struct orl_writer *r, const char *key, bool v);
void orl_writer_text(struct orl_writer *r, const char *key, const char *v);
/* Bytes as hexadecimal text. */
void orl_writer_bytes(struct orl_writer *r, const char *key, const uint8_t *v, uint32_t n);

/* Sentences about what is wrong, gathered first and written as one list. */
#define ORL_PROBLEMS_MAX 12
struct orl_problems {
    uint32_t n;
    char text[ORL_PROBLEMS_MAX][96];
};
void orl_problems_add(struct orl_problems *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Writes the list "problems", in text one line each; nothing when there are none. */
void orl_writer_problems(struct orl_writer *r, const struct orl_problems *p);

#endif
