/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DISTANCE_MAX_LEN  63
#define DOUBLE_MAX_DIGITS 15 /* every such integer is exact in a double */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool orl_str_to_bool(const char *text, bool *out)
{
    static const char *const words[][2] = {
        {"no", "yes"}, {"off", "on"}, {"false", "true"}, {"0", "1"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        for (int v = 0; v < 2; v++) {
            if (strcasecmp(text, words[i][v]) == 0) {
                *out = v != 0;
                return true;
            }
        }
    }
    return false;
}

/* One integer at the start of *text; on success *text stands behind it. */
static bool take_int(const char **text, int *out)
{
    const char *p = *text;
    if (*p == '-' || *p == '+') {
        p++;
    }
    if (!is_digit(*p)) {
        return false; /* strtol would also take white space */
    }
    char *end;
    errno = 0;
    long v = strtol(*text, &end, 10);
    if (errno != 0 || v < INT_MIN || v > INT_MAX) {
        return false;
    }
    *out = (int)v;
    *text = end;
    return true;
}

bool orl_str_to_int(const char *text, int *out)
{
    int v;
    if (!take_int(&text, &v) || *text != '\0') {
        return false;
    }
    *out = v;
    return true;
}

bool orl_str_to_pair(const char *text, int *first, int *second)
{
    int a;
    int b;
    if (!take_int(&text, &a) || (*text != 'x' && *text != 'X')) {
        return false;
    }
    text++;
    if (!take_int(&text, &b) || *text != '\0') {
        return false;
    }
    *first = a;
    *second = b;
    return true;
}

/* strtod() would follow the locale of the process, so a German desktop would refuse "2.0". */
bool orl_str_to_double(const char *text, double *out)
{
    bool negative = *text == '-';
    if (*text == '-' || *text == '+') {
        text++;
    }
    double mantissa = 0;
    double scale = 1;
    int digits = 0;
    bool point = false;
    for (; is_digit(*text) || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        mantissa = mantissa * 10 + (*text - '0');
        scale = point ? scale * 10 : scale;
        digits++;
    }
    if (*text != '\0' || digits == 0 || digits > DOUBLE_MAX_DIGITS) {
        return false;
    }
    *out = negative ? -(mantissa / scale) : mantissa / scale;
    return true;
}

bool orl_str_copy(char *dst, size_t cap, const char *text)
{
    size_t len = strlen(text);
    bool fits = len < cap;
    if (!fits) {
        len = cap - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80) {
            len--; /* the first byte left out must not continue a character */
        }
    }
    memcpy(dst, text, len);
    dst[len] = '\0';
    return fits;
}

static int min3(int a, int b, int c)
{
    int m = a < b ? a : b;
    return m < c ? m : c;
}

int orl_str_distance(const char *a, const char *b)
{
    int row[DISTANCE_MAX_LEN + 1];
    int n = (int)strnlen(b, DISTANCE_MAX_LEN);
    int m = (int)strnlen(a, DISTANCE_MAX_LEN);
    for (int j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (int i = 1; i <= m; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int replaced = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            diagonal = row[j];
            row[j] = min3(replaced, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[n];
}

/* Length in bytes of the character at p, 0 when it is malformed. */
static size_t utf8_char(const unsigned char *p)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (p[0] < 0x80) {
        return 1;
    }
    size_t len = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4) {
        return 0;
    }
    uint32_t code = p[0] & (0x7FU >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0; /* also stops at the terminator */
        }
        code = code << 6 | (p[i] & 0x3FU);
    }
    bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < least[len] || code > 0x10FFFF || surrogate ? 0 : len;
}

bool orl_str_is_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p != 0) {
        size_t len = utf8_char(p);
        if (len == 0) {
            return false;
        }
        p += len;
    }
    return true;
}
