/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list of dropped files as other programs write it: text/uri-list (RFC 2483, section 5) of file URIs
 * (RFC 8089). The text is another program's: nothing in it is trusted. Private to win/; pure.
 */
#ifndef ORL_WIN_DROP_LIST_H
#define ORL_WIN_DROP_LIST_H

#include "win/win.h"

#define ORL_WIN_DROP_LIST_MAX (8u << 20) /* bytes: some ten thousand long paths */

struct orl_win_drop_list {
    char *text; /* borrowed; need not end with a NUL */
    size_t len, at;
};

/*
 * The next file into `dst`: its path, or for ORL_WIN_DROP_BAD why there is none. Lines end with LF or
 * CR LF; empty ones and comments are skipped. A URI is a file of this computer when it names no
 * host, "localhost" or `host`.
 */
enum orl_win_dropped orl_win_drop_list_next(struct orl_win_drop_list *list, const char *host,
                                            char *dst, size_t cap);

#endif
