/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's own state and its parts. Private to app/; main thread unless stated. */
#ifndef ORL_APP_IMPL_H
#define ORL_APP_IMPL_H

#include "app/app.h"
#include "app/signals.h"
#include "audio/audio.h"
#include "audio/consent.h"
#include "base/serial.h"
#include "clip/clip.h"
#include "conf/conf.h"
#include "conf/exit_codes.h"
#include "demo/demo.h"
#include "frame/fallback.h"
#include "frame/frame.h"
#include "inject/inject.h"
#include "input/input.h"
#include "input/typist.h"
#include "osd/dialog.h"
#include "render/render.h"
#include "spice/spice.h"
#include "win/clipboard.h"
#include "win/win.h"

/* Who gets what the user types. */
enum orl_app_receiver { ORL_TO_NOBODY, ORL_TO_SPICE, ORL_TO_MEMORY };

/* What the open dialog is about. */
enum orl_app_dialog {
    ORL_DIALOG_FOR_NOTHING,
    ORL_DIALOG_FOR_PASSWORD,
    ORL_DIALOG_FOR_MICROPHONE,
    ORL_DIALOG_FOR_TYPING,
    ORL_DIALOG_FOR_USB,
    ORL_DIALOG_FOR_MENU
};

/* A file on its way to the guest. */
struct orl_app_file {
    uint64_t id; /* 0: free place */
    char name[96];
    uint32_t percent;
};
#define ORL_APP_FILES ORL_OSD_TRANSFERS

/* Dropped files: those under way, those that wait, and what became of the others since none was. */
struct orl_app_drop {
    struct orl_app_file file[ORL_APP_FILES];
    char **waiting; /* paths; owned */
    size_t waiting_n, waiting_cap;
    uint64_t next_id;
    uint32_t done, failed, cancelled;
    uint64_t refused_ns; /* when a sentence said that none can be sent */
    char name[96];       /* of the last one that ended */
    char why[256];       /* the first one that failed: name and reason */
};

struct orl_app {
    const struct orl_conf *conf; /* borrowed */
    const struct orl_conf_run *run;
    char shm_path[256];
    uint64_t start_ns;

    struct orl_demo_child demo;
    struct orl_signals *signals;
    struct orl_frame_link frames;
    struct orl_render_link drawing;
    struct orl_frame *frame;
    struct orl_win *win;
    struct orl_render *render;

    /* Raised while `win` stands: before, there is nobody to wake. Read by all threads. */
    struct orl_flag awake;
    struct orl_flag asked_to_stop; /* by a signal */

    bool leave;
    int exit_code; /* enum orl_exit */

    /* Keyboard and mouse (control.c, grab.c). */
    struct orl_input input;
    struct orl_cmdq to_spice, to_memory;
    enum orl_app_receiver receiver;
    uint32_t receiver_epoch; /* counts changes of who listens */
    uint64_t overflows;      /* of both queues, as answered */
    bool queue_full;         /* something waits for room in one */
    uint32_t mismatch_said, escapes_said;
    bool dialog_known;     /* the log says that a dialog has the keyboard */
    bool locks_open;       /* the host's lock keys were asked for */
    const char *lock_said; /* why capture failed last, as the log has it; static */
    int64_t suspend_ns; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC: grows while the machine sleeps */
    struct orl_inject_link inject_link;
    struct orl_inject *inject;
    bool inject_failed; /* said; not tried again */
    struct orl_inject_status inject_status;
    bool said_memory;       /* the log names it as the way of the input */
    uint64_t taken_ns;      /* another viewer had the input at that time; 0 never */
    uint64_t taken_said_ns; /* the user need not be told again before */

    /* The SPICE session (remote.c) and what it carries. */
    struct orl_spice_conf spice_conf;
    struct orl_spice_link remote;
    struct orl_spice *spice;
    struct orl_spice_status spice_status;
    uint64_t pointer_ns;    /* when its pointer was last another one */
    uint64_t link_from_ns;  /* it may be shown from then on; 0 it may */
    uint64_t link_until_ns; /* the sentence about the session is shown until then; 0 not */
    char link_said[ORL_OSD_LINE]; /* that sentence; "" none */
    bool two_machines;            /* the UUIDs of SPICE and ring differ */
    struct orl_fallback fallback;
    struct orl_audio *audio;
    struct orl_consent consent;
    char consent_path[512];
    uint64_t ask_due_ns; /* when the line with its question goes; UINT64_MAX not */
    uint64_t ask_said_ns, refused_said_ns; /* not said again before: question (log), refusal */

