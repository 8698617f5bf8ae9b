/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The viewer's keys: the escape key, the default bindings, the lines of [keys]. */
#include <stdio.h>
#include <string.h>

#include "app/app_impl.h"
#include "base/clock.h"
#include "base/str.h"
#include "input/keys.h"

bool orl_app_binds(const struct orl_conf *conf, struct orl_binds *out,
                   struct orl_conf_report *rep)
{
    char why[160];
    uint16_t escape = 0;
    size_t n = 0;
    int errors = rep->errors;
    if (!orl_key_parse(conf->input_escape_key, &escape)) {
        orl_conf_reject_value(conf, "input", "escapeKey",
                              "there is no such key; input:escapeKey=help lists all", rep);
        return false;
    }
    orl_binds_init(out, escape, (uint64_t)conf->input_help_menu_delay * ORL_NS_PER_MS);
    const struct orl_conf_key *key = orl_conf_keys(conf, &n);
    for (size_t i = 0; i < n; i++) {
        if (orl_binds_add(out, key[i].chord, key[i].action, why, sizeof(why)) != ORL_OK) {
            orl_conf_reject_key(&key[i], why, rep);
        }
    }
    return rep->errors == errors;
}

/* ---- For people ------------------------------------------------------------------------------- */

void orl_app_keys_for(const struct orl_app *app, enum orl_action action, char *dst, size_t cap)
{
    char text[ORL_BIND_TEXT_BYTES];
    const struct orl_binds *binds = &app->input.binds;
    dst[0] = '\0';
    for (size_t i = 0; i < binds->count && !dst[0]; i++) {
        if (binds->bind[i].action == action) {
            orl_bind_words(binds, &binds->bind[i], orl_win_key_label, dst, cap, text,
                           sizeof(text));
        }
    }
}

static bool is_for_guest(const struct orl_app *app, const struct orl_bind *bind)
{
    return !bind->linux_only || app->input.guest.linux_os;
}

static uint32_t count_consoles(const struct orl_binds *binds)
{
    uint32_t n = 0;
    for (size_t i = 0; i < binds->count; i++) {
        n += orl_bind_console(&binds->bind[i]) != 0;
    }
    return n;
}

/* The layout may have changed since the last time, so the labels are asked for each time. */
uint32_t orl_app_help(const struct orl_app *app, struct orl_osd_help_row row[ORL_OSD_HELP_ROWS])
{
    const struct orl_binds *binds = &app->input.binds;
    bool group = count_consoles(binds) == ORL_BIND_CONSOLES;
    uint32_t rows = 0;
    for (size_t i = 0; i < binds->count && rows < ORL_OSD_HELP_ROWS; i++) {
        const struct orl_bind *bind = &binds->bind[i];
        uint32_t console = group ? orl_bind_console(bind) : 0;
        if (console > 1 || !is_for_guest(app, bind)) {
            continue;
        }
        struct orl_osd_help_row *to = &row[rows++];
        orl_bind_words(binds, bind, orl_win_key_label, to->key, sizeof(to->key), to->text,
                       sizeof(to->text));
        if (console == 1) {
            size_t used = strlen(to->key);
            snprintf(to->key + used, sizeof(to->key) - used, "..F%d", ORL_BIND_CONSOLES);
            orl_str_copy(to->text, sizeof(to->text), "Send Ctrl+Alt+F1..F12");
        }
    }
    return rows;
}
