/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who owns the clipboard: a state machine between the host's desktop (win/clipboard.h) and the
 * guest's agent (spice). It forwards offers, requests and data, bounds sizes, answers everything
 * exactly once (also when the other side never does), and never sends back what it was just given.
 * Nothing is sent unless the other side asks for it, and host content is offered to the guest only
 * while the window has the focus or when it gets it; an offer of content that is gone is withdrawn
 * at once. Line ends are converted where the guest's wish is known, see lineend.h. Pure. Main thread.
 */
#ifndef ORL_CLIP_CLIP_H
#define ORL_CLIP_CLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum orl_clip_type { /* a set of these is an offer; 0: nothing */
                     ORL_CLIP_TEXT =
                         1, /* UTF-8, LF line ends on both interfaces of this folder */
                     ORL_CLIP_PNG = 2,
                     ORL_CLIP_BMP = 4 /* a whole file with its 14-byte header */
};

#define ORL_CLIP_MAX_BYTES ((size_t)64 * 1024 * 1024) /* of one transfer; larger is refused */

struct orl_clip_conf {
    bool to_guest, to_host; /* spice:clipboardToVM, clipboardToLocal */
};

/* What the machine does to the world; all on the main thread, none may call back into it. */
struct orl_clip_calls {
    void *arg;
    /* The host shall own the desktop's clipboard with these types (0: give it up). */
    void (*host_offer)(void *arg, uint32_t types);
    /* Ask the desktop for its content: answered by orl_clip_host_data(id). */
    void (*host_request)(void *arg, enum orl_clip_type type, uint64_t id);
    /* Answer to orl_clip_host_wants(id): data NULL: failed. Borrowed during the call. */
    void (*host_data)(void *arg, uint64_t id, enum orl_clip_type type, const void *data,
                      size_t len);
    /* The same three towards the guest. */
    void (*guest_offer)(void *arg, uint32_t types);
    void (*guest_request)(void *arg, enum orl_clip_type type, uint64_t id);
    void (*guest_data)(void *arg, uint64_t id, enum orl_clip_type type, const void *data,
                       size_t len);
};

struct orl_clip;

/* NULL: out of memory. */
struct orl_clip *orl_clip_create(const struct orl_clip_conf *conf,
                                 const struct orl_clip_calls *calls);
void orl_clip_destroy(struct orl_clip **clip);

/* The desktop: someone else owns its clipboard now, with these types; asks for ours; delivers. */
void orl_clip_host_offers(struct orl_clip *c, uint32_t types);
void orl_clip_host_wants(struct orl_clip *c, enum orl_clip_type type, uint64_t id,
                         uint64_t now_ns);
void orl_clip_host_data(struct orl_clip *c, uint64_t id, const void *data, size_t len);

/* The guest: the same, and its agent comes and goes (everything is void then). An offer that comes
 * before the word that it is ready counts from then on. */
void orl_clip_guest_ready(struct orl_clip *c, bool ready);
void orl_clip_guest_offers(struct orl_clip *c, uint32_t types);
void orl_clip_guest_wants(struct orl_clip *c, enum orl_clip_type type, uint64_t id,
                          uint64_t now_ns);
void orl_clip_guest_data(struct orl_clip *c, uint64_t id, const void *data, size_t len);

void orl_clip_focus(struct orl_clip *c, bool focused);

/* Requests that nobody answered for 10 s end with nothing. */
void orl_clip_tick(struct orl_clip *c, uint64_t now_ns);
uint64_t orl_clip_due(const struct orl_clip *c);

#endif
