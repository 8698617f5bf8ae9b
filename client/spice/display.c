/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The display channel: the emulated card's surface into struct orl_fallback. */
#include <stdlib.h>
#include <unistd.h>

#include <glib-unix.h>

#include "base/clock.h"
#include "spice/part.h"
#include "spice/scanout.h"
#include "spice/screen.h"

#define ORL_LOG_MODULE "spice"
#include "base/log.h"

/*
 * Two copies are at least this far apart: a text console that scrolls invalidates its lines one by
 * one, hundreds a frame. Half a frame of a 60 Hz display.
 */
#define COPY_EVERY_NS (8 * ORL_NS_PER_MS)

#define GL_SENTENCE                                                                            \
    "The virtual machine's emulated graphics card draws with OpenGL, and its picture cannot "  \
    "be read by the graphics driver that is used here. Let both use the same graphics card "   \
    "(rendernode= of QEMU's -spice option), or switch that off: gl=off there, or <gl "         \
    "enable='no'/> in libvirt's graphics element."

struct display {
    struct orl_spice *spice;
    struct orl_fallback *out;
    struct orl_screen screen;
    struct orl_scanout scanout; /* active: shown instead of the screen */
    SpiceChannel *channel;      /* the one that is shown; NULL none; the session owns it */
    int id;
    bool ready; /* the surface has something on it */
    bool gl_said, bad_said;
    guint timer, wanted, answer; /* GLib sources; 0 none */
    uint64_t seen_ns;            /* of the first change that was not copied yet; 0 none */
    uint64_t copied_ns;
};

static void publish_size(struct display *d, uint32_t w, uint32_t h)
{
    struct orl_spice_status *s = orl_spice_status(d->spice);
    s->display_w = w;
    s->display_h = h;
    orl_spice_publish(d->spice);
}

static void stop_timer(struct display *d)
{
    if (d->timer) {
        g_source_remove(d->timer);
        d->timer = 0;
    }
}

/* ---- A card that draws with OpenGL --------------------------------------------------------- */

/* Without its answer the card would wait for a frame that nobody draws. */
static void answer(struct display *d)
{
    if (d->answer) {
        g_source_remove(d->answer);
        d->answer = 0;
    }
    if (d->channel) {
        spice_display_channel_gl_draw_done(SPICE_DISPLAY_CHANNEL(d->channel));
    }
}

static gboolean on_waited(gpointer self)
{
    struct display *d = self;
    d->answer = 0;
    if (orl_scanout_give_up_waiting(&d->scanout)) {
        answer(d);
    }
    return G_SOURCE_REMOVE;
}

/* Looks at what render gave back, hands over what is new, answers the card when it is time. */
static void step_scanout(struct display *d)
{
    if (orl_scanout_step(&d->scanout, orl_now_ns())) {
        answer(d);
    } else if (d->scanout.owed && !d->answer) {
        d->answer = g_timeout_add(ORL_SCANOUT_ANSWER_MS, on_waited, d);
    }
    if (d->scanout.active && d->scanout.refused && !d->gl_said) {
        d->gl_said = true;
        orl_spice_emit(d->spice, ORL_SPICE_MESSAGE, 0, 0, 0, GL_SENTENCE,
                       sizeof(GL_SENTENCE) - 1);
    }
}

static void no_picture(struct display *d)
{
    stop_timer(d);
    d->ready = false;
    d->seen_ns = 0;
    orl_screen_gone(&d->screen);
    orl_scanout_gone(&d->scanout);
    step_scanout(d);
    publish_size(d, 0, 0);
}

static void on_scanout(GObject *channel, GParamSpec *spec, gpointer self)
{
    struct display *d = self;
    const SpiceGlScanout *from =
        spice_display_channel_get_gl_scanout(SPICE_DISPLAY_CHANNEL(channel));
    (void)spec;
    if (!from || from->fd < 0) {
        orl_scanout_gone(&d->scanout);
        return;
    }
    const struct orl_scanout_info info = {.fd = from->fd,
                                          .w = from->width,
                                          .h = from->height,
                                          .pitch = from->stride,
                                          .fourcc = from->format,
                                          .top_down = from->y0top};
    stop_timer(d);
    d->ready = false;
    int err = orl_scanout_set(&d->scanout, &info);
    if (err) {
        orl_warn("the emulated card's buffer cannot be shown: %ux%u, format %08x: %s", info.w,
                 info.h, (unsigned)info.fourcc, orl_err_text(err));
        no_picture(d);
        return;
    }
    orl_screen_forget(&d->screen);
    publish_size(d, info.w, info.h);
    step_scanout(d);
}

