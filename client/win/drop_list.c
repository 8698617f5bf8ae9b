/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/drop_list.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct span {
    const char *at;
    size_t len;
};

static struct span rest(struct span s, size_t n)
{
    return (struct span){s.at + n, s.len - n};
}

static bool next_line(struct orl_win_drop_list *list, struct span *line)
{
    while (list->at < list->len) {
        const char *from = list->text + list->at;
        const char *end = memchr(from, '\n', list->len - list->at);
        size_t len = end ? (size_t)(end - from) : list->len - list->at;
        list->at += len + (end != NULL);
        while (len > 0 && (from[len - 1] == '\r' || from[len - 1] == '\0')) {
            len--; /* some programs count the end of their string, too */
        }
        if (len > 0 && from[0] != '#') {
            *line = (struct span){from, len};
            return true;
        }
    }
    return false;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *decode(struct span in, char *dst, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < in.len; i++) {
        char c = in.at[i];
        if (c == '%') {
            int high = i + 2 < in.len ? hex(in.at[i + 1]) : -1;
            int low = i + 2 < in.len ? hex(in.at[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return "its name is not written as a URI";
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0') {
            return "its name is not written as a URI";
        }
        if (n + 1 >= cap) {
            return "its path is too long";
        }
        dst[n++] = c;
    }
    dst[n] = '\0';
    return NULL;
}

static bool is(struct span s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.at, word, s.len) == 0;
}

/* Why this is no file of this computer; NULL: `dst` has its path. */
static const char *path_of(struct span uri, const char *host, char *dst, size_t cap)
{
    static const char scheme[] = "file:";
    size_t n = sizeof(scheme) - 1;
    if (uri.len < n || strncasecmp(uri.at, scheme, n) != 0) {
        return "it is no file";
    }
    uri = rest(uri, n);
    if (uri.len >= 2 && uri.at[0] == '/' && uri.at[1] == '/') {
        uri = rest(uri, 2);
        const char *slash = memchr(uri.at, '/', uri.len);
        struct span name = {uri.at, slash ? (size_t)(slash - uri.at) : uri.len};
        if (name.len > 0 && !is(name, "localhost") && !is(name, host)) {
            return "it is a file of another computer";
        }
        uri = rest(uri, name.len);
    }
    if (uri.len == 0 || uri.at[0] != '/') {
        return "its name is not written as a URI";
    }
    return decode(uri, dst, cap);
}

enum orl_win_dropped orl_win_drop_list_next(struct orl_win_drop_list *list, const char *host,
                                            char *dst, size_t cap)
{
    struct span uri;
    if (!next_line(list, &uri)) {
        return ORL_WIN_DROP_NONE;
    }
    const char *why = path_of(uri, host, dst, cap);
    if (!why) {
        return ORL_WIN_DROP_PATH;
    }
    snprintf(dst, cap, "%.*s: %s", uri.len < 80 ? (int)uri.len : 80, uri.at, why);
    return ORL_WIN_DROP_BAD;
}
