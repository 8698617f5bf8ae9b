/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread "orl-spice". It alone iterates GLib's default main context, where libspice-client-glib
 * puts its sources. Others reach it by an eventfd: one write, one wake-up, everything drained.
 */
#define ORL_LOG_MODULE "spice"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <glib-unix.h>

#include "base/log.h"
#include "base/str.h"
#include "spice/impl.h"

#define NOTES 256

int orl_spice_link_init(struct orl_spice_link *link)
{
    memset(link, 0, sizeof(*link));
    int err = orl_spsc_init(&link->requests, NOTES, sizeof(struct orl_spice_note));
    if (err == ORL_OK) {
        err = orl_spsc_init(&link->events, NOTES, sizeof(struct orl_spice_note));
        if (err != ORL_OK) {
            orl_spsc_finish(&link->requests);
        }
    }
    orl_mailbox_init(&link->status_mb);
    return err;
}

static void free_notes(struct orl_spsc *queue)
{
    struct orl_spice_note note;
    while (orl_spsc_pull(queue, &note)) {
        if (note.data) {
            explicit_bzero(note.data, note.len); /* may be a password */
        }
        free(note.data);
    }
    orl_spsc_finish(queue);
}

void orl_spice_link_finish(struct orl_spice_link *link)
{
    free_notes(&link->requests);
    free_notes(&link->events);
}

/* The library complains of each lost connection in its own words, "critical" ones included when it
 * throws away what it could not send; what matters we say ourselves. */
static void on_library_log(const gchar *domain, GLogLevelFlags level, const gchar *text,
                           gpointer arg)
{
    struct orl_spice *s = arg;
    bool complaint = (level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL)) != 0;
    if (complaint &&
        g_thread_self() == s->self) { /* GLib's helper threads may complain as well */
        orl_str_copy(s->t.murmur, sizeof(s->t.murmur), text);
    }
    bool detail = (level & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)) != 0;
    orl_log(detail ? ORL_LOG_TRACE : ORL_LOG_DEBUG, "%s: %s", domain ? domain : "GLib", text);
}

static void obey_requests(struct orl_spice *s)
{
    struct orl_spice_note note;
    /* Bounded by the length of the queue, so that a busy main thread cannot hold us here. */
    for (int n = 0; n < NOTES && orl_spsc_pull(&s->link->requests, &note); n++) {
        bool taken = orl_session_request(s, &note);
        for (size_t i = 0; i < s->part_n && !taken; i++) {
            const struct orl_spice_part *part = s->parts[i].part;
            taken = part->request && part->request(s->parts[i].self, &note);
        }
        if (!taken) {
            orl_debug("request %d is nobody's", (int)note.kind);
        }
        if (note.data) {
            explicit_bzero(note.data, note.len);
        }
        free(note.data);
    }
}

static gboolean on_wake(gint fd, GIOCondition condition, gpointer arg)
{
    struct orl_spice *s = arg;
    (void)condition;
    uint64_t count;
    (void)!read(fd, &count, sizeof(count));
    for (size_t i = 0; i < s->part_n; i++) {
        if (s->parts[i].part->woken) {
            s->parts[i].part->woken(s->parts[i].self);
        }
    }
    obey_requests(s);
    return G_SOURCE_CONTINUE;
}

static void make_parts(struct orl_spice *s)
{
    for (size_t i = 0; orl_spice_parts[i] && s->part_n < ORL_SPICE_PARTS_MAX; i++) {
        const struct orl_spice_part *part = orl_spice_parts[i];
        void *self = NULL;
        if (part->wanted && !part->wanted(&s->conf)) {
            continue;
        }
        if (part->create && part->create(&self, s) != ORL_OK) {
            orl_warn("no memory for %s: it does not work", part->name);
            continue;
        }
        s->parts[s->part_n++] = (struct orl_spice_active){part, self};
    }
}

static void destroy_parts(struct orl_spice *s)
{
    while (s->part_n > 0) {
        struct orl_spice_active *a = &s->parts[--s->part_n];
        if (a->part->destroy) {
            a->part->destroy(a->self);
        }
    }
}

static void run(void *arg)
{
    struct orl_spice *s = arg;
    s->self = g_thread_self();
    g_log_set_default_handler(on_library_log, s);
    make_parts(s);
    GSource *wake = g_unix_fd_source_new(s->wake_fd, G_IO_IN);
    g_source_set_callback(wake, G_SOURCE_FUNC(on_wake), s, NULL);
    g_source_set_priority(wake, G_PRIORITY_HIGH);
    g_source_attach(wake, NULL);

    orl_session_start(s);
    while (!orl_flag_is_raised(&s->stop)) {
        g_main_context_iteration(NULL, TRUE);
    }
    obey_requests(s);
    orl_session_stop(s);
    destroy_parts(s);
    g_source_destroy(wake);
    g_source_unref(wake);
    g_log_set_default_handler(g_log_default_handler, NULL);
}

int orl_spice_start(struct orl_spice **out, const struct orl_spice_conf *conf,
                    struct orl_spice_link *link)
{
    struct orl_spice *s = calloc(1, sizeof(*s));
    if (!s) {
        return ORL_ENOMEM;
    }
    s->conf = *conf;
    s->link = link;
    orl_flag_init(&s->stop);
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->wake_fd < 0) {
        free(s);
        return ORL_ESYS;
    }
    if (link->input) {
        link->input->wake = orl_spice_wake;
        link->input->wake_arg = s;
    }
    orl_status_init(s);
    int err = orl_thread_start(&s->thread, "orl-spice", run, s);
    if (err != ORL_OK) {
        close(s->wake_fd);
        free(s);
        return err;
    }
    *out = s;
    return ORL_OK;
}

void orl_spice_stop(struct orl_spice **spice)
{
    struct orl_spice *s = *spice;
    if (!s) {
        return;
    }
    *spice = NULL;
    orl_flag_raise(&s->stop);
    orl_spice_wake(s);
    orl_thread_join(&s->thread);
    if (s->link->input) {
        s->link->input->wake = NULL;
    }
    close(s->wake_fd);
    free(s);
}

bool orl_spice_request(struct orl_spice *spice, const struct orl_spice_note *note)
{
    if (!orl_spsc_push(&spice->link->requests, note)) {
        if (note->data) {
            explicit_bzero(note->data, note->len);
        }
        free(note->data);
        return false;
    }
    orl_spice_wake(spice);
    return true;
}

void orl_spice_wake(void *spice)
{
    struct orl_spice *s = spice;
    uint64_t one = 1;
    /* Fails only when the count is at its limit: then a wake-up is due anyway. */
    (void)!write(s->wake_fd, &one, sizeof(one));
}

const struct orl_spice_conf *orl_spice_conf(const struct orl_spice *s)
{
    return &s->conf;
}

struct orl_spice_link *orl_spice_link(struct orl_spice *s)
{
    return s->link;
}
