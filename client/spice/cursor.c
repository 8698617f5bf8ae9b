/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cursor channel: the guest's pointer on the emulated card, while the server moves it. In client
 * mouse mode the guest's pointer is where the host's is, and nothing is drawn.
 */
#include <stdlib.h>
#include <string.h>

#include "frame/link.h"
#include "spice/part.h"

#define SIDE_MAX 1024 /* pixels; real shapes are 16 to 256 */

struct cursor {
    struct orl_spice *spice;
    struct orl_fallback *out;
    SpiceChannel *channel; /* the session owns it */
    SpiceChannel *main;    /* a reference is held, like on the session */
    SpiceSession *session;
    bool absolute; /* client mouse mode */
    bool hidden, placed;
    int32_t x, y;         /* hot spot, surface pixels */
    int32_t hot_x, hot_y; /* of the shape */
    uint32_t shape, serial;
    struct orl_cursor_pos sent;
};

static void wake_render(const struct cursor *c)
{
    if (c->out->render_wake) {
        orl_wake_set(c->out->render_wake, ORL_RENDER_FALLBACK);
    }
}

static int16_t clamp16(int64_t v)
{
    return (int16_t)(v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : v);
}

static int8_t clamp8(int32_t v)
{
    return (int8_t)(v < INT8_MIN ? INT8_MIN : v > INT8_MAX ? INT8_MAX : v);
}

static void publish(struct cursor *c)
{
    int64_t x = (int64_t)c->x - c->out->origin_x, y = (int64_t)c->y - c->out->origin_y;
    struct orl_cursor_pos pos = {.visible =
                                     c->placed && !c->hidden && !c->absolute && c->shape != 0,
                                 .x = clamp16(x - c->hot_x),
                                 .y = clamp16(y - c->hot_y),
                                 .shape = c->shape};
    if (pos.visible != c->sent.visible || pos.x != c->sent.x || pos.y != c->sent.y ||
        pos.shape != c->sent.shape) {
        c->sent = pos;
        c->out->pos[c->out->pos_mb.back] = pos;
        orl_mailbox_publish(&c->out->pos_mb);
        wake_render(c);
    }
    struct orl_spice_status *s = orl_spice_status(c->spice);
    s->cursor_known = c->placed && !c->absolute;
    s->cursor_x = s->cursor_known ? (int32_t)x : 0;
    s->cursor_y = s->cursor_known ? (int32_t)y : 0;
    orl_spice_publish(c->spice);
}

/* ---- Signals ------------------------------------------------------------------------------- */

static bool grow(struct orl_cursor_shape *slot, size_t bytes)
{
    if (bytes <= slot->cap) {
        return true;
    }
    uint8_t *fresh = malloc(bytes);
    if (!fresh) {
        return false; /* the old shape stays */
    }
    free(slot->rgba);
    slot->rgba = fresh;
    slot->cap = bytes;
    return true;
}

static void on_set(SpiceChannel *channel, gint w, gint h, gint hot_x, gint hot_y, gpointer rgba,
                   gpointer self)
{
    struct cursor *c = self;
    (void)channel;
    struct orl_cursor_shape *slot = &c->out->shape[c->out->shape_mb.back];
    if (!rgba || w < 1 || h < 1 || w > SIDE_MAX || h > SIDE_MAX ||
        !grow(slot, (size_t)w * (size_t)h * 4)) {
        return;
    }
    memcpy(slot->rgba, rgba, (size_t)w * (size_t)h * 4);
    slot->serial = ++c->serial;
    slot->kind = ORL_CURSOR_COLOR;
    slot->w = (uint32_t)w;
    slot->h = (uint32_t)h;
    slot->hot_x = clamp8(hot_x);
    slot->hot_y = clamp8(hot_y);
    slot->white_nits = ORL_WHITE_NITS;
    orl_mailbox_publish(&c->out->shape_mb);
    wake_render(c);
    c->shape = c->serial;
    c->hot_x = hot_x;
    c->hot_y = hot_y;
    c->hidden = false;
    publish(c);
}

