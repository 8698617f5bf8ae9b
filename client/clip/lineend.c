/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clip/lineend.h"

#include <stdlib.h>
#include <string.h>

/*
 * Length of the UTF-8 character at `p`, 1..4; 0: it is none (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF).
 */
static size_t utf8_length(const uint8_t *p, size_t left)
{
    if (p[0] < 0x80) {
        return p[0] != 0;
    }
    size_t n = p[0] >= 0xC2 && p[0] < 0xE0   ? 2
               : p[0] >= 0xE0 && p[0] < 0xF0 ? 3
               : p[0] >= 0xF0 && p[0] < 0xF5 ? 4
                                             : 0;
    if (n == 0 || n > left) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
    bool outside = (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF4 && p[1] > 0x8F);
    return overlong || outside ? 0 : n;
}

/* Without the 0 bytes at the end. */
static size_t without_end(const uint8_t *text, size_t len)
{
    while (len > 0 && text[len - 1] == 0) {
        len--;
    }
    return len;
}

/* The character at `in`, or '?' for a byte that is none, to out[*n]; returns how many bytes of `in`. */
static size_t copy_clean(uint8_t *out, size_t *n, const uint8_t *in, size_t left)
{
    size_t step = utf8_length(in, left);
    if (step == 0) {
        out[(*n)++] = '?';
        return 1;
    }
    memcpy(out + *n, in, step);
    *n += step;
    return step;
}

uint8_t *orl_clip_text_from_guest(const void *text, size_t len, bool crlf, size_t *out_len)
{
    const uint8_t *in = text;
    len = without_end(in, len);
    uint8_t *out = malloc(len + 1);
    if (!out) {
        return NULL;
    }
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        if (crlf && in[i] == '\r' && i + 1 < len && in[i + 1] == '\n') {
            i++;
        } else {
            i += copy_clean(out, &n, in + i, len - i);
        }
    }
    out[n] = 0;
    *out_len = n;
    return out;
}

static bool is_bare_lf(const uint8_t *text, size_t i)
{
    return text[i] == '\n' && (i == 0 || text[i - 1] != '\r');
}

uint8_t *orl_clip_text_to_guest(const void *text, size_t len, bool crlf, size_t max_bytes,
                                size_t *out_len)
{
    const uint8_t *in = text;
    size_t more = 0;
    len = without_end(in, len);
    for (size_t i = 0; crlf && i < len; i++) {
        more += is_bare_lf(in, i);
    }
    if (len > max_bytes || more > max_bytes - len) {
        return NULL;
    }
    uint8_t *out = malloc(len + more + 1);
    if (!out) {
        return NULL;
    }
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        if (crlf && is_bare_lf(in, i)) {
            out[n++] = '\r';
        }
        i += copy_clean(out, &n, in + i, len - i);
    }
    out[n] = 0;
    *out_len = n;
    return out;
}
