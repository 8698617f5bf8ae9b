/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inih does not pass line numbers in every build, cuts lines at a length that the build chooses, and
 * may glue indented lines to the value above. All three are settled by feeding it lines through our
 * own reader: inih asks for one line at a time and calls back before it asks for the next.
 */
#include "conf/ini_file.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    FILE *in;
    const struct conf_ini_calls *calls;
    char *text; /* the line as in the file, without its end; owned */
    size_t cap;
    int line;
    bool cut;     /* inih was given only the start of text */
    bool pending; /* text needs a call; none came yet */
    int err;
};

static char *trim(char *p)
{
    while (isspace((unsigned char)*p)) {
        p++;
    }
    size_t len = strlen(p);
    while (len > 0 && isspace((unsigned char)p[len - 1])) {
        len--;
    }
    p[len] = '\0';
    return p;
}

/* The value in a line of which inih saw only the start: cut as inih would, at the first ` ;`. */
static char *value_of(char *text)
{
    char *p = text + strcspn(text, "=:");
    p += *p != '\0';
    for (char *s = strchr(p, ';'); s != NULL; s = strchr(s + 1, ';')) {
        if (s > p && isspace((unsigned char)s[-1])) {
            *s = '\0';
            break;
        }
    }
    return trim(p);
}

static void report_pending(struct reader *r)
{
    if (r->pending) {
        r->pending = false;
        r->calls->bad_line(r->calls->user, r->line, "it is neither [section] nor name=value");
    }
}

static int on_value(void *user, const char *section, const char *name, const char *value)
{
    struct reader *r = user;
    r->pending = false;
    if (value == NULL) {
        r->pending = true; /* a build that allows names without value: not for us */
        return 1;
    }
    r->calls->value(r->calls->user, r->line, section, name, r->cut ? value_of(r->text) : value);
    return 1;
}

/* Reads the next line into r->text; NULL at the end. A line that cannot be used becomes empty. */
static char *next_line(struct reader *r)
{
    errno = 0;
    ssize_t got = getline(&r->text, &r->cap, r->in);
    if (got < 0) {
        r->err = ferror(r->in) ? ORL_ESYS : feof(r->in) ? ORL_OK : ORL_ENOMEM;
        return NULL;
    }
    r->line++;
    char *p = r->text;
    const char *bad = NULL;
    if (memchr(p, '\0', (size_t)got) != NULL) {
        bad = "it contains a zero byte";
    } else if (got > CONF_LINE_MAX) {
        bad = "it is too long";
    }
    if (bad != NULL) {
        r->calls->bad_line(r->calls->user, r->line, bad);
        p[0] = '\0';
    } else if (r->line == 1 && strncmp(p, "\xEF\xBB\xBF", 3) == 0) {
        p += 3;
    }
    p = trim(p);
    memmove(r->text, p, strlen(p) + 1);
    return r->text;
}

/* "[section]" as inih understands it: the bracket closes before any comment. */
static bool is_heading(const char *text)
{
    size_t len = strcspn(text, "]");
    if (text[0] != '[' || text[len] == '\0') {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if (text[i] == ';' && isspace((unsigned char)text[i - 1])) {
            return false;
        }
    }
    return true;
}

/* An ini_reader: the next line, of at most num - 1 bytes with its end. */
static char *read_line(char *dst, int num, void *stream)
{
    struct reader *r = stream;
    report_pending(r);
    char *text = next_line(r);
    if (text == NULL || num < 3) {
        return NULL;
    }
    r->pending = text[0] != '\0' && text[0] != ';' && text[0] != '#' && !is_heading(text);
    size_t len = strlen(text);
    r->cut = len > (size_t)num - 2;
    if (r->cut) {
        len = (size_t)num - 2;
    }
    memcpy(dst, text, len);
    dst[len] = '\n'; /* without it newer versions take the next line for the rest of this one */
    dst[len + 1] = '\0';
    return dst;
}

int orl_conf_ini_read(FILE *in, const struct conf_ini_calls *calls)
{
    struct reader r = {.in = in, .calls = calls};
    /* Its result counts lines in its own way; what is wrong was reported line by line. */
    int rc = ini_parse_stream(read_line, &r, on_value, &r);
    int saved = errno;
    report_pending(&r);
    free(r.text);
    errno = saved;
    return rc == -2 ? ORL_ENOMEM : r.err;
}
