/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest agent's clipboard: what the main channel tells becomes notes for main and the other way
 * round. Who owns what is decided in clip/; here is only what the agent protocol (vd_agent.h) asks
 * for: types, line ends, and that it names requests by type where main uses ids. The library passes
 * text on unchanged, so line ends are converted here.
 */
#define ORL_LOG_MODULE "spice"
#include <stdlib.h>
#include <string.h>

#include <spice/vd_agent.h>

#include "base/clock.h"
#include "base/log.h"
#include "clip/clip.h"
#include "clip/lineend.h"
#include "spice/part.h"

#define SELECTION      VD_AGENT_CLIPBOARD_SELECTION_CLIPBOARD
#define MAX_ASKS       16                  /* of the agent, not answered yet */
#define MAX_FETCHES    4                   /* of main for one type, not answered yet */
#define PATIENCE_NS    (10 * ORL_NS_PER_S) /* then main has given up */
#define FORGET_NS      (60 * ORL_NS_PER_S) /* then the agent never answers */
#define READY_RETRY_MS 20
#define MAX_GRAB_TYPES 64

static const struct {
    uint32_t ours, agents;
} types[] = {/* in the order in which they are offered: some agents take the first they know */
             {ORL_CLIP_TEXT, VD_AGENT_CLIPBOARD_UTF8_TEXT},
             {ORL_CLIP_PNG, VD_AGENT_CLIPBOARD_IMAGE_PNG},
             {ORL_CLIP_BMP, VD_AGENT_CLIPBOARD_IMAGE_BMP}};
#define TYPES (sizeof(types) / sizeof(types[0]))

struct ask {
    bool used;
    uint64_t id;
    size_t type; /* index into types[] */
};

struct fetch {
    uint64_t id, turn, asked_ns;
    uint32_t offer; /* which offer of the agent it is about */
    bool told;      /* main has its answer; the agent's is still to come */
};

/* The agent answers in order, but does not say what: the oldest is the one that is answered. */
struct fetches {
    struct fetch f[MAX_FETCHES];
    uint32_t count;
};

struct clipboard {
    struct orl_spice *spice;
    SpiceMainChannel *main; /* NULL: no session */
    bool ready;             /* as published */
    guint retry;            /* timer that asks again whether we may become ready; 0 none */
    bool ours;              /* the guest's clipboard is what we offered */
    bool theirs;            /* main was told of an offer of the agent */
    uint32_t offers;        /* of the agent, so far */
    uint64_t last_id, turn;
    struct ask asks[MAX_ASKS];
    struct fetches fetches[TYPES];
};

static size_t index_of_agents(uint32_t type)
{
    size_t i = 0;
    while (i < TYPES && types[i].agents != type) {
        i++;
    }
    return i;
}

static size_t index_of_ours(uint32_t type)
{
    size_t i = 0;
    while (i < TYPES && types[i].ours != type) {
        i++;
    }
    return i;
}

static bool can(struct clipboard *c, guint32 capability)
{
    return spice_main_channel_agent_test_capability(c->main, capability);
}

static bool agent_is_there(struct clipboard *c)
{
    gboolean connected = FALSE;
    g_object_get(c->main, "agent-connected", &connected, NULL);
    return connected && can(c, VD_AGENT_CAP_CLIPBOARD_BY_DEMAND);
}

static void tell(struct clipboard *c, size_t type, struct fetch *f, const void *data,
                 size_t len)
{
    if (!f->told) {
        orl_spice_emit(c->spice, ORL_SPICE_CLIP_DATA, types[type].ours, 0, f->id, data, len);
        f->told = true;
    }
}

static void drop_oldest(struct fetches *all)
{
    all->count--;
    memmove(all->f, all->f + 1, all->count * sizeof(all->f[0]));
}

/* The agent's answer to the oldest. It is as good for others about the same offer, not for newer ones. */
static void emit_data(struct clipboard *c, size_t type, const void *data, size_t len)
{
    struct fetches *all = &c->fetches[type];
    for (uint32_t i = 0; i < all->count; i++) {
        if (all->f[i].offer == all->f[0].offer) {
            tell(c, type, &all->f[i], data, len);
        }
    }
    drop_oldest(all);
}

static void give_up(struct clipboard *c, size_t type)
{
    struct fetches *all = &c->fetches[type];
    for (uint32_t i = 0; i < all->count; i++) {
        tell(c, type, &all->f[i], NULL, 0);
    }
    all->count = 0;
}

/* The agent or the session ended: nothing that was asked will be answered. */
static void forget(struct clipboard *c)
{
    for (size_t i = 0; i < TYPES; i++) {
        give_up(c, i);
    }
    memset(c->asks, 0, sizeof(c->asks));
    c->ours = false;
    if (c->theirs) {
        c->theirs = false;
        orl_spice_emit(c->spice, ORL_SPICE_CLIP_OFFER, 0, 0, 0, NULL, 0);
    }
}

static void stop_retry(struct clipboard *c)
{
    if (c->retry) {
        g_source_remove(c->retry);
        c->retry = 0;
    }
}

