/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SPICE session: one thread with GLib's default main context, one connection, all channels.
 * Connects in the background, reconnects by itself; the rest of the program sees values only.
 */
#ifndef ORL_SPICE_SPICE_H
#define ORL_SPICE_SPICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/audio.h"
#include "base/err.h"
#include "base/mailbox.h"
#include "base/spsc.h"
#include "frame/fallback.h"
#include "input/cmdq.h"

struct orl_spice_conf { /* strings are borrowed until stop; "" is none */
    const char *host;   /* name, address, or path of a Unix socket when port is 0 */
    int port, tls_port; /* 0: not used */
    const char *password, *password_file, *ca_file, *host_subject;
    bool input, clipboard, audio, microphone, display, usb, files;
    bool absolute; /* input: ask the server for client mouse mode; see SET_ABSOLUTE */
    const char *share_dir;
    bool share_read_only;
    const char *usb_auto_filter, *usb_redirect_filter; /* usbredir filter rules; "" default */
};

enum orl_spice_state {
    ORL_SPICE_OFF,        /* not started */
    ORL_SPICE_CONNECTING, /* first time, or again */
    ORL_SPICE_READY,   /* main channel up, and inputs where wanted; see `has` for the others */
    ORL_SPICE_WAITING, /* lost or refused; tried again at retry_ns */
    ORL_SPICE_PASSWORD, /* the server wants a password, or another one: what was typed is not tried
                             again; what the options say is, without leaving this state */
    ORL_SPICE_TAKEN /* another client has taken the session: nothing is tried before the server
                             has been gone */
};

/* Why the last attempt or session ended. */
enum orl_spice_fault {
    ORL_SPICE_FINE,
    ORL_SPICE_NO_SOCKET, /* no such file */
    ORL_SPICE_NO_ACCESS, /* may not open the socket */
    ORL_SPICE_REFUSED,   /* nobody listens there */
    ORL_SPICE_NO_HOST,   /* name not found, or unreachable */
    ORL_SPICE_AUTH,      /* password missing or wrong */
    ORL_SPICE_TLS,       /* certificate not accepted, or no TLS there */
    ORL_SPICE_GARBAGE,   /* it does not speak SPICE */
    ORL_SPICE_TIMEOUT,   /* connected and silent */
    ORL_SPICE_LOST,      /* the connection ended */
    ORL_SPICE_BAD_FILE   /* password or CA file cannot be read */
};

enum orl_spice_has {
    ORL_SPICE_HAS_INPUTS = 1,
    ORL_SPICE_HAS_PLAYBACK = 2,
    ORL_SPICE_HAS_RECORD = 4,
    ORL_SPICE_HAS_DISPLAY = 8,
    ORL_SPICE_HAS_AGENT = 16,
    ORL_SPICE_HAS_USB = 32,
    ORL_SPICE_HAS_SHARE = 64
};

struct orl_spice_status {
    enum orl_spice_state state;
    enum orl_spice_fault fault;
    bool password_tried; /* PASSWORD: one was sent, and refused */
    char detail[160];    /* what the library or system said, one line; never a password */
    uint64_t retry_ns;   /* WAITING */
    uint32_t epoch;      /* counts sessions that became ready */
    uint32_t has;        /* set of enum orl_spice_has */
    bool absolute;       /* client mouse mode is in force */
    bool leds_known;
    uint8_t leds; /* set of enum orl_lock */
    bool has_uuid;
    uint8_t uuid[16];              /* in the order of its text form */
    char name[128];                /* of the VM; "" unknown */
    uint32_t display_w, display_h; /* primary surface; 0 none */
    bool cursor_known;             /* the SPICE cursor channel reports a position: */
    int32_t cursor_x, cursor_y;
    bool clip_ready; /* the agent does clipboards */
    bool recording;  /* microphone data flows */
};

