/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_RULES    16
#define MODULE_CHARS 16
#define LINE_BYTES   1024

struct rule {
    char module[MODULE_CHARS];
    enum orl_log_level level;
};

/* The only mutable state of the module: written by orl_log_configure() before threads start. */
static struct rule rules[MAX_RULES];
static unsigned rule_count;
static enum orl_log_level default_level = ORL_LOG_INFO;

static const char *const level_names[] = {"error", "warn", "info", "debug", "trace"};

static bool parse_level(const char *text, size_t len, enum orl_log_level *out)
{
    for (unsigned i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strlen(level_names[i]) == len && memcmp(level_names[i], text, len) == 0) {
            *out = (enum orl_log_level)i;
            return true;
        }
    }
    return false;
}

bool orl_log_configure(const char *text)
{
    struct rule parsed[MAX_RULES] = {0};
    unsigned count = 0;
    enum orl_log_level fallback = default_level;

    while (*text) {
        size_t len = strcspn(text, ",");
        const char *eq = memchr(text, '=', len);
        if (!eq) {
            if (!parse_level(text, len, &fallback)) {
                return false;
            }
        } else {
            size_t name = (size_t)(eq - text);
            if (count == MAX_RULES || name == 0 || name >= MODULE_CHARS ||
                !parse_level(eq + 1, len - name - 1, &parsed[count].level)) {
                return false;
            }
            memcpy(parsed[count].module, text, name);
            parsed[count].module[name] = '\0';
            count++;
        }
        text += len;
        text += *text == ',';
    }
    memcpy(rules, parsed, count * sizeof(rules[0]));
    rule_count = count;
    default_level = fallback;
    return true;
}

bool orl_log_enabled(const char *module, enum orl_log_level level)
{
    for (unsigned i = 0; i < rule_count; i++) {
        if (strcmp(rules[i].module, module) == 0) {
            return level <= rules[i].level;
        }
    }
    return level <= default_level;
}

void orl_log_write(const char *module, enum orl_log_level level, const char *fmt, ...)
{
    char line[LINE_BYTES];
    int head = snprintf(line, sizeof(line), "oriel: %s: %s: ", level_names[level], module);
    if (head < 0) {
        return;
    }
    size_t used = (size_t)head;
    va_list args;
    va_start(args, fmt);
    int body = vsnprintf(line + used, sizeof(line) - used - 1, fmt, args);
    va_end(args);
    if (body < 0) {
        return;
    }
    used += (size_t)body;
    if (used > sizeof(line) - 2) {
        used = sizeof(line) - 2;
    }
    /* Guest strings end up here: keep the line a line and the terminal safe. */
    for (size_t i = (size_t)head; i < used; i++) {
        unsigned char c = (unsigned char)line[i];
        if (c < 0x20 || c == 0x7f) {
            line[i] = '?';
        }
    }
    line[used++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, used);
    (void)ignored;
}