static void set_ready(struct clipboard *c, bool ready)
{
    c->ready = ready;
    orl_spice_status(c->spice)->clip_ready = ready;
    orl_spice_publish(c->spice);
}

static gboolean become_ready(gpointer arg);

/*
 * Main must see that an agent went before it sees the next: it offers its content to each anew.
 * The status is a mailbox, so the word of the next one waits until that of the end was taken.
 */
static void update_ready(struct clipboard *c)
{
    bool there = c->main && agent_is_there(c);
    if (!there) {
        stop_retry(c);
        forget(c);
        set_ready(c, false);
    } else if (!c->ready && !c->retry) {
        c->retry = g_timeout_add(0, become_ready, c);
    }
}

static gboolean become_ready(gpointer arg)
{
    struct clipboard *c = arg;
    c->retry = 0;
    if (orl_mailbox_unread(&orl_spice_link(c->spice)->status_mb) >= 0) {
        c->retry = g_timeout_add(READY_RETRY_MS, become_ready, c);
    } else if (agent_is_there(c)) {
        set_ready(c, true);
    }
    return G_SOURCE_REMOVE;
}

static void on_agent(SpiceMainChannel *channel, gpointer arg)
{
    (void)channel;
    update_ready(arg);
}

static gboolean on_grab(SpiceMainChannel *channel, guint selection, const guint32 *list,
                        guint count, gpointer arg)
{
    (void)channel;
    struct clipboard *c = arg;
    uint32_t set = 0;
    /*
     * From a message that is too short for its type, libspice-client-glib 0.42 computes a length
     * below zero and passes it on as a very large count, without memory behind it.
     */
    if (selection != SELECTION || count > MAX_GRAB_TYPES) {
        return FALSE;
    }
    for (guint i = 0; i < count; i++) {
        size_t type = index_of_agents(list[i]);
        set |= type < TYPES ? types[type].ours : 0;
    }
    c->ours = false;
    c->theirs = set != 0;
    c->offers++;
    orl_spice_emit(c->spice, ORL_SPICE_CLIP_OFFER, set, 0, 0, NULL, 0);
    return TRUE;
}

static void on_release(SpiceMainChannel *channel, guint selection, gpointer arg)
{
    (void)channel;
    struct clipboard *c = arg;
    if (selection == SELECTION && c->theirs) {
        c->theirs = false;
        orl_spice_emit(c->spice, ORL_SPICE_CLIP_OFFER, 0, 0, 0, NULL, 0);
    }
}

static void refuse(struct clipboard *c, guint selection)
{
    const guchar nothing = 0;
    spice_main_channel_clipboard_selection_notify(c->main, selection, VD_AGENT_CLIPBOARD_NONE,
                                                  &nothing, 0);
}

static gboolean on_request(SpiceMainChannel *channel, guint selection, guint wanted,
                           gpointer arg)
{
    (void)channel;
    struct clipboard *c = arg;
    size_t type = index_of_agents(wanted);
    for (size_t i = 0; selection == SELECTION && type < TYPES && i < MAX_ASKS; i++) {
        struct ask *a = &c->asks[i];
        if (!a->used) {
            *a = (struct ask){true, ++c->last_id, type};
            orl_spice_emit(c->spice, ORL_SPICE_CLIP_REQUEST, types[type].ours, 0, a->id, NULL,
                           0);
            return TRUE;
        }
    }
    refuse(c, selection);
    return TRUE;
}

/* An agent that cannot deliver says so without naming the type: then it is about the oldest. */
static size_t oldest_fetch(const struct clipboard *c)
{
    size_t oldest = TYPES;
    for (size_t i = 0; i < TYPES; i++) {
        if (c->fetches[i].count > 0 &&
            (oldest == TYPES || c->fetches[i].f[0].turn < c->fetches[oldest].f[0].turn)) {
            oldest = i;
        }
    }
    return oldest;
}

static void on_data(SpiceMainChannel *channel, guint selection, guint got, gpointer data,
                    guint len, gpointer arg)
{
    (void)channel;
    struct clipboard *c = arg;
    bool none = got == VD_AGENT_CLIPBOARD_NONE;
    size_t type = none ? oldest_fetch(c) : index_of_agents(got);
    if (selection != SELECTION || type == TYPES || c->fetches[type].count == 0) {
        return; /* nobody asked */
    }
    if (none ||
        len > ORL_CLIP_MAX_BYTES) { /* also from a message that is too short: see on_grab */
        emit_data(c, type, NULL, 0);
        return;
    }
    if (types[type].ours != ORL_CLIP_TEXT) {
        emit_data(c, type, len ? data : "", len);
        return;
    }
    size_t n = 0;
    uint8_t *text =
        orl_clip_text_from_guest(data, len, can(c, VD_AGENT_CAP_GUEST_LINEEND_CRLF), &n);
    emit_data(c, type, text, n);
    free(text);
}