static void on_gl_draw(SpiceChannel *channel, guint x, guint y, guint w, guint h, gpointer self)
{
    struct display *d = self;
    (void)channel;
    orl_scanout_draw(&d->scanout, x, y, w, h);
    step_scanout(d);
}

/* ---- Copying ------------------------------------------------------------------------------- */

static void say_once(struct display *d, int err, const SpiceDisplayPrimary *p)
{
    if (!d->bad_said) {
        d->bad_said = true;
        orl_warn("the emulated card's picture cannot be shown: %dx%d, format %d: %s", p->width,
                 p->height, (int)p->format, orl_err_text(err));
    }
}

/*
 * The library's surface is asked for anew each time: what it said in a signal is freed with the
 * next change of mode.
 */
static void copy(struct display *d)
{
    SpiceDisplayPrimary p;
    if (!d->channel || !d->ready || d->scanout.active || !orl_flag_is_raised(&d->out->wanted) ||
        !spice_display_channel_get_primary(d->channel, 0, &p)) {
        return;
    }
    const struct orl_surface_view view = {.format = (int)p.format,
                                          .w = p.width,
                                          .h = p.height,
                                          .pitch = p.stride,
                                          .data = p.data};
    uint64_t now_ns = orl_now_ns();
    int err = orl_screen_copy(&d->screen, &view, d->seen_ns ? d->seen_ns : now_ns);
    if (err) {
        say_once(d, err, &p);
        orl_screen_gone(&d->screen);
    }
    d->seen_ns = 0;
    d->copied_ns = now_ns;
}

static gboolean on_timer(gpointer self)
{
    struct display *d = self;
    d->timer = 0;
    copy(d);
    return G_SOURCE_REMOVE;
}

/* The first change after a pause is copied in the next turn of the loop. */
static void schedule(struct display *d)
{
    if (d->timer || !d->ready || d->scanout.active || !orl_flag_is_raised(&d->out->wanted) ||
        !orl_screen_is_damaged(&d->screen)) {
        return;
    }
    uint64_t now_ns = orl_now_ns();
    uint64_t due_ns = d->copied_ns + COPY_EVERY_NS;
    uint64_t wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    if (!d->seen_ns) {
        d->seen_ns = now_ns;
    }
    d->timer = g_timeout_add_full(G_PRIORITY_DEFAULT,
                                  (guint)((wait_ns + ORL_NS_PER_MS - 1) / ORL_NS_PER_MS),
                                  on_timer, d, NULL);
}

/* Render wants pixels from now on and gets all of them, changed or not; or it gives a buffer back. */
static gboolean on_render(gint fd, GIOCondition what, gpointer self)
{
    struct display *d = self;
    uint64_t n;
    (void)what;
    (void)!read(fd, &n, sizeof(n));
    if (orl_flag_is_raised(&d->out->all)) {
        orl_flag_lower(&d->out->all);
        orl_screen_damage_all(&d->screen);
        orl_scanout_damage_all(&d->scanout);
        stop_timer(d);
        copy(d);
    }
    step_scanout(d);
    return G_SOURCE_CONTINUE;
}

/* ---- Signals of the channel ---------------------------------------------------------------- */

/* The head with the lowest number on the primary surface; w = 0: none is known. */
static struct orl_rect first_head(SpiceChannel *channel)
{
    GArray *heads = NULL;
    struct orl_rect out = {0, 0, 0, 0};
    guint best = 0;
    g_object_get(channel, "monitors", &heads, NULL);
    for (guint i = 0; heads && i < heads->len; i++) {
        const SpiceDisplayMonitorConfig *m =
            &g_array_index(heads, SpiceDisplayMonitorConfig, i);
        if (m->surface_id == 0 && m->width && m->height && (out.w == 0 || m->id < best)) {
            best = m->id;
            out = (struct orl_rect){m->x, m->y, m->width, m->height};
        }
    }
    if (heads) {
        g_array_unref(heads);
    }
    return out;
}

static void place(struct display *d, int w, int h)
{
    if (!orl_screen_place(&d->screen, w, h, first_head(d->channel))) {
        if (!d->bad_said) {
            d->bad_said = true;
            orl_warn("the emulated card's picture has a size of %dx%d and is not shown", w, h);
        }
        no_picture(d);
        return;
    }
    publish_size(d, d->screen.head.w, d->screen.head.h);
    schedule(d);
}

