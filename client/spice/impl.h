/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the session share. Private to spice/. All fields below "SPICE thread" belong to
 * that thread; the others are fixed between start and stop or are atomic.
 */
#ifndef ORL_SPICE_IMPL_H
#define ORL_SPICE_IMPL_H

#include "base/serial.h"
#include "base/thread.h"
#include "spice/fault.h"
#include "spice/part.h"

#define ORL_SPICE_CHANNELS_MAX 32

#define ORL_SPICE_NOBODY SIZE_MAX

/* A connected channel and the part that serves it. */
struct orl_spice_attached {
    SpiceChannel *channel; /* a reference of ours */
    size_t part;           /* index in orl_spice.parts; ORL_SPICE_NOBODY */
    bool open, said;       /* said: that it does not come back */
    uint64_t opened_ns;    /* when it opened last */
    uint64_t lost_ns;      /* since when it is gone, or comes and goes; 0: all is well */
    uint64_t due_ns;       /* gone: when it is connected again */
    uint32_t pause_ms;     /* between the attempts */
};

struct orl_spice_active {
    const struct orl_spice_part *part;
    void *self; /* may be NULL */
};

/* One attempt to have a session, and what is kept from one to the next. */
struct orl_spice_try {
    SpiceSession *session; /* NULL between attempts */
    SpiceMainChannel *main;
    struct orl_spice_attached attached[ORL_SPICE_CHANNELS_MAX];
    size_t attached_n;
    bool opened;           /* the server has let us in */
    bool init;             /* the main channel has had its first message */
    bool listed;           /* the server has offered other channels */
    bool inputs_listed;    /* the inputs channel is among them */
    bool ready;            /* all of this that is wanted is there */
    bool main_over;        /* the main channel has ended */
    bool main_first;       /* and another one that was open had not, in that moment */
    bool losing;           /* ready, but ending: lost.c asks what to make of it */
    bool waited;           /* lost.c gave a late end of the main channel its time */
    uint64_t ready_ns;     /* since when */
    uint64_t lost_ns;      /* when lost.c was last asked; 0 never */
    int64_t peer_pid;      /* process behind the Unix socket; 0 unknown */
    guint timer;           /* deadline of the attempt, next attempt, or lost.c's */
    guint end;             /* the attempt is over, taken down from the loop */
    guint guard;           /* lost.c: the main channel's socket is watched for its end */
    guint mend;            /* timer: a lost channel is to be connected again */
    GCancellable *probing; /* is the server still there? NULL: nobody asks */
    struct orl_spice_reason reason; /* why it is over */
    uint32_t pause_ms;              /* before the next attempt */
    char *password;                 /* given by SET_PASSWORD; wiped when freed */
    char murmur[160];               /* the library's last complaint */
    char said[200];                 /* last line in the log, so that it is said once */
};

struct orl_spice {
    struct orl_spice_conf conf;
    struct orl_spice_link *link;
    struct orl_thread thread;
    struct orl_flag stop;
    int wake_fd; /* eventfd; any thread writes */

    /* SPICE thread. */
    GThread *self;
    struct orl_spice_status status, published;
    struct orl_spice_active parts[ORL_SPICE_PARTS_MAX];
    size_t part_n;
    struct orl_spice_try t;
    uint64_t notes_lost;
};

/* session.c: SPICE thread. */
void orl_session_start(struct orl_spice *s); /* the first attempt; returns at once */
void orl_session_stop(struct orl_spice *s);  /* within a second */
bool orl_session_request(struct orl_spice *s, const struct orl_spice_note *note);
/* The session is over for this reason; taken down from the loop, so it may be called anywhere. */
void orl_session_fail(struct orl_spice *s, enum orl_spice_fault fault, const char *detail);

/* What follows a session that was lost or taken; with one that stands, it ends now. */
enum orl_next { ORL_NEXT_LATER, ORL_NEXT_NOW, ORL_NEXT_TAKEN };
void orl_session_next(struct orl_spice *s, enum orl_next next);

/* lost.c: asks what to make of the end of a session that still stands in part, or has another look
 * at one that is taken; calls orl_session_next() later, unless timer and probe are cancelled. */
void orl_lost_guard(struct orl_spice *s, GSocket *main_socket); /* a session begins */
void orl_lost_unguard(struct orl_spice *s);                     /* it is torn down */
void orl_lost_ask(struct orl_spice *s);
void orl_lost_watch(struct orl_spice *s);

/* channels.c: a channel of the session came (parts are attached, it is connected), went; all go. */
void orl_channels_offer(struct orl_spice *s, SpiceChannel *channel);
void orl_channels_gone(struct orl_spice *s, const SpiceChannel *channel);
void orl_channels_end(struct orl_spice *s);
/* One is lost that is not back yet. */
bool orl_channels_missing(const struct orl_spice *s);

/* channel_main.c: what the main channel tells. */
void orl_main_attach(struct orl_spice *s);
void orl_main_detach(struct orl_spice *s);
void orl_main_opened(struct orl_spice *s);
/* From now on positions (client mouse mode), or motion. Any state of the session. */
void orl_main_set_absolute(struct orl_spice *s, bool absolute);
/* Asks the guest's agent for a screen of that size, pixels; sizes that no screen has are ignored. */
void orl_main_set_size(struct orl_spice *s, uint32_t w, uint32_t h);

/* probe.c: asks whether a server is there that is the one we had, without taking its session.
 * `done` is called later, from the loop, unless *probing is cancelled before. */
enum orl_probe {
    ORL_PROBE_GONE,   /* nobody listens, or hung up without an answer */
    ORL_PROBE_SILENT, /* neither yes nor no: no way there, or no answer within two seconds */
    ORL_PROBE_OTHER,
    ORL_PROBE_SAME
};
void orl_probe_start(struct orl_spice *s, void (*done)(struct orl_spice *s, enum orl_probe r));

/* status.c */
void orl_status_init(struct orl_spice *s);
/* Forget what only a living session knows. */
void orl_status_clear_session(struct orl_spice *s);

#endif