static void offer(struct clipboard *c, uint32_t set)
{
    guint32 list[TYPES];
    int n = 0;
    for (size_t i = 0; i < TYPES; i++) {
        if (set & types[i].ours) {
            list[n++] = types[i].agents;
        }
    }
    if (!c->main || !agent_is_there(c)) {
        return;
    }
    if (n > 0) {
        c->ours = true;
        c->theirs = false;
        spice_main_channel_clipboard_selection_grab(c->main, SELECTION, list, n);
    } else if (c->ours) {
        c->ours = false;
        spice_main_channel_clipboard_selection_release(c->main, SELECTION);
    }
}

static void fetch(struct clipboard *c, uint32_t wanted, uint64_t id)
{
    size_t type = index_of_ours(wanted);
    if (type == TYPES || !c->main || !agent_is_there(c)) {
        orl_spice_emit(c->spice, ORL_SPICE_CLIP_DATA, wanted, 0, id, NULL, 0);
        return;
    }
    struct fetches *all = &c->fetches[type];
    uint64_t now_ns = orl_now_ns();
    /* An answer that is given up keeps its place: when it comes, it is not the next one's. */
    for (uint32_t i = 0; i < all->count && now_ns - all->f[i].asked_ns > PATIENCE_NS; i++) {
        tell(c, type, &all->f[i], NULL, 0);
    }
    while (all->count > 0 && now_ns - all->f[0].asked_ns > FORGET_NS) {
        drop_oldest(all);
    }
    if (all->count == MAX_FETCHES) {
        give_up(c, type); /* the agent has not answered any of them */
    }
    all->f[all->count++] =
        (struct fetch){.id = id, .turn = ++c->turn, .asked_ns = now_ns, .offer = c->offers};
    spice_main_channel_clipboard_selection_request(c->main, SELECTION, types[type].agents);
}

static void send(struct clipboard *c, size_t type, const uint8_t *data, size_t len)
{
    size_t n = len;
    uint8_t *text = NULL;
    if (data && types[type].ours == ORL_CLIP_TEXT) {
        text = orl_clip_text_to_guest(data, len, can(c, VD_AGENT_CAP_GUEST_LINEEND_CRLF),
                                      ORL_CLIP_MAX_BYTES, &n);
        data = text;
    }
    if (data && n <= ORL_CLIP_MAX_BYTES) {
        spice_main_channel_clipboard_selection_notify(c->main, SELECTION, types[type].agents,
                                                      data, n);
    } else {
        refuse(c, SELECTION);
    }
    free(text);
}

static void answer(struct clipboard *c, const struct orl_spice_note *note)
{
    for (size_t i = 0; i < MAX_ASKS; i++) {
        struct ask *a = &c->asks[i];
        if (a->used && a->id == note->id) {
            a->used = false;
            send(c, a->type, note->data, note->len);
            return;
        }
    }
}

static bool request(void *self, const struct orl_spice_note *note)
{
    struct clipboard *c = self;
    switch (note->kind) {
    case ORL_SPICE_CLIP_OFFER: offer(c, note->a); return true;
    case ORL_SPICE_CLIP_REQUEST: fetch(c, note->a, note->id); return true;
    case ORL_SPICE_CLIP_DATA: answer(c, note); return true;
    default: return false;
    }
}

static bool wanted(const struct orl_spice_conf *conf)
{
    return conf->clipboard;
}

static int create(void **self, struct orl_spice *spice)
{
    struct clipboard *c = calloc(1, sizeof(*c));
    if (!c) {
        return ORL_ENOMEM;
    }
    c->spice = spice;
    *self = c;
    return ORL_OK;
}

static void attach(void *self, SpiceChannel *channel)
{
    struct clipboard *c = self;
    if (c->main) {
        return;
    }
    c->main = SPICE_MAIN_CHANNEL(channel);
    /* The agent is told, and the library refuses to send more. */
    g_object_set(channel, "max-clipboard", (gint)ORL_CLIP_MAX_BYTES, NULL);
    g_signal_connect(channel, "main-agent-update", G_CALLBACK(on_agent), c);
    g_signal_connect(channel, "main-clipboard-selection", G_CALLBACK(on_data), c);
    g_signal_connect(channel, "main-clipboard-selection-grab", G_CALLBACK(on_grab), c);
    g_signal_connect(channel, "main-clipboard-selection-request", G_CALLBACK(on_request), c);
    g_signal_connect(channel, "main-clipboard-selection-release", G_CALLBACK(on_release), c);
}

static void detach(void *self, SpiceChannel *channel)
{
    struct clipboard *c = self;
    if (c->main == SPICE_MAIN_CHANNEL(channel)) {
        g_signal_handlers_disconnect_by_data(channel, c);
        c->main = NULL;
        update_ready(c);
    }
}

static void destroy(void *self)
{
    struct clipboard *c = self;
    if (c) {
        stop_retry(c);
        free(c);
    }
}

const struct orl_spice_part orl_spice_clipboard = {
    .name = "clipboard",
    .type = spice_main_channel_get_type,
    .wanted = wanted,
    .create = create,
    .destroy = destroy,
    .attach = attach,
    .detach = detach,
    .request = request,
};
