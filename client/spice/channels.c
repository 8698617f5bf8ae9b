/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which part serves which channel, and which of them are open. A channel that is lost while the session
 * lives (a server drops a display that does not take its picture for 15 s) is connected again by itself,
 * with a growing pause, for as long as the session lasts. Main and inputs are the session's affair.
 *
 * No sound channel is ever left to the library. As soon as an agent announces itself, the library makes a
 * sound system of its own, which plays and records, without asking anybody, on every sound channel that
 * is not connected at that moment, or comes later and is not connected at once. So each is connected at
 * once, also one that no part wants; and when one is lost, "enable-audio" goes off, which keeps that sound
 * system from looking for channels (those that exist are connected again all the same).
 */
#define ORL_LOG_MODULE "spice"
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "spice/impl.h"

#define PAUSE_FIRST_MS 250
#define PAUSE_LAST_MS  5000
#define SETTLED_NS     (2 * ORL_NS_PER_S)  /* open for so long, it was not one more failure */
#define SAY_AFTER_NS   (10 * ORL_NS_PER_S) /* lost for so long, the user is told */

static const struct orl_spice_part nobody = {.name = "sound that is switched off"};

static const struct orl_spice_part *part_of(const struct orl_spice *s,
                                            const struct orl_spice_attached *a)
{
    return a->part == ORL_SPICE_NOBODY ? &nobody : s->parts[a->part].part;
}

static bool is_sound(SpiceChannel *channel)
{
    return SPICE_IS_PLAYBACK_CHANNEL(channel) || SPICE_IS_RECORD_CHANNEL(channel);
}

/* From now on the library looks for no sound channels, and makes no more of them; see above. */
static void close_sound(struct orl_spice *s)
{
    g_object_set(s->t.session, "enable-audio", FALSE, NULL);
}

static struct orl_spice_attached *find_attached(struct orl_spice *s,
                                                const SpiceChannel *channel)
{
    for (size_t i = 0; i < s->t.attached_n; i++) {
        if (s->t.attached[i].channel == channel) {
            return &s->t.attached[i];
        }
    }
    return NULL;
}

static void update_has(struct orl_spice *s)
{
    uint32_t has = s->status.has & ORL_SPICE_HAS_AGENT;
    for (size_t i = 0; i < s->t.attached_n; i++) {
        if (s->t.attached[i].open) {
            has |= part_of(s, &s->t.attached[i])->has;
        }
    }
    /* Parts without a channel of their own say so themselves. */
    uint32_t by_channels = 0;
    for (size_t i = 0; i < s->part_n; i++) {
        by_channels |= s->parts[i].part->has;
    }
    s->status.has = has | (s->status.has & ~by_channels);
    orl_spice_publish(s);
}

/* ---- Lost, and connected again. ------------------------------------------------------------- */

static bool is_missing(const struct orl_spice_attached *a)
{
    return a->lost_ns != 0 && !a->open;
}

bool orl_channels_missing(const struct orl_spice *s)
{
    bool missing = false;
    for (size_t i = 0; i < s->t.attached_n; i++) {
        missing = missing || is_missing(&s->t.attached[i]);
    }
    return missing;
}

static void say_lost(struct orl_spice *s, struct orl_spice_attached *a)
{
    char text[240];
    if (a->said) {
        return;
    }
    a->said = true;
    snprintf(text, sizeof(text),
             "The SPICE connection for %s was cut and does not come back. It is tried further; "
             "\"connect again\" in the menu begins a new session.",
             part_of(s, a)->name);
    orl_spice_emit(s, ORL_SPICE_MESSAGE, 0, 0, 0, text, strlen(text));
}

static gboolean on_mend(gpointer arg);

/* One timer for all: it rings when the first of them is due. */
static void arm(struct orl_spice *s)
{
    uint64_t now_ns = orl_now_ns(), due_ns = UINT64_MAX;
    for (size_t i = 0; i < s->t.attached_n; i++) {
        const struct orl_spice_attached *a = &s->t.attached[i];
        due_ns = is_missing(a) && a->due_ns < due_ns ? a->due_ns : due_ns;
    }
    if (s->t.mend) {
        g_source_remove(s->t.mend);
        s->t.mend = 0;
    }
    if (due_ns != UINT64_MAX) {
        uint64_t wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
        s->t.mend = g_timeout_add((guint)(wait_ns / ORL_NS_PER_MS) + 1, on_mend, s);
    }
}

static gboolean on_mend(gpointer arg)
{
    struct orl_spice *s = arg;
    uint64_t now_ns = orl_now_ns();
    s->t.mend = 0;
    if (s->t.end != 0 || s->t.losing) {
        return G_SOURCE_REMOVE; /* it is all taken down; the server may have another client */
    }
    for (size_t i = 0; i < s->t.attached_n; i++) {
        struct orl_spice_attached *a = &s->t.attached[i];
        if (!is_missing(a) || a->due_ns > now_ns) {
            continue;
        }
        if (now_ns - a->lost_ns >= SAY_AFTER_NS) {
            say_lost(s, a);
        }
        /* While an attempt before this one still waits for the server, it does nothing. */
        bool tried = spice_channel_connect(a->channel);
        orl_debug("%s: %s", part_of(s, a)->name, tried ? "connecting again" : "not connected");
        a->pause_ms = MIN(a->pause_ms * 2, PAUSE_LAST_MS);
        a->due_ns = now_ns + a->pause_ms * ORL_NS_PER_MS;
    }
    arm(s);
    return G_SOURCE_REMOVE;
}