    /* Clipboard and files (share.c). */
    struct orl_clip *clip;
    struct orl_win_clip *desk;
    struct orl_app_drop drop;

    /* Dialogs (dialogs.c). */
    struct orl_dialog dialog;
    enum orl_app_dialog dialog_for;
    bool password_asked; /* for the present refusal */
    struct orl_spice_usb usb[ORL_DIALOG_ROWS];
    uint32_t usb_count;
    struct orl_typist *typist;
    char *typing; /* text that waits for a yes; owned */

    /* Another display of the guest (recovery.c). */
    uint32_t recovery_serial; /* of the request under way; 0 none */
    bool recovery_active;     /* the fallback was on when the guest last answered */

    struct orl_view_state view; /* what render shall do; published when view_changed */
    bool view_changed;
    struct orl_guest_status guest;
    bool video_on;
    struct orl_render_shown shown; /* what stands in the window */
    bool captured, title_changed;
    uint64_t render_due; /* without a render thread: when to step */

    /* The window's size and the picture's. */
    struct orl_win_info win_info;
    uint32_t pic_w, pic_h;     /* upright */
    uint32_t old_w, old_h;     /* window when it last stood still, physical pixels */
    uint64_t area;             /* of the window as the user or the desktop sized it */
    uint32_t asked_w, asked_h; /* what we asked the desktop for last */
    uint64_t settle_ns;        /* when a resize by hand counts as finished; 0 none going on */
};

/* actions.c: what the program does instead of running. True when it was such an action. */
bool orl_app_action(const struct orl_conf *conf, const struct orl_conf_run *run,
                    int *exit_code);

/* inspect.c: --inspect. Returns the exit code. */
int orl_app_inspect(const struct orl_conf_run *run);

/* units.c: starts all; false with app->exit_code set, and everything stopped again, on failure. */
bool orl_app_start(struct orl_app *app);
void orl_app_stop(struct orl_app *app);
/* Main shall look at what others left for it. Any thread, never blocks. */
void orl_app_wake(void *arg); /* struct orl_app */

/* loop.c: until something ends the program. */
void orl_app_loop(struct orl_app *app);

/* Hands the view to the render thread if it has changed. */
void orl_app_publish(struct orl_app *app);

/* Publishes the view, waits for an event until `until_ns` at most, handles what came. */
void orl_app_step(struct orl_app *app, uint64_t until_ns);

/* shape.c: window and picture. */
void orl_app_shape_init(struct orl_app *app);
void orl_app_shape_resized(struct orl_app *app, uint64_t now_ns);
void orl_app_shape_settle(struct orl_app *app);
void orl_app_shape_picture(struct orl_app *app);

/* guest.c: what the guest's status means for the window. */
void orl_app_guest(struct orl_app *app);
void orl_app_title(struct orl_app *app);

/* binds.c: the defaults and the lines of [keys]; false: rep says what is not understood. */
ORL_MUST bool orl_app_binds(const struct orl_conf *conf, struct orl_binds *out,
                            struct orl_conf_report *rep);
/* The keys of the first binding of an action, for a sentence; "" none. */
void orl_app_keys_for(const struct orl_app *app, enum orl_action action, char *dst, size_t cap);
/* The list of bindings; returns how many rows. */
uint32_t orl_app_help(const struct orl_app *app,
                      struct orl_osd_help_row row[ORL_OSD_HELP_ROWS]);

