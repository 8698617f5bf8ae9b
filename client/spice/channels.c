/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which part serves which channel, and which of them are open. */
#define ORL_LOG_MODULE "spice"
#include "base/log.h"
#include "spice/impl.h"

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
            has |= s->parts[s->t.attached[i].part].part->has;
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

static void on_channel_event(SpiceChannel *channel, SpiceChannelEvent event, gpointer arg)
{
    struct orl_spice *s = arg;
    struct orl_spice_attached *a = find_attached(s, channel);
    if (!a) {
        return;
    }
    const struct orl_spice_part *part = s->parts[a->part].part;
    if (event == SPICE_CHANNEL_OPENED) {
        orl_debug("%s: open", part->name);
        a->open = true;
        update_has(s);
        return;
    }
    if (event == SPICE_CHANNEL_SWITCHING || event == SPICE_CHANNEL_NONE) {
        return;
    }
    const GError *error = spice_channel_get_error(channel);
    orl_debug("%s: event %d%s%s", part->name, (int)event, error ? ": " : "",
              error ? error->message : "");
    a->open = false;
    update_has(s);
    if (SPICE_IS_INPUTS_CHANNEL(channel)) {
        /* Without it the session is of no use; the main channel's own end may come a bit later. */
        orl_session_fail(s, ORL_SPICE_LOST, error ? error->message : NULL);
    }
}

static void attach(struct orl_spice *s, SpiceChannel *channel, size_t part)
{
    if (s->t.attached_n == ORL_SPICE_CHANNELS_MAX) {
        orl_debug("too many channels: one left alone");
        return;
    }
    s->t.attached[s->t.attached_n++] =
        (struct orl_spice_attached){.channel = g_object_ref(channel), .part = part};
    if (s->parts[part].part->attach) {
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
            if (!wanted && !is_main) {
                g_signal_connect(channel, "channel-event", G_CALLBACK(on_channel_event), s);
            }
            wanted = true;
            attach(s, channel, i);
        }
    }
    if (wanted && !is_main && !spice_channel_connect(channel)) {
        orl_debug("a channel cannot be connected");
    }
}

static void detach_from(struct orl_spice *s, size_t i)
{
    struct orl_spice_attached a = s->t.attached[i];
    s->t.attached[i] = s->t.attached[--s->t.attached_n];
    g_signal_handlers_disconnect_by_data(a.channel, s);
    if (s->parts[a.part].part->detach) {
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
    update_has(s);
}

void orl_channels_end(struct orl_spice *s)
{
    while (s->t.attached_n > 0) {
        detach_from(s, s->t.attached_n - 1);
    }
    for (size_t i = s->part_n; i-- > 0;) {
        if (s->parts[i].part->session_end) {
            s->parts[i].part->session_end(s->parts[i].self);
        }
    }
}