static void opened(struct orl_spice *s, struct orl_spice_attached *a)
{
    a->open = true;
    a->opened_ns = orl_now_ns();
    if (a->said) {
        orl_info("the SPICE connection for %s is back", part_of(s, a)->name);
        a->said = false;
    }
    arm(s);
    update_has(s);
}

static void lost(struct orl_spice *s, struct orl_spice_attached *a)
{
    uint64_t now_ns = orl_now_ns();
    bool was_open = a->open;
    a->open = false;
    if (a->lost_ns == 0 || (was_open && now_ns - a->opened_ns >= SETTLED_NS)) {
        a->lost_ns = now_ns;
        a->pause_ms = PAUSE_FIRST_MS;
        a->said = false;
        was_open = true; /* or never was: its first attempt failed */
    }
    if (was_open) {
        a->due_ns = now_ns + a->pause_ms * ORL_NS_PER_MS;
        arm(s);
    }
    update_has(s);
}

static void on_channel_event(SpiceChannel *channel, SpiceChannelEvent event, gpointer arg)
{
    struct orl_spice *s = arg;
    struct orl_spice_attached *a = find_attached(s, channel);
    if (!a) {
        return;
    }
    if (event == SPICE_CHANNEL_OPENED) {
        orl_debug("%s: open", part_of(s, a)->name);
        opened(s, a);
        return;
    }
    if (event == SPICE_CHANNEL_SWITCHING || event == SPICE_CHANNEL_NONE) {
        return;
    }
    const GError *error = spice_channel_get_error(channel);
    orl_debug("%s: event %d%s%s", part_of(s, a)->name, (int)event, error ? ": " : "",
              error ? error->message : "");
    if (is_sound(channel)) {
        close_sound(s);
    }
    if (SPICE_IS_INPUTS_CHANNEL(channel)) {
        a->open = false;
        update_has(s);
        /* Without it the session is of no use; the main channel's own end may come a bit later. */
        orl_session_fail(s, ORL_SPICE_LOST, error ? error->message : NULL);
    } else if (a->part == ORL_SPICE_NOBODY) {
        a->open = false; /* nobody misses it */
    } else {
        lost(s, a);
    }
}

/* ---- Coming and going. ---------------------------------------------------------------------- */

static void attach(struct orl_spice *s, SpiceChannel *channel, size_t part)
{
    if (s->t.attached_n == ORL_SPICE_CHANNELS_MAX) {
        orl_debug("too many channels: one left alone");
        if (is_sound(channel)) {
            close_sound(s);
        }
        return;
    }
    s->t.attached[s->t.attached_n++] =
        (struct orl_spice_attached){.channel = g_object_ref(channel), .part = part};
    if (part != ORL_SPICE_NOBODY && s->parts[part].part->attach) {
        s->parts[part].part->attach(s->parts[part].self, channel);
    }
}

/* Two channels of one class are possible (QEMU 9.1 offers two for playback): each is attached. */
void orl_channels_offer(struct orl_spice *s, SpiceChannel *channel)
{
    bool wanted = false;
    bool is_main = SPICE_IS_MAIN_CHANNEL(channel);
    for (size_t i = 0; i < s->part_n; i++) {
        const struct orl_spice_part *part = s->parts[i].part;
        if (part->type && g_type_is_a(G_OBJECT_TYPE(channel), part->type())) {
            wanted = true;
            attach(s, channel, i);
        }
    }
    if (!wanted && is_sound(channel)) {
        wanted = true;
        attach(s, channel, ORL_SPICE_NOBODY);
    }
    if (!wanted || is_main) {
        return;
    }
    if (find_attached(s, channel)) {
        g_signal_connect(channel, "channel-event", G_CALLBACK(on_channel_event), s);
    }
    if (!spice_channel_connect(channel)) {
        orl_debug("a channel cannot be connected");
    }
}

static void detach_from(struct orl_spice *s, size_t i)
{
    struct orl_spice_attached a = s->t.attached[i];
    s->t.attached[i] = s->t.attached[--s->t.attached_n];
    g_signal_handlers_disconnect_by_data(a.channel, s);
    if (a.part != ORL_SPICE_NOBODY && s->parts[a.part].part->detach) {
        s->parts[a.part].part->detach(s->parts[a.part].self, a.channel);
    }
    g_object_unref(a.channel);
}

void orl_channels_gone(struct orl_spice *s, const SpiceChannel *channel)
{
    for (size_t i = s->t.attached_n; i-- > 0;) {
        if (s->t.attached[i].channel == channel) {
            detach_from(s, i);
        }
    }
    arm(s);
    update_has(s);
}

void orl_channels_end(struct orl_spice *s)
{
    while (s->t.attached_n > 0) {
        detach_from(s, s->t.attached_n - 1);
    }
    arm(s);
    for (size_t i = s->part_n; i-- > 0;) {
        if (s->parts[i].part->session_end) {
            s->parts[i].part->session_end(s->parts[i].self);
        }
    }
}