/* keys.c: commands on the keyboard. */
void orl_app_do(struct orl_app *app, const struct orl_bind_hit *hit);
void orl_app_alert(struct orl_app *app, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* recovery.c: asks the guest's display driver for its other display; what becomes of it. */
void orl_app_recovery(struct orl_app *app);
void orl_app_recovery_look(struct orl_app *app);

/* control.c: from the window's events to the guest. */
ORL_MUST int orl_app_control_init(struct orl_app *app);  /* enum orl_exit */
ORL_MUST int orl_app_control_start(struct orl_app *app); /* enum orl_exit */
void orl_app_control_stop(struct orl_app *app);
/* True when the event was a command of the viewer: nobody else wants it. */
bool orl_app_control_event(struct orl_app *app, const struct orl_event *ev, uint64_t now_ns);
void orl_app_control_tick(struct orl_app *app, uint64_t now_ns);
uint64_t orl_app_control_due(const struct orl_app *app);
void orl_app_control_look(struct orl_app *app, uint64_t now_ns); /* who listens, what is seen */

/* grab.c: what input wants of the desktop. */
void orl_app_grab_apply(struct orl_app *app, uint64_t now_ns); /* keyboard and pointer */
/* Where it is time to compare them with those of the guest `g`, input hears of the host's lock keys. */
void orl_app_grab_locks(struct orl_app *app, const struct orl_input_guest *g, uint64_t now_ns);
void orl_app_grab_set_locks(void *arg, uint8_t mask, uint8_t values); /* struct orl_app */

/* remote.c: the SPICE session. */
int orl_app_remote_init(struct orl_app *app);
int orl_app_remote_start(struct orl_app *app); /* enum orl_exit */
void orl_app_remote_stop(struct orl_app *app);
void orl_app_remote_finish(struct orl_app *app);
void orl_app_remote_look(struct orl_app *app, uint64_t now_ns);
void orl_app_remote_tick(struct orl_app *app, uint64_t now_ns);
/* Which file of the session cannot be read, and why; NULL: none is in the way. */
const char *orl_app_remote_bad_file(const struct orl_app *app);
/* Hands a request over; `data` (may be NULL) is copied. */
void orl_app_ask(struct orl_app *app, enum orl_spice_note_kind kind, uint32_t a, uint64_t id,
                 const void *data, size_t len);

/* microphone.c */
void orl_app_microphone_init(struct orl_app *app);
void orl_app_microphone_wanted(struct orl_app *app, bool wanted);
void orl_app_microphone_answer(struct orl_app *app, bool allow, bool remember);
void orl_app_microphone_tick(struct orl_app *app, uint64_t now_ns);
void orl_app_microphone_toggle(struct orl_app *app);
void orl_app_microphone_cycle(struct orl_app *app);

/* share.c: the clipboard. */
void orl_app_share_start(struct orl_app *app);
void orl_app_share_stop(struct orl_app *app);
void orl_app_share_desk(struct orl_app *app, uint64_t now_ns); /* the desktop's clipboard */
void orl_app_share_guest(struct orl_app *app, struct orl_spice_note *note, uint64_t now_ns);

/* drop.c: files dropped on the window. */
void orl_app_share_drop(struct orl_app *app);
void orl_app_share_file(struct orl_app *app, const struct orl_spice_note *note);
void orl_app_share_cancel(struct orl_app *app); /* all that are under way, or wait */
void orl_app_share_forget(struct orl_app *app); /* at the end */

/* typing.c: the host's clipboard as keystrokes. */
void orl_app_typing_ask(struct orl_app *app);
void orl_app_typing_text(struct orl_app *app, const void *text, size_t len);
void orl_app_typing_begin(struct orl_app *app);
void orl_app_typing_stop(struct orl_app *app);   /* what is being typed; keys go up */
void orl_app_typing_cancel(struct orl_app *app); /* also what waits for a yes */
void orl_app_typing_tick(struct orl_app *app, uint64_t now_ns);
#define ORL_APP_TYPING_ID UINT64_MAX /* of the request to the desktop's clipboard */

/* dialogs.c */
void orl_app_dialog_open(struct orl_app *app, enum orl_app_dialog what);
void orl_app_dialog_close(struct orl_app *app);
void orl_app_dialog_event(struct orl_app *app, const struct orl_event *ev);
void orl_app_dialog_usb(struct orl_app *app, const struct orl_spice_note *note);
void orl_app_dialog_show(struct orl_app *app);

/* screenshot.c: asks for a picture, waits for it, writes it. */
bool orl_app_screenshot(struct orl_app *app, const char *path);

/* summary.c: figures on standard output. */
void orl_app_summary(const struct orl_app *app);

#endif