/* Rare things with content: both queues carry the same struct; the receiver frees `data`. */
enum orl_spice_note_kind {
    /* main -> SPICE */
    ORL_SPICE_SET_PASSWORD, /* data: text; connects again */
    ORL_SPICE_TAKE_BACK,    /* connect again after TAKEN */
    ORL_SPICE_SET_MIC,      /* a: 1 allow, 0 silence */
    ORL_SPICE_SET_SIZE,     /* a, b: monitors config for the agent, pixels */
    ORL_SPICE_SET_ABSOLUTE, /* a: 1 client mouse mode when the server offers it, 0 never */
    ORL_SPICE_CLIP_OFFER,   /* a: set of enum orl_clip_type; both directions; 0 gives up */
    ORL_SPICE_CLIP_REQUEST, /* a: type, id; both directions */
    ORL_SPICE_CLIP_DATA,    /* a: type, id, data (NULL: failed); both directions */
    ORL_SPICE_FILE_SEND,    /* id, data: path, UTF-8 */
    ORL_SPICE_FILE_CANCEL,  /* id */
    ORL_SPICE_USB_SET,      /* id of a device, a: 1 connect, 0 disconnect */
    ORL_SPICE_USB_LIST,     /* asks for the list */
    /* SPICE -> main */
    ORL_SPICE_MIC_WANTED,  /* a: 1 the guest opened the device, 0 closed it */
    ORL_SPICE_FILE_STATE,  /* id, a: percent 0..100, b: 0 runs, 1 done, 2 failed, 3 cancelled;
                               data: name, or the reason when failed */
    ORL_SPICE_USB_DEVICES, /* data: struct orl_spice_usb[], len bytes */
    ORL_SPICE_USB_RESULT, /* id, a: 1 connected, 0 not; data: reason when it failed, else NULL */
    ORL_SPICE_MESSAGE     /* data: a sentence for the user */
};

struct orl_spice_note {
    enum orl_spice_note_kind kind;
    uint32_t a, b;
    uint64_t id;
    uint8_t *data; /* malloc'ed or NULL; terminated by a 0 that `len` does not count */
    size_t len;
};

struct orl_spice_usb {
    uint64_t id; /* bus * 256 + address */
    uint16_t vendor, product;
    bool connected, allowed;
    char name[120];
};

struct orl_spice_link {            /* made by app, borrowed until stop */
    struct orl_cmdq *input;        /* main -> SPICE; its wake is set by orl_spice_start() */
    struct orl_audio *audio;       /* may be NULL: no sound */
    struct orl_fallback *fallback; /* may be NULL: no display */
    struct orl_spsc requests;      /* main -> SPICE: struct orl_spice_note */
    struct orl_spsc events;        /* SPICE -> main: struct orl_spice_note */
    struct orl_mailbox status_mb;  /* SPICE -> main */
    struct orl_spice_status status[3];
    void (*wake_main)(void *arg); /* any thread, never blocks; may be NULL */
    void *wake_main_arg;
};

struct orl_spice;

/* Link without queues' neighbours: the caller sets the pointers. ORL_OK or ORL_ENOMEM. */
ORL_MUST int orl_spice_link_init(struct orl_spice_link *link);
void orl_spice_link_finish(struct orl_spice_link *link); /* frees notes that nobody took */

/* Main thread. ORL_OK, ORL_ENOMEM, ORL_ESYS. Never waits for the server. */
ORL_MUST int orl_spice_start(struct orl_spice **out, const struct orl_spice_conf *conf,
                             struct orl_spice_link *link);
/* Releases all keys in the guest, disconnects, joins. Within about a second, also from a server
 * that hangs. */
void orl_spice_stop(struct orl_spice **spice);

/* Main thread: hands a request over and wakes the thread; false: queue full (data is freed). */
bool orl_spice_request(struct orl_spice *spice, const struct orl_spice_note *note);

/* Drain the input queue and look at requests. Any thread, never blocks. */
void orl_spice_wake(void *spice);

/* The sentence for the user about a state and fault: cause and next step. Pure. */
void orl_spice_sentence(const struct orl_spice_status *s, const struct orl_spice_conf *conf,
                        char *headline, size_t headline_cap, char *hint, size_t hint_cap);

#endif
