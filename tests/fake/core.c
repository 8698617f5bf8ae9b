/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake/core.h"

#include <stdarg.h>
#include <stdio.h>

#include <glib-unix.h>

struct SpiceTimer {
    SpiceTimerFunc call;
    void *arg;
    guint source;
};

struct SpiceWatch {
    SpiceWatchFunc call;
    void *arg;
    int fd;
    guint source;
};

struct later {
    void (*call)(void *arg);
    void *arg;
};

static SpiceTimer *timer_add(SpiceTimerFunc call, void *arg)
{
    SpiceTimer *t = g_new0(SpiceTimer, 1);
    t->call = call;
    t->arg = arg;
    return t;
}

static gboolean timer_fire(gpointer arg)
{
    SpiceTimer *t = arg;
    t->source = 0;
    t->call(t->arg); /* may start it again, or remove it */
    return G_SOURCE_REMOVE;
}

static void timer_cancel(SpiceTimer *t)
{
    if (t->source != 0) {
        g_source_remove(t->source);
        t->source = 0;
    }
}

static void timer_start(SpiceTimer *t, uint32_t ms)
{
    timer_cancel(t);
    t->source = g_timeout_add(ms, timer_fire, t);
}

static void timer_remove(SpiceTimer *t)
{
    timer_cancel(t);
    g_free(t);
}

static gboolean watch_fire(gint fd, GIOCondition condition, gpointer arg)
{
    SpiceWatch *w = arg;
    int event = 0;
    if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) {
        event |= SPICE_WATCH_EVENT_READ;
    }
    if (condition & (G_IO_OUT | G_IO_ERR)) {
        event |= SPICE_WATCH_EVENT_WRITE;
    }
    w->call(fd, event, w->arg); /* may remove the watch: do not touch it afterwards */
    return G_SOURCE_CONTINUE;
}

static void watch_update_mask(SpiceWatch *w, int mask)
{
    if (w->source != 0) {
        g_source_remove(w->source);
        w->source = 0;
    }
    GIOCondition condition = 0;
    if (mask & SPICE_WATCH_EVENT_READ) {
        condition |= G_IO_IN | G_IO_HUP | G_IO_ERR;
    }
    if (mask & SPICE_WATCH_EVENT_WRITE) {
        condition |= G_IO_OUT;
    }
    if (condition != 0) {
        w->source = g_unix_fd_add(w->fd, condition, watch_fire, w);
    }
}

static SpiceWatch *watch_add(int fd, int mask, SpiceWatchFunc call, void *arg)
{
    SpiceWatch *w = g_new0(SpiceWatch, 1);
    w->fd = fd;
    w->call = call;
    w->arg = arg;
    watch_update_mask(w, mask);
    return w;
}

static void watch_remove(SpiceWatch *w)
{
    watch_update_mask(w, 0);
    g_free(w);
}

static void channel_event(int event, SpiceChannelEventInfo *info)
{
    const char *word = event == SPICE_CHANNEL_EVENT_CONNECTED      ? "connected"
                       : event == SPICE_CHANNEL_EVENT_INITIALIZED  ? "initialized"
                       : event == SPICE_CHANNEL_EVENT_DISCONNECTED ? "disconnected"
                                                                   : "unknown";
    fake_say("channel %d %d %s", info->type, info->id, word);
}

void fake_core_fill(SpiceCoreInterface *core)
{
    *core = (SpiceCoreInterface){
        .base = {SPICE_INTERFACE_CORE, "oriel's fake server", SPICE_INTERFACE_CORE_MAJOR,
                 SPICE_INTERFACE_CORE_MINOR},
        .timer_add = timer_add,
        .timer_start = timer_start,
        .timer_cancel = timer_cancel,
        .timer_remove = timer_remove,
        .watch_add = watch_add,
        .watch_update_mask = watch_update_mask,
        .watch_remove = watch_remove,
        .channel_event = channel_event,
    };
}

void fake_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

static gboolean later_fire(gpointer arg)
{
    struct later l = *(struct later *)arg;
    g_free(arg);
    l.call(l.arg);
    return G_SOURCE_REMOVE;
}

void fake_after(struct fake *f, uint32_t ms, void (*call)(void *arg), void *arg)
{
    (void)f;
    struct later *l = g_new(struct later, 1);
    l->call = call;
    l->arg = arg;
    g_timeout_add(ms, later_fire, l);
}