static void on_move(SpiceChannel *channel, gint x, gint y, gpointer self)
{
    struct cursor *c = self;
    (void)channel;
    c->x = x;
    c->y = y;
    c->placed = true;
    c->hidden = false; /* the server moves only what is seen */
    publish(c);
}

static void on_hide(SpiceChannel *channel, gpointer self)
{
    struct cursor *c = self;
    (void)channel;
    c->hidden = true;
    publish(c);
}

static void on_reset(SpiceChannel *channel, gpointer self)
{
    struct cursor *c = self;
    (void)channel;
    c->shape = 0;
    c->placed = false;
    publish(c);
}

/* ---- Mouse mode ---------------------------------------------------------------------------- */

static void on_mouse_mode(SpiceChannel *channel, gpointer self)
{
    struct cursor *c = self;
    int mode = SPICE_MOUSE_MODE_SERVER;
    g_object_get(channel, "mouse-mode", &mode, NULL);
    c->absolute = mode == SPICE_MOUSE_MODE_CLIENT;
    publish(c);
}

static void forget_main(struct cursor *c)
{
    if (c->main) {
        g_signal_handlers_disconnect_by_data(c->main, c);
        g_clear_object(&c->main);
    }
}

static void on_channel(SpiceSession *session, SpiceChannel *channel, gpointer self)
{
    struct cursor *c = self;
    (void)session;
    if (SPICE_IS_MAIN_CHANNEL(channel)) {
        forget_main(c);
        c->main = g_object_ref(channel);
        c->absolute = false;
        g_signal_connect(channel, "main-mouse-update", G_CALLBACK(on_mouse_mode), c);
    }
}

/* ---- Part ---------------------------------------------------------------------------------- */

static bool wanted(const struct orl_spice_conf *conf)
{
    return conf->display;
}

static int create(void **self, struct orl_spice *spice)
{
    struct orl_fallback *out = orl_spice_link(spice)->fallback;
    if (!out) {
        return ORL_OK;
    }
    struct cursor *c = calloc(1, sizeof(*c));
    if (!c) {
        return ORL_ENOMEM;
    }
    c->spice = spice;
    c->out = out;
    *self = c;
    return ORL_OK;
}

static void release(struct cursor *c)
{
    g_signal_handlers_disconnect_by_data(c->channel, c);
    c->channel = NULL;
    c->placed = false;
    c->shape = 0;
    publish(c);
}

static void session_end(void *self)
{
    struct cursor *c = self;
    if (c && c->session) {
        forget_main(c);
        g_signal_handlers_disconnect_by_data(c->session, c);
        g_clear_object(&c->session);
    }
}

static void session_begin(void *self, SpiceSession *session)
{
    struct cursor *c = self;
    session_end(c);
    if (c) {
        c->session = g_object_ref(session);
        g_signal_connect(session, "channel-new", G_CALLBACK(on_channel), c);
    }
}

static void destroy(void *self)
{
    struct cursor *c = self;
    if (!c) {
        return;
    }
    session_end(c);
    if (c->channel) {
        release(c);
    }
    free(c);
}

static void attach(void *self, SpiceChannel *channel)
{
    struct cursor *c = self;
    int id = 0;
    if (!c) {
        return;
    }
    g_object_get(channel, "channel-id", &id, NULL);
    if (id != 0 || c->channel) {
        return; /* the pointer of another card's picture */
    }
    c->channel = channel;
    g_signal_connect(channel, "cursor-set", G_CALLBACK(on_set), c);
    g_signal_connect(channel, "cursor-move", G_CALLBACK(on_move), c);
    g_signal_connect(channel, "cursor-hide", G_CALLBACK(on_hide), c);
    g_signal_connect(channel, "cursor-reset", G_CALLBACK(on_reset), c);
}

static void detach(void *self, SpiceChannel *channel)
{
    struct cursor *c = self;
    if (c && c->channel == channel) {
        release(c);
    }
}

const struct orl_spice_part orl_spice_cursor = {.name = "the pointer",
                                                .type = spice_cursor_channel_get_type,
                                                .wanted = wanted,
                                                .create = create,
                                                .destroy = destroy,
                                                .session = session_begin,
                                                .session_end = session_end,
                                                .attach = attach,
                                                .detach = detach};
