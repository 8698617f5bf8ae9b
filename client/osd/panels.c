/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "osd/panels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define SCALE_MIN 0.5f
#define SCALE_MAX 4.0f
#define RATE_MAX  9999.0f

/*
 * `src` need not end with a NUL inside its `cap` bytes. Control characters become spaces; text
 * from a guest that is no UTF-8 keeps its ASCII part.
 */
static void take_text(char *dst, const char *src, size_t cap)
{
    size_t len = strnlen(src, cap - 1);
    memcpy(dst, src, len);
    bool utf8 = orl_str_is_utf8(dst);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)dst[i];
        if (c >= 0x80 && !utf8) {
            dst[i] = '?';
        } else if ((c < 0x20 && c != '\n') || c == 0x7f) {
            dst[i] = ' ';
        }
    }
}

static double clean_rate(float v)
{
    return v >= 0 ? fminf(v, RATE_MAX) : 0; /* NaN too */
}

static void make_dialog(struct orl_osd_dialog *out, const struct orl_osd_dialog *d)
{
    if (!d->title[0]) {
        return;
    }
    take_text(out->title, d->title, sizeof(out->title));
    take_text(out->text, d->text, sizeof(out->text));
    take_text(out->keys, d->keys, sizeof(out->keys));
    out->has_entry = d->has_entry;
    if (d->has_entry) {
        take_text(out->entry, d->entry, sizeof(out->entry));
    }
    out->rows = d->rows < ORL_OSD_ROWS ? d->rows : ORL_OSD_ROWS;
    out->selected = d->selected;
    if (d->total > out->rows && d->first <= d->total - out->rows) {
        out->first = d->first;
        out->total = d->total;
    }
    for (uint32_t i = 0; i < out->rows; i++) {
        take_text(out->row[i], d->row[i], sizeof(out->row[i]));
    }
}

static void make_extra(struct orl_osd_panels *out, const struct orl_osd_extra *e)
{
    take_text(out->link, e->link, sizeof(out->link));
    out->dot = e->recording;
    take_text(out->sign, out->dot ? "Microphone on" : e->ask, sizeof(out->sign));
    make_dialog(&out->dialog, &e->dialog);
    out->transfers = e->transfers < ORL_OSD_TRANSFERS ? e->transfers : ORL_OSD_TRANSFERS;
    for (uint32_t i = 0; i < out->transfers; i++) {
        take_text(out->transfer[i].name, e->transfer[i].name, sizeof(out->transfer[i].name));
        uint32_t percent = e->transfer[i].percent;
        out->transfer[i].percent = percent < 100 ? percent : 100;
    }
}

void orl_osd_panels_make(struct orl_osd_panels *out, const struct orl_osd_state *state)
{
    memset(out, 0, sizeof(*out));
    out->win_w = state->win_w;
    out->win_h = state->win_h;
    out->scale = state->scale > 0 ? fminf(fmaxf(state->scale, SCALE_MIN), SCALE_MAX) : 1.0f;
    take_text(out->status, state->status, sizeof(out->status));
    take_text(out->hint, state->hint, sizeof(out->hint));
    take_text(out->alert, state->alert, sizeof(out->alert));
    if (state->show_fps) {
        snprintf(out->rate, sizeof(out->rate), "%.1f FPS  %.1f UPS", clean_rate(state->fps),
                 clean_rate(state->ups));
    }
    if (state->show_help) {
        uint32_t n = state->help_rows;
        out->help_rows = n < ORL_OSD_HELP_ROWS ? n : ORL_OSD_HELP_ROWS;
        for (uint32_t i = 0; i < out->help_rows; i++) {
            take_text(out->help[i].key, state->help[i].key, sizeof(out->help[i].key));
            take_text(out->help[i].text, state->help[i].text, sizeof(out->help[i].text));
        }
    }
    make_extra(out, &state->extra);
    orl_osd_graphs_make(&out->graphs, &state->graphs);
}

bool orl_osd_panels_empty(const struct orl_osd_panels *p)
{
    return !p->win_w || !p->win_h ||
           (!p->status[0] && !p->hint[0] && !p->alert[0] && !p->rate[0] && !p->help_rows &&
            !p->link[0] && !p->sign[0] && !p->dialog.title[0] && !p->transfers &&
            !p->graphs.shown);
}
