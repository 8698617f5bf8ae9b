/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands to the inputs channel: cmdq -> pacer -> library. Nothing piles up: the pacer is short,
 * and when the library does not get rid of BACKLOG messages, commands stay in the queue, whose
 * pusher is told (input/cmdq.h).
 *
 * The protocol has no horizontal wheel: that part of a wheel command is dropped.
 */
#define ORL_LOG_MODULE "spice"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <glib-unix.h>

#include "base/clock.h"
#include "base/log.h"
#include "input/event.h"
#include "spice/impl.h"
#include "spice/lamps.h"
#include "spice/pacer.h"
#include "spice/pulse.h"

#define BATCH       32
#define BACKLOG     256 /* messages given to the library since its queue was last known empty */
#define FLUSH_EVERY 32
#define LOOK_MS     500
#define WHEEL_MAX   ORL_PACER_WHEEL_MAX
#define ACK_BUNCH                                                                              \
    4 /* the server acknowledges each fourth motion: SPICE_INPUT_MOTION_ACK_BUNCH */
#define CODE_PAUSE 0x146

struct inputs;

/* Outlives the part: the library may answer late. */
struct flush {
    struct inputs *in; /* NULL: nobody wants to know any more */
};

struct inputs {
    struct orl_spice *spice;
    SpiceInputsChannel *channel; /* NULL: none; a reference is held by the session */
    bool open;
    bool leaving; /* stop: only releases go out */
    struct orl_pacer pacer;
    struct orl_pulse pulse;
    struct orl_lamps lamps;
    int timer_fd;
    uint64_t armed_ns; /* what the timer is set to; NEVER: it is not */
    GSource *timer;
    guint look;
    struct flush *flush;  /* asked and not answered */
    uint64_t flushes;     /* answered */
    uint32_t unflushed;   /* messages since the last answered flush was asked */
    uint32_t since_asked; /* messages since the running one was asked */
    uint32_t motions;     /* since the server last said anything */
    uint64_t read_bytes;
    int32_t x, y; /* last position sent; valid when screen_w > 0 */
    uint16_t screen_w, screen_h;
};

static void pump(struct inputs *in);

static bool wanted(const struct orl_spice_conf *conf)
{
    return conf->input;
}

/* ---- Backlog. ------------------------------------------------------------------------------- */

static void on_flushed(GObject *channel, GAsyncResult *result, gpointer arg)
{
    struct flush *f = arg;
    struct inputs *in = f->in;
    bool ok = spice_channel_flush_finish(SPICE_CHANNEL(channel), result, NULL);
    g_free(f);
    if (!in) {
        return;
    }
    in->flush = NULL;
    if (ok) {
        in->flushes++;
        in->unflushed = in->since_asked;
        pump(in);
    }
}

static void ask_flush(struct inputs *in)
{
    if (!in->flush && in->unflushed > 0) {
        in->flush = g_new(struct flush, 1);
        in->flush->in = in;
        in->since_asked = 0;
        spice_channel_flush_async(SPICE_CHANNEL(in->channel), NULL, on_flushed, in->flush);
    }
}

static void count_message(struct inputs *in)
{
    in->unflushed++;
    in->since_asked++;
    if (in->unflushed >= FLUSH_EVERY) {
        ask_flush(in);
    }
}

/* ---- Commands. ------------------------------------------------------------------------------ */

/* The mask of the protocol from our set of buttons. */
static gint button_mask(uint32_t buttons)
{
    gint mask = 0;
    mask |= buttons & 1u << ORL_BUTTON_LEFT ? SPICE_MOUSE_BUTTON_MASK_LEFT : 0;
    mask |= buttons & 1u << ORL_BUTTON_MIDDLE ? SPICE_MOUSE_BUTTON_MASK_MIDDLE : 0;
    mask |= buttons & 1u << ORL_BUTTON_RIGHT ? SPICE_MOUSE_BUTTON_MASK_RIGHT : 0;
    mask |= buttons & 1u << ORL_BUTTON_SIDE ? SPICE_MOUSE_BUTTON_MASK_SIDE : 0;
    mask |= buttons & 1u << ORL_BUTTON_EXTRA ? SPICE_MOUSE_BUTTON_MASK_EXTRA : 0;
    return mask;
}

