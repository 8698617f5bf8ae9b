/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the overlay says, and when it says something else. */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "render/render_impl.h"

#define ORL_LOG_MODULE "render"
#include "base/log.h"

#define ALERT_NS (3 * ORL_NS_PER_S)
#define NOTE_NS  (6 * ORL_NS_PER_S)
/* A plain SPICE viewer without a picture says why after that: not at a start, not at a change of mode. */
#define NONE_NS ORL_NS_PER_S

void orl_render_alert(struct orl_render *r, const char *text, uint64_t for_ns, uint64_t now_ns)
{
    if (!r->want.alerts) {
        return;
    }
    orl_str_copy(r->text.alert, sizeof(r->text.alert), text);
    r->text.alert_end_ns = now_ns + for_ns;
    r->text.changed = true;
}

static uint64_t update_alert(struct orl_render *r, uint64_t now_ns)
{
    struct orl_render_text *t = &r->text;
    if (r->want.alert_serial != t->alert_serial) {
        t->alert_serial = r->want.alert_serial;
        orl_render_alert(r, r->want.alert, ALERT_NS, now_ns);
    }
    if (t->alert_end_ns && now_ns >= t->alert_end_ns) {
        t->alert_end_ns = 0;
        t->alert[0] = '\0';
        t->changed = true;
    }
    return t->alert_end_ns ? t->alert_end_ns : UINT64_MAX;
}

/* Which source is shown, as an alert when that begins and when its reason changes. */
static void update_note(struct orl_render *r, uint64_t now_ns)
{
    struct orl_render_text *t = &r->text;
    char note[ORL_OSD_LINE] = "";
    if (!t->changed) {
        return;
    }
    if (r->choice.shown == ORL_SHOWN_SPICE && !r->conf.spice_only) {
        orl_sentences_display(note, &r->status);
    }
    if (strcmp(note, t->note) == 0) {
        return;
    }
    if (note[0]) {
        orl_render_alert(r, note, NOTE_NS, now_ns);
    } else if (t->alert_end_ns && strcmp(t->alert, t->note) == 0) {
        t->alert_end_ns = now_ns; /* no longer true */
    }
    orl_str_copy(t->note, sizeof(t->note), note);
}

/* Without the ring its state says nothing: the words are those of the session. */
static bool is_without_picture(const struct orl_render *r)
{
    return r->conf.spice_only && !r->want.no_video && r->choice.shown == ORL_SHOWN_NONE;
}

static void make_none(const struct orl_render *r, struct orl_sentences *words, uint64_t now_ns)
{
    memset(words, 0, sizeof(*words));
    words->next_ns = UINT64_MAX;
    if (now_ns < r->text.none_ns + NONE_NS) {
        words->next_ns = r->text.none_ns + NONE_NS;
        return;
    }
    orl_str_copy(words->status, sizeof(words->status), r->want.none_status);
    orl_str_copy(words->hint, sizeof(words->hint), r->want.none_hint);
}

static void make_words(struct orl_render *r, struct orl_sentences *words, uint64_t now_ns)
{
    struct orl_guest_status status = r->status;
    if (!is_without_picture(r)) {
        r->text.none_ns = 0;
    } else {
        r->text.none_ns = r->text.none_ns ? r->text.none_ns : now_ns;
        make_none(r, words, now_ns);
        return;
    }
    if (r->want.no_video) {
        status.state = ORL_GUEST_VIDEO_OFF;
        status.since_ns = 0;
    } else if (r->choice.shown == ORL_SHOWN_SPICE) {
        status.state = ORL_GUEST_STREAMING; /* nothing large over a picture that lives */
    }
    orl_sentences_make(words, &status, now_ns);
}

static uint64_t update_words(struct orl_render *r, uint64_t now_ns)
{
    struct orl_sentences words;
    if (!r->text.changed && now_ns < r->text.words.next_ns) {
        return r->text.words.next_ns; /* same status, same words: not once a frame */
    }
    make_words(r, &words, now_ns);
    if (strcmp(words.status, r->text.words.status) != 0 ||
        strcmp(words.hint, r->text.words.hint) != 0) {
        r->text.changed = true;
    }
    r->text.words = words;
    return words.next_ns;
}

