/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/report.h"

#include <stdarg.h>
#include <string.h>

#include "base/str.h"

/* Names and values come from files: keep them from steering the user's terminal. */
static void blunt(char *text)
{
    for (char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7F) {
            *p = '?';
        }
    }
}

void orl_conf_say(struct orl_conf_report *rep, bool error, const char *fmt, ...)
{
    rep->errors += error;
    if (rep->count >= ORL_CONF_REPORT_LINES) {
        rep->dropped++;
        return;
    }
    char text[2 * ORL_CONF_REPORT_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    blunt(text);
    rep->line[rep->count].error = error;
    orl_str_copy(rep->line[rep->count].text, ORL_CONF_REPORT_BYTES, text);
    rep->count++;
}

void orl_conf_report_print(const struct orl_conf_report *rep, FILE *out)
{
    for (int i = 0; i < rep->count; i++) {
        fprintf(out, "oriel: %s: %s\n", rep->line[i].error ? "error" : "warning",
                rep->line[i].text);
    }
    if (rep->dropped > 0) {
        fprintf(out, "oriel: %d more messages were left out\n", rep->dropped);
    }
}