static void send_key(struct inputs *in, const struct orl_cmd *c)
{
    if (c->code == ORL_CODE_PAUSE) {
        /* Real keyboards send E1 1D 45 E1 9D C5, whole and without a release. QEMU 7.2 makes of
         * that a key that stays down on USB and virtio keyboards; what it names Pause itself is
         * E0 46, and its PS/2 keyboard turns that into the sequence. */
        if (c->down) {
            orl_lamps_key(&in->lamps, CODE_PAUSE & 0xff, true, orl_now_ns());
            orl_lamps_key(&in->lamps, CODE_PAUSE & 0xff, false, 0);
            spice_inputs_channel_key_press(in->channel, CODE_PAUSE);
            spice_inputs_channel_key_release(in->channel, CODE_PAUSE);
        }
        return;
    }
    if ((c->code & 0x7f) == 0 || (c->code & ~0x17f) != 0) {
        return; /* no code of set 1 */
    }
    orl_lamps_key(&in->lamps, (uint8_t)(c->code & 0xff), c->down, orl_now_ns());
    if (c->down) {
        spice_inputs_channel_key_press(in->channel, c->code);
    } else {
        spice_inputs_channel_key_release(in->channel, c->code);
    }
}

static void send_button(struct inputs *in, const struct orl_cmd *c, gint mask)
{
    static const gint buttons[] = {
        [ORL_BUTTON_LEFT] = SPICE_MOUSE_BUTTON_LEFT,
        [ORL_BUTTON_MIDDLE] = SPICE_MOUSE_BUTTON_MIDDLE,
        [ORL_BUTTON_RIGHT] = SPICE_MOUSE_BUTTON_RIGHT,
        [ORL_BUTTON_SIDE] = SPICE_MOUSE_BUTTON_SIDE,
        [ORL_BUTTON_EXTRA] = SPICE_MOUSE_BUTTON_EXTRA,
    };
    if (c->code >= G_N_ELEMENTS(buttons) || buttons[c->code] == 0) {
        return;
    }
    if (c->down) {
        spice_inputs_channel_button_press(in->channel, buttons[c->code], mask);
    } else {
        spice_inputs_channel_button_release(in->channel, buttons[c->code], mask);
    }
}

static void send_wheel(struct inputs *in, int32_t notches, gint mask)
{
    gint button = notches > 0 ? SPICE_MOUSE_BUTTON_UP : SPICE_MOUSE_BUTTON_DOWN;
    int32_t n = notches > 0 ? notches : notches < -WHEEL_MAX ? WHEEL_MAX : -notches;
    for (int32_t i = 0; i < n && i < WHEEL_MAX; i++) {
        spice_inputs_channel_button_press(in->channel, button, mask);
        spice_inputs_channel_button_release(in->channel, button, mask);
    }
}

static int32_t clamped(int64_t v, uint16_t size)
{
    return v < 0 ? 0 : v >= size ? size - 1 : (int32_t)v;
}

static void send_position(struct inputs *in, int64_t x, int64_t y, gint mask)
{
    in->x = clamped(x, in->screen_w);
    in->y = clamped(y, in->screen_h);
    in->motions++;
    spice_inputs_channel_position(in->channel, in->x, in->y, 0, mask);
}

/*
 * A server divides positions by the size of its own display, whatever picture they were taken from.
 * Without the display channel its size is not known: then the picture is taken for it.
 */
static uint16_t side(uint32_t display, uint16_t picture)
{
    return display > 0 && display <= UINT16_MAX ? (uint16_t)display : picture;
}

/* The first and the last pixel stay the first and the last. */
static int64_t scaled(int32_t at, uint16_t from, uint16_t to)
{
    int64_t last = from - 1;
    return from == to || last == 0 ? at : ((int64_t)at * (to - 1) + last / 2) / last;
}

static void send_place(struct inputs *in, const struct orl_cmd *c, gint mask)
{
    const struct orl_spice_status *s = orl_spice_status(in->spice);
    in->screen_w = side(s->display_w, c->w);
    in->screen_h = side(s->display_h, c->h);
    send_position(in, scaled(c->dx, c->w, in->screen_w), scaled(c->dy, c->h, in->screen_h),
                  mask);
}

static void send_motion(struct inputs *in, const struct orl_cmd *c, gint mask)
{
    bool absolute = orl_spice_status(in->spice)->absolute;
    if (c->kind == ORL_CMD_POSITION) {
        if (absolute && c->w > 0 && c->h > 0) {
            send_place(in, c, mask);
        }
    } else if (!absolute &&
               (c->dx != 0 || c->dy != 0)) { /* else nothing is sent, or answered */
        in->motions++;
        spice_inputs_channel_motion(in->channel, c->dx, c->dy, mask);
    } else if (absolute && in->screen_w > 0) {
        /* In client mode the server ignores motion: a tablet is moved by as much instead. */
        send_position(in, (int64_t)in->x + c->dx, (int64_t)in->y + c->dy, mask);
    }
}

static void send_locks(struct inputs *in, const struct orl_cmd *c)
{
    uint8_t locks = orl_lamps_command(&in->lamps, c->code & 7u, orl_now_ns());
    spice_inputs_channel_set_key_locks(in->channel, locks);
}