/* Both numbers over the time since the last look, at most twice a second, only while shown. */
static uint64_t update_fps(struct orl_render *r, uint64_t now_ns)
{
    struct orl_render_text *t = &r->text;
    if (!r->want.show_fps) {
        t->fps_from_ns = 0;
        return UINT64_MAX;
    }
    uint64_t frames = orl_counter_get(&r->link->stats.frames) +
                      orl_counter_get(&r->link->stats.fallback_frames);
    uint64_t found = orl_counter_get(&r->frames->frames_found) + r->spice_found;
    if (t->fps_from_ns && now_ns < t->fps_due_ns) {
        return t->fps_due_ns;
    }
    if (t->fps_from_ns) {
        float s = (float)(now_ns - t->fps_from_ns) / (float)ORL_NS_PER_S;
        t->fps = (float)(frames - t->fps_frames) / s;
        t->ups = (float)(found - t->fps_found) / s;
        t->changed = true;
    }
    t->fps_frames = frames;
    t->fps_found = found;
    t->fps_from_ns = now_ns;
    t->fps_due_ns = now_ns + ORL_RENDER_FPS_NS;
    return t->fps_due_ns;
}

/* How frames come, on the line that is free while nothing is wrong. */
static void show_way(const struct orl_render *r, struct orl_osd_state *s)
{
    if (!s->extra.link[0] && r->choice.shown == ORL_SHOWN_RING) {
        orl_sentences_way(s->extra.link, orl_render_way(r));
    }
}

/* The whole state is zeroed first: osd compares it with the one before. */
static void make_state(struct orl_render *r)
{
    struct orl_osd_state *s = &r->text.state;
    memset(s, 0, sizeof(*s));
    s->win_w = r->want.win_w;
    s->win_h = r->want.win_h;
    s->scale = r->want.scale;
    orl_str_copy(s->status, sizeof(s->status), r->text.words.status);
    orl_str_copy(s->hint, sizeof(s->hint), r->text.words.hint);
    orl_str_copy(s->alert, sizeof(s->alert), r->text.alert);
    s->extra = r->want.extra;
    if (s->extra.dialog.title[0]) {
        s->extra.ask[0] = '\0'; /* it may be the one that answers */
    }
    if (is_without_picture(r) && r->text.words.status[0]) {
        s->extra.link[0] = '\0'; /* it says the same */
    }
    s->show_fps = r->want.show_fps;
    if (s->show_fps) {
        s->fps = r->text.fps;
        s->ups = r->text.ups;
        show_way(r, s);
    }
    s->show_help = r->want.show_help;
    if (s->show_help) {
        s->help_rows = r->want.help_rows;
        memcpy(s->help, r->want.help, sizeof(s->help));
    }
    if (r->timing) {
        orl_timing_graphs(r->timing, &s->graphs);
    }
}

static bool says_something(const struct orl_osd_state *s)
{
    return s->status[0] || s->hint[0] || s->alert[0] || s->show_fps || s->show_help ||
           s->extra.link[0] || s->extra.recording || s->extra.ask[0] ||
           s->extra.dialog.title[0] || s->extra.transfers || s->graphs.shown;
}

uint64_t orl_render_overlay(struct orl_render *r, uint64_t now_ns)
{
    if (r->want.hidden) {
        return UINT64_MAX;
    }
    update_note(r, now_ns);
    uint64_t due = update_alert(r, now_ns);
    due = orl_earlier(due, update_words(r, now_ns));
    due = orl_earlier(due, update_fps(r, now_ns));
    due = orl_earlier(due, orl_render_graphs(r, now_ns));
    if (!r->text.changed) {
        return r->scene.overlay ? due : orl_earlier(due, orl_osd_rest(r->osd, now_ns));
    }
    r->text.changed = false;
    make_state(r);
    r->scene.overlay = NULL;
    if (!says_something(&r->text.state)) {
        return orl_earlier(due, orl_osd_rest(r->osd, now_ns));
    }
    if (!r->osd && orl_osd_create(&r->osd) != ORL_OK) {
        orl_warn("no memory for the overlay");
        return due;
    }
    r->scene.overlay = orl_osd_build(r->osd, &r->text.state);
    return due;
}
