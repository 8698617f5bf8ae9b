/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

void bytes_add(struct bytes *b, const void *from, size_t len)
{
    if (len > b->cap - b->len) {
        size_t cap = (b->len + len) * 2 + 256;
        uint8_t *at = realloc(b->at, cap);
        if (!at) {
            abort(); /* the kernel panics, which no test takes for success */
        }
        b->at = at;
        b->cap = cap;
    }
    if (len > 0) {
        memcpy(b->at + b->len, from, len);
        b->len += len;
    }
}

void bytes_drop(struct bytes *b, size_t len)
{
    memmove(b->at, b->at + len, b->len - len);
    b->len -= len;
}

void bytes_free(struct bytes *b)
{
    free(b->at);
    *b = (struct bytes){0};
}

bool write_all(int fd, const void *from, size_t len)
{
    const char *at = from;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
    return true;
}

void say(int fd, const char *format, ...)
{
    char line[4001];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    if (n < 0) {
        return;
    }
    size_t len = (size_t)n < sizeof line - 1 ? (size_t)n : sizeof line - 2;
    line[len++] = '\n';
    write_all(fd, line, len);
}

void say_hex(int fd, const char *start, const uint8_t *from, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    struct bytes line = {0};
    bytes_add(&line, start, strlen(start));
    for (size_t i = 0; i < len; i++) {
        char pair[2] = {digits[from[i] >> 4], digits[from[i] & 15]};
        bytes_add(&line, pair, 2);
    }
    bytes_add(&line, "\n", 1);
    write_all(fd, line.at, line.len);
    bytes_free(&line);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return -1;
}

bool read_hex(const char *text, struct bytes *out)
{
    for (; *text; text += 2) {
        int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);
        if (low < 0) {
            return false;
        }
        uint8_t byte = (uint8_t)(high * 16 + low);
        bytes_add(out, &byte, 1);
    }
    return true;
}

uint32_t crc32_add(uint32_t crc, const void *from, size_t len)
{
    static uint32_t table[256]; /* of one byte each; made at the first call */
    const uint8_t *at = from;
    for (uint32_t i = 0; i < 256 && !table[255]; i++) {
        uint32_t v = i;
        for (int bit = 0; bit < 8; bit++) {
            v = (v >> 1) ^ (0xEDB88320u & (0u - (v & 1)));
        }
        table[i] = v;
    }
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc = (crc >> 8) ^ table[(crc ^ at[i]) & 0xFF];
    }
    return ~crc;
}

/* True when the file `folder/entry/name` holds `name`. */
static bool is_named(const char *folder, const char *entry, const char *name)
{
    char path[512], text[128];
    snprintf(path, sizeof path, "%s/%s/name", folder, entry);
    FILE *file = fopen(path, "r");
    if (!file) {
        return false;
    }
    bool same = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    text[strcspn(text, "\n")] = 0;
    return same && strcmp(text, name) == 0;
}

int port_open(const char *name, int flags)
{
    static const char folder[] = "/sys/class/virtio-ports";
    DIR *dir = opendir(folder);
    int fd = -1;
    for (struct dirent *e; dir && fd < 0 && (e = readdir(dir));) {
        if (e->d_name[0] != '.' && is_named(folder, e->d_name, name)) {
            char path[300];
            snprintf(path, sizeof path, "/dev/%s", e->d_name);
            fd = open(path, flags | O_CLOEXEC);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return fd;
}