static void on_create(SpiceChannel *channel, gint format, gint w, gint h, gint pitch,
                      gint shmid, gpointer data, gpointer self)
{
    struct display *d = self;
    (void)channel;
    (void)pitch;
    (void)shmid;
    (void)data;
    orl_debug("surface of %dx%d, format %d", w, h, format);
    d->ready = false; /* nothing is drawn on it yet */
    d->bad_said = false;
    /* Not every server says that a buffer has gone; what was said last is shown. */
    orl_scanout_gone(&d->scanout);
    step_scanout(d);
    orl_screen_damage_all(&d->screen);
    place(d, w, h);
}

static void on_destroy(SpiceChannel *channel, gpointer self)
{
    (void)channel;
    no_picture(self);
}

static void on_invalidate(SpiceChannel *channel, gint x, gint y, gint w, gint h, gpointer self)
{
    struct display *d = self;
    (void)channel;
    d->ready = true;
    orl_screen_damage(&d->screen, x, y, w, h);
    schedule(d);
}

static void on_mark(SpiceChannel *channel, gint mark, gpointer self)
{
    struct display *d = self;
    (void)channel;
    d->ready |= mark != 0;
    schedule(d);
}

static void on_monitors(GObject *channel, GParamSpec *spec, gpointer self)
{
    struct display *d = self;
    SpiceDisplayPrimary p;
    (void)spec;
    if (spice_display_channel_get_primary(SPICE_CHANNEL(channel), 0, &p)) {
        place(d, p.width, p.height);
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
    struct display *d = calloc(1, sizeof(*d));
    if (!d) {
        return ORL_ENOMEM;
    }
    d->spice = spice;
    d->out = out;
    orl_screen_init(&d->screen, out);
    orl_scanout_init(&d->scanout, out);
    if (out->source_fd >= 0) {
        d->wanted = g_unix_fd_add(out->source_fd, G_IO_IN, on_render, d);
    }
    *self = d;
    return ORL_OK;
}

static void release(struct display *d)
{
    g_signal_handlers_disconnect_by_data(d->channel, d);
    d->channel = NULL;
    orl_spice_status(d->spice)->has &= ~(uint32_t)ORL_SPICE_HAS_DISPLAY;
    no_picture(d);
}

static void destroy(void *self)
{
    struct display *d = self;
    if (!d) {
        return;
    }
    if (d->channel) {
        release(d);
    }
    stop_timer(d);
    if (d->answer) {
        g_source_remove(d->answer);
    }
    if (d->wanted) {
        g_source_remove(d->wanted);
    }
    orl_scanout_finish(&d->scanout);
    free(d);
}

static void connect_signals(struct display *d, SpiceChannel *channel)
{
    g_signal_connect(channel, "display-primary-create", G_CALLBACK(on_create), d);
    g_signal_connect(channel, "display-primary-destroy", G_CALLBACK(on_destroy), d);
    g_signal_connect(channel, "display-invalidate", G_CALLBACK(on_invalidate), d);
    g_signal_connect(channel, "display-mark", G_CALLBACK(on_mark), d);
    g_signal_connect(channel, "notify::monitors", G_CALLBACK(on_monitors), d);
    g_signal_connect(channel, "notify::gl-scanout", G_CALLBACK(on_scanout), d);
    g_signal_connect(channel, "gl-draw", G_CALLBACK(on_gl_draw), d);
}

/* Of several cards the first one is shown: where a machine starts. */
static void attach(void *self, SpiceChannel *channel)
{
    struct display *d = self;
    int id = 0;
    if (!d) {
        return;
    }
    g_object_get(channel, "channel-id", &id, NULL);
    if (d->channel && d->id <= id) {
        return;
    }
    if (d->channel) {
        release(d);
    }
    d->channel = channel;
    d->id = id;
    connect_signals(d, channel);
    orl_spice_status(d->spice)->has |= ORL_SPICE_HAS_DISPLAY;
    orl_spice_publish(d->spice);
}

static void detach(void *self, SpiceChannel *channel)
{
    struct display *d = self;
    if (d && d->channel == channel) {
        release(d);
    }
}

const struct orl_spice_part orl_spice_display = {.name = "the display",
                                                 .type = spice_display_channel_get_type,
                                                 .wanted = wanted,
                                                 .create = create,
                                                 .destroy = destroy,
                                                 .attach = attach,
                                                 .detach = detach};