static void send(struct inputs *in, const struct orl_cmd *c)
{
    uint32_t buttons = orl_pacer_buttons(&in->pacer);
    gint mask = button_mask(buttons);
    switch (c->kind) {
    case ORL_CMD_KEY: send_key(in, c); break;
    case ORL_CMD_BUTTON: send_button(in, c, mask); break;
    case ORL_CMD_MOTION:
    case ORL_CMD_POSITION: send_motion(in, c, mask); break;
    case ORL_CMD_WHEEL: send_wheel(in, c->dy, mask); break;
    case ORL_CMD_LOCKS: send_locks(in, c); break;
    case ORL_PACER_NUDGE:
        /* A button goes up that is not down: nothing new, but the device sends what it holds. */
        if (!orl_spice_status(in->spice)->absolute && !(buttons & 1u << ORL_BUTTON_EXTRA)) {
            spice_inputs_channel_button_release(in->channel, SPICE_MOUSE_BUTTON_EXTRA, mask);
        }
        break;
    default: break;
    }
    count_message(in);
}

/* ---- The way through. ----------------------------------------------------------------------- */

static void arm(struct inputs *in, uint64_t due_ns)
{
    struct itimerspec t = {0}; /* all zero: disarmed */
    if (due_ns == in->armed_ns) {
        return; /* a mouse of 8 kHz pushes eight times while one motion waits */
    }
    in->armed_ns = due_ns;
    if (due_ns != ORL_PACER_NEVER) {
        due_ns = due_ns == 0 ? 1 : due_ns;
        t.it_value.tv_sec = (time_t)(due_ns / ORL_NS_PER_S);
        t.it_value.tv_nsec = (long)(due_ns % ORL_NS_PER_S);
    }
    timerfd_settime(in->timer_fd, TFD_TIMER_ABSTIME, &t, NULL);
}

/* Takes from the queue what the pacer has room for; false: the queue is empty. */
static bool fill(struct inputs *in)
{
    struct orl_cmdq *q = orl_spice_link(in->spice)->input;
    struct orl_cmd batch[BATCH];
    if (!q) {
        return false;
    }
    size_t room = ORL_PACER_LEN - in->pacer.count;
    size_t n = room == 0 ? 0 : orl_cmdq_drain(q, batch, MIN(room, BATCH));
    for (size_t i = 0; i < n && !in->leaving; i++) {
        (void)orl_pacer_push(&in->pacer, &batch[i]); /* there is room for each */
    }
    return n > 0;
}

static void pump(struct inputs *in)
{
    if (!in->open) {
        return;
    }
    uint64_t now_ns = orl_now_ns();
    struct orl_cmd c;
    bool more = true;
    while (more && in->unflushed < BACKLOG) {
        more = fill(in);
        while (in->unflushed < BACKLOG && orl_pacer_pull(&in->pacer, now_ns, &c)) {
            send(in, &c);
            more = true;
        }
        more = more && orl_pacer_has_room(&in->pacer);
    }
    arm(in, in->unflushed < BACKLOG ? orl_pacer_due(&in->pacer, now_ns) : ORL_PACER_NEVER);
}

/* Nobody to send to: what waits is void. */
static void discard(struct inputs *in)
{
    struct orl_cmdq *q = orl_spice_link(in->spice)->input;
    struct orl_cmd batch[BATCH];
    for (int i = 0; q && i < 2 * ORL_CMDQ_LEN / BATCH; i++) {
        if (orl_cmdq_drain(q, batch, BATCH) == 0) {
            return;
        }
    }
}

static void woken(void *self)
{
    struct inputs *in = self;
    if (in->open) {
        pump(in);
    } else if (!in->channel) {
        discard(in);
    } /* else: the channel opens within milliseconds, the commands may wait */
}

static gboolean on_timer(gint fd, GIOCondition condition, gpointer arg)
{
    struct inputs *in = arg;
    (void)condition;
    uint64_t count;
    if (read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count)) {
        in->armed_ns = ORL_PACER_NEVER; /* it rang */
    }
    pump(in);
    return G_SOURCE_CONTINUE;
}

/* ---- Is the server alive? ------------------------------------------------------------------- */

static gboolean on_look(gpointer arg)
{
    struct inputs *in = arg;
    gulong read_bytes = 0;
    GSocket *socket = NULL;
    int unread = 0;
    g_object_get(in->channel, "total-read-bytes", &read_bytes, "socket", &socket, NULL);
    /* On a Unix socket: what the other side has not read; on TCP: what it has not acknowledged. */
    if (!socket || ioctl(g_socket_get_fd(socket), TIOCOUTQ, &unread) != 0 || unread < 0) {
        unread = 0;
    }
    g_clear_object(&socket);
    if (read_bytes != in->read_bytes) {
        in->motions = 0;
    }
    in->read_bytes = read_bytes;
    ask_flush(in);
    struct orl_pulse_signs signs = {
        .read_bytes = read_bytes,
        .flushed = in->flushes,
        .unread = (uint32_t)unread,
        .acks = in->motions >= ACK_BUNCH,
        .owes = in->flush != NULL,
    };
    if (orl_pulse_look(&in->pulse, &signs, orl_now_ns())) {
        orl_session_fail(in->spice, ORL_SPICE_TIMEOUT, "it does not take input any more");
    }
    return G_SOURCE_CONTINUE;
}

/* ---- The part. ------------------------------------------------------------------------------ */

static void on_modifiers(SpiceChannel *channel, gpointer arg)
{
    struct inputs *in = arg;
    struct orl_spice_status *st = orl_spice_status(in->spice);
    gint locks = 0;
    g_object_get(channel, "key-modifiers", &locks, NULL);
    /* The bits are those of enum orl_lock. */
    if (orl_lamps_told(&in->lamps, (uint8_t)(locks & 7), orl_now_ns())) {
        st->leds = in->lamps.shown;
        st->leds_known = true;
        orl_spice_publish(in->spice);
    }
}

static void on_event(SpiceChannel *channel, SpiceChannelEvent event, gpointer arg)
{
    struct inputs *in = arg;
    if (event == SPICE_CHANNEL_OPENED && SPICE_CHANNEL(in->channel) == channel) {
        in->open = true;
        pump(in);
    }
}

static void attach(void *self, SpiceChannel *channel)
{
    struct inputs *in = self;
    if (in->channel) {
        return; /* a second one has no meaning */
    }
    in->channel = SPICE_INPUTS_CHANNEL(channel);
    g_signal_connect(channel, "inputs-modifiers", G_CALLBACK(on_modifiers), in);
    g_signal_connect(channel, "channel-event", G_CALLBACK(on_event), in);
    orl_pulse_init(&in->pulse);
    orl_lamps_init(&in->lamps);
    in->look = g_timeout_add(LOOK_MS, on_look, in);
}

static void detach(void *self, SpiceChannel *channel)
{
    struct inputs *in = self;
    if (SPICE_CHANNEL(in->channel) != channel) {
        return;
    }
    g_signal_handlers_disconnect_by_data(channel, in);
    g_source_remove(in->look);
    in->look = 0;
    if (in->flush) {
        in->flush->in = NULL;
        in->flush = NULL;
    }
    in->channel = NULL;
    in->open = false;
    in->unflushed = in->since_asked = in->motions = 0;
    in->read_bytes = 0;
    in->screen_w = in->screen_h = 0;
    orl_pacer_clear(&in->pacer);
    arm(in, ORL_PACER_NEVER);
    discard(in);
}

/* Stop: everything that is down goes up, nothing else goes out. */
static bool busy(void *self)
{
    struct inputs *in = self;
    if (!in->open) {
        return false;
    }
    if (!in->leaving) {
        in->leaving = true;
        in->pacer.count = 0;
        (void)orl_pacer_push(&in->pacer, &(struct orl_cmd){.kind = ORL_CMD_RELEASE_ALL});
    }
    pump(in);
    ask_flush(in);
    return orl_pacer_busy(&in->pacer) || in->flush != NULL;
}

static int create(void **self, struct orl_spice *spice)
{
    struct inputs *in = g_new0(struct inputs, 1);
    in->spice = spice;
    orl_pacer_init(&in->pacer);
    in->armed_ns = ORL_PACER_NEVER;
    in->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (in->timer_fd < 0) {
        g_free(in);
        return ORL_ENOMEM;
    }
    in->timer = g_unix_fd_source_new(in->timer_fd, G_IO_IN);
    g_source_set_callback(in->timer, G_SOURCE_FUNC(on_timer), in, NULL);
    g_source_set_priority(in->timer, G_PRIORITY_HIGH);
    g_source_attach(in->timer, NULL);
    *self = in;
    return ORL_OK;
}

static void destroy(void *self)
{
    struct inputs *in = self;
    g_source_destroy(in->timer);
    g_source_unref(in->timer);
    close(in->timer_fd);
    g_free(in);
}

const struct orl_spice_part orl_spice_inputs = {
    .name = "inputs",
    .type = spice_inputs_channel_get_type,
    .wanted = wanted,
    .create = create,
    .destroy = destroy,
    .attach = attach,
    .detach = detach,
    .woken = woken,
    .busy = busy,
    .has = ORL_SPICE_HAS_INPUTS,
};
