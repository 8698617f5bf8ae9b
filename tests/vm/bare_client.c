/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SPICE library and nothing else, driven by lines: the yardstick for what Oriel adds, and the
 * other end when the harness tests itself.
 *
 *   bare_client unix:PATH | tcp:HOST:PORT [password]
 *
 * Reads:  key SET1 1|0 (decimal, 256 + code for E0)   motion DX DY   position X Y
 *         button N 1|0   wheel N   locks SET   mode server|client
 *         clip-put HEX (text)   clip-offer   clip-get   sound FILE   mic HZ   size W H   quit
 * Tells:  what the callbacks below print. One thread.
 */
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib.h>
#include <spice-client.h>
#include <spice/vd_agent.h>

enum { MIC_RATE = 48000, MIC_FRAMES = 480 };

struct client {
    GMainLoop *loop;
    SpiceSession *session;
    SpiceMainChannel *main;
    SpiceInputsChannel *inputs;
    SpiceRecordChannel *record;
    gint buttons; /* mask of what is down */
    GByteArray *clip;
    GString *in;
    FILE *sound;
    gint64 sound_start_us;
    gsize sound_bytes;
    double mic_hz;
    guint64 mic_frame;
    gint64 mic_start_us;
    guint mic_timer;
};

/* --- out --- */

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

static void say_clip(const guint8 *data, guint len)
{
    printf("clip-data %u ", len);
    for (guint i = 0; i < len && len <= 65536; i++) {
        printf("%02x", data[i]);
    }
    say("%s", "");
}

/* --- keys and pointer --- */

static int button_mask(int button)
{
    switch (button) {
    case SPICE_MOUSE_BUTTON_LEFT: return SPICE_MOUSE_BUTTON_MASK_LEFT;
    case SPICE_MOUSE_BUTTON_MIDDLE: return SPICE_MOUSE_BUTTON_MASK_MIDDLE;
    case SPICE_MOUSE_BUTTON_RIGHT: return SPICE_MOUSE_BUTTON_MASK_RIGHT;
    case SPICE_MOUSE_BUTTON_SIDE: return SPICE_MOUSE_BUTTON_MASK_SIDE;
    case SPICE_MOUSE_BUTTON_EXTRA: return SPICE_MOUSE_BUTTON_MASK_EXTRA;
    default: return 0;
    }
}

static void do_button(struct client *c, int button, bool down)
{
    if (down) {
        c->buttons |= button_mask(button);
        spice_inputs_channel_button_press(c->inputs, button, c->buttons);
    } else {
        c->buttons &= ~button_mask(button);
        spice_inputs_channel_button_release(c->inputs, button, c->buttons);
    }
}

static void do_wheel(struct client *c, int notches)
{
    int button = notches > 0 ? SPICE_MOUSE_BUTTON_UP : SPICE_MOUSE_BUTTON_DOWN;
    for (int i = 0; i < abs(notches); i++) {
        spice_inputs_channel_button_press(c->inputs, button, c->buttons);
        spice_inputs_channel_button_release(c->inputs, button, c->buttons);
    }
}

static bool do_input(struct client *c, const char *verb, int a, int b)
{
    if (!c->inputs) {
        return false;
    }
    if (!strcmp(verb, "key")) {
        (b ? spice_inputs_channel_key_press : spice_inputs_channel_key_release)(c->inputs,
                                                                                (guint)a);
    } else if (!strcmp(verb, "motion")) {
        spice_inputs_channel_motion(c->inputs, a, b, c->buttons);
    } else if (!strcmp(verb, "position")) {
        spice_inputs_channel_position(c->inputs, a, b, 0, c->buttons);
    } else if (!strcmp(verb, "button")) {
        do_button(c, a, b);
    } else if (!strcmp(verb, "wheel")) {
        do_wheel(c, a);
    } else if (!strcmp(verb, "locks")) {
        spice_inputs_channel_set_key_locks(c->inputs, (guint)a);
    } else {
        return false;
    }
    return true;
}

/* --- clipboard --- */

static void clip_put(struct client *c, const char *hex)
{
    g_byte_array_set_size(c->clip, 0);
    for (; g_ascii_isxdigit(hex[0]) && g_ascii_isxdigit(hex[1]); hex += 2) {
        guint8 byte =
            (guint8)(g_ascii_xdigit_value(hex[0]) * 16 + g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(c->clip, &byte, 1);
    }
}

static void clip_asked(SpiceMainChannel *main, guint selection, guint type, struct client *c)
{
    say("clip-asked %u", type);
    spice_main_channel_clipboard_selection_notify(main, selection, VD_AGENT_CLIPBOARD_UTF8_TEXT,
                                                  c->clip->data, c->clip->len);
}

static gboolean on_clip_request(SpiceMainChannel *main, guint selection, guint type,
                                struct client *c)
{
    clip_asked(main, selection, type, c);
    return TRUE;
}

static gboolean on_clip_grab(SpiceMainChannel *main, guint selection, guint32 *types,
                             guint count, struct client *c)
{
    (void)main;
    (void)selection;
    (void)c;
    printf("clip-grab");
    for (guint i = 0; i < count; i++) {
        printf(" %u", types[i]);
    }
    say("%s", "");
    return TRUE;
}

static void on_clip_release(SpiceMainChannel *main, guint selection, struct client *c)
{
    (void)main;
    (void)selection;
    (void)c;
    say("clip-released");
}

static void on_clip_data(SpiceMainChannel *main, guint selection, guint type, gpointer data,
                         guint size, struct client *c)
{
    (void)main;
    (void)selection;
    (void)type;
    (void)c;
    say_clip(data, size);
}

static void on_agent(SpiceMainChannel *main, GParamSpec *spec, struct client *c)
{
    gboolean connected = FALSE;
    (void)spec;
    (void)c;
    g_object_get(main, "agent-connected", &connected, NULL);
    say("agent %d caps %d", connected,
        spice_main_channel_agent_test_capability(main, VD_AGENT_CAP_CLIPBOARD_BY_DEMAND));
}

static void on_mouse(SpiceMainChannel *main, gpointer unused, struct client *c)
{
    int mode = 0;
    (void)unused;
    (void)c;
    g_object_get(main, "mouse-mode", &mode, NULL);
    say("mouse-mode %s", mode == SPICE_MOUSE_MODE_CLIENT ? "client" : "server");
}

/* --- sound --- */

static void on_play_start(SpicePlaybackChannel *ch, int format, int channels, int rate,
                          struct client *c)
{
    (void)ch;
    c->sound_bytes = 0;
    c->sound_start_us = g_get_monotonic_time();
    say("play-start %d %d %d", format, channels, rate);
}

static void on_play_data(SpicePlaybackChannel *ch, gpointer data, int size, struct client *c)
{
    (void)ch;
    c->sound_bytes += (gsize)size;
    if (c->sound) {
        fwrite(data, 1, (size_t)size, c->sound);
    }
}

static void on_play_stop(SpicePlaybackChannel *ch, struct client *c)
{
    (void)ch;
    if (c->sound) {
        fflush(c->sound);
    }
    say("play-stop %zu bytes %" G_GINT64_FORMAT " ms", c->sound_bytes,
        (g_get_monotonic_time() - c->sound_start_us) / 1000);
}

static void on_play_delay(SpicePlaybackChannel *ch, struct client *c)
{
    (void)c;
    spice_playback_channel_set_delay(ch, 20);
}

static void on_volume(GObject *ch, GParamSpec *spec, struct client *c)
{
    guint channels = 0;
    guint16 *volume = NULL;
    gboolean mute = FALSE;
    (void)spec;
    (void)c;
    g_object_get(ch, "nchannels", &channels, "volume", &volume, "mute", &mute, NULL);
    say("volume %d mute %d", channels > 0 && volume ? volume[0] : -1, mute);
}

/* As much of the tone as the clock says has been heard by now. */
static gboolean mic_send(gpointer arg)
{
    struct client *c = arg;
    gint16 frames[MIC_FRAMES * 2];
    guint64 due = (guint64)(g_get_monotonic_time() - c->mic_start_us) * MIC_RATE / 1000000;
    while (c->mic_frame + MIC_FRAMES <= due && c->record) {
        for (int i = 0; i < MIC_FRAMES; i++) {
            double phase = fmod(c->mic_hz * (double)(c->mic_frame + (guint64)i) / MIC_RATE, 1);
            frames[2 * i] = frames[2 * i + 1] = (gint16)lrint(16000 * sin(phase * 2 * G_PI));
        }
        spice_record_channel_send_data(c->record, frames, sizeof frames,
                                       (guint32)(c->mic_frame * 1000 / MIC_RATE));
        c->mic_frame += MIC_FRAMES;
    }
    return G_SOURCE_CONTINUE;
}

static void on_record_start(SpiceRecordChannel *ch, int format, int channels, int rate,
                            struct client *c)
{
    (void)ch;
    say("mic-start %d %d %d", format, channels, rate);
    if (c->mic_hz > 0 && !c->mic_timer && channels == 2 && rate == MIC_RATE) {
        c->mic_frame = 0;
        c->mic_start_us = g_get_monotonic_time();
        c->mic_timer = g_timeout_add(5, mic_send, c);
    }
}

static void on_record_stop(SpiceRecordChannel *ch, struct client *c)
{
    (void)ch;
    if (c->mic_timer) {
        g_source_remove(c->mic_timer);
        c->mic_timer = 0;
    }
    say("mic-stop");
}

/* --- display --- */

static void on_surface(SpiceDisplayChannel *ch, int format, int w, int h, int stride, int shmid,
                       gpointer data, struct client *c)
{
    (void)ch;
    (void)format;
    (void)stride;
    (void)shmid;
    (void)data;
    (void)c;
    say("display %d %d", w, h);
}

/* --- channels --- */

static void on_locks(SpiceInputsChannel *ch, struct client *c)
{
    gint locks = 0;
    (void)c;
    g_object_get(ch, "key-modifiers", &locks, NULL);
    say("leds %d", locks);
}

static void on_event(SpiceChannel *ch, SpiceChannelEvent event, struct client *c)
{
    int type = 0;
    const GError *error = spice_channel_get_error(ch);
    g_object_get(ch, "channel-type", &type, NULL);
    if (event == SPICE_CHANNEL_OPENED) {
        say("open %s", spice_channel_type_to_string(type));
        return;
    }
    say("closed %s %d %s", spice_channel_type_to_string(type), (int)event,
        error ? error->message : "");
    if (SPICE_IS_MAIN_CHANNEL(ch)) {
        g_main_loop_quit(c->loop);
    }
}

static void connect_signal(gpointer ch, const char *name, GCallback call, struct client *c)
{
    g_signal_connect(ch, name, call, c);
}

static void attach_main(struct client *c, SpiceChannel *ch)
{
    c->main = SPICE_MAIN_CHANNEL(ch);
    connect_signal(ch, "main-mouse-update", G_CALLBACK(on_mouse), c);
    connect_signal(ch, "main-agent-update", G_CALLBACK(on_agent), c);
    connect_signal(ch, "main-clipboard-selection-grab", G_CALLBACK(on_clip_grab), c);
    connect_signal(ch, "main-clipboard-selection-request", G_CALLBACK(on_clip_request), c);
    connect_signal(ch, "main-clipboard-selection-release", G_CALLBACK(on_clip_release), c);
    connect_signal(ch, "main-clipboard-selection", G_CALLBACK(on_clip_data), c);
}

static void on_channel(SpiceSession *s, SpiceChannel *ch, struct client *c)
{
    (void)s;
    connect_signal(ch, "channel-event", G_CALLBACK(on_event), c);
    if (SPICE_IS_MAIN_CHANNEL(ch)) {
        attach_main(c, ch); /* connected by the session itself */
        return;
    }
    if (SPICE_IS_INPUTS_CHANNEL(ch)) {
        c->inputs = SPICE_INPUTS_CHANNEL(ch);
        connect_signal(ch, "inputs-modifiers", G_CALLBACK(on_locks), c);
    } else if (SPICE_IS_PLAYBACK_CHANNEL(ch)) {
        connect_signal(ch, "playback-start", G_CALLBACK(on_play_start), c);
        connect_signal(ch, "playback-data", G_CALLBACK(on_play_data), c);
        connect_signal(ch, "playback-stop", G_CALLBACK(on_play_stop), c);
        connect_signal(ch, "playback-get-delay", G_CALLBACK(on_play_delay), c);
        connect_signal(ch, "notify::volume", G_CALLBACK(on_volume), c);
        connect_signal(ch, "notify::mute", G_CALLBACK(on_volume), c);
    } else if (SPICE_IS_RECORD_CHANNEL(ch)) {
        c->record = SPICE_RECORD_CHANNEL(ch);
        connect_signal(ch, "record-start", G_CALLBACK(on_record_start), c);
        connect_signal(ch, "record-stop", G_CALLBACK(on_record_stop), c);
    } else if (SPICE_IS_DISPLAY_CHANNEL(ch)) {
        connect_signal(ch, "display-primary-create", G_CALLBACK(on_surface), c);
    } else {
        return;
    }
    spice_channel_connect(ch);
}

static void on_channel_gone(SpiceSession *s, SpiceChannel *ch, struct client *c)
{
    (void)s;
    if ((gpointer)ch == (gpointer)c->inputs) {
        c->inputs = NULL;
    } else if ((gpointer)ch == (gpointer)c->main) {
        c->main = NULL;
    } else if ((gpointer)ch == (gpointer)c->record) {
        c->record = NULL;
    }
}

static void on_disconnected(SpiceSession *s, struct client *c)
{
    (void)s;
    g_main_loop_quit(c->loop);
}

/* --- lines --- */

static bool do_main(struct client *c, const char *verb, const char *words)
{
    int w = 0, h = 0;
    if (!c->main) {
        return false;
    }
    if (!strcmp(verb, "mode")) {
        spice_main_channel_request_mouse_mode(c->main, !strcmp(words, "client")
                                                           ? SPICE_MOUSE_MODE_CLIENT
                                                           : SPICE_MOUSE_MODE_SERVER);
    } else if (!strcmp(verb, "clip-offer")) {
        guint32 type = VD_AGENT_CLIPBOARD_UTF8_TEXT;
        spice_main_channel_clipboard_selection_grab(c->main, 0, &type, 1);
    } else if (!strcmp(verb, "clip-get")) {
        spice_main_channel_clipboard_selection_request(c->main, 0,
                                                       VD_AGENT_CLIPBOARD_UTF8_TEXT);
    } else if (!strcmp(verb, "size") && sscanf(words, "%d %d", &w, &h) == 2) {
        spice_main_channel_update_display(c->main, 0, 0, 0, w, h, FALSE);
        spice_main_channel_update_display_enabled(c->main, 0, TRUE, FALSE);
        spice_main_channel_send_monitor_config(c->main);
    } else {
        return false;
    }
    return true;
}

static bool do_sound(struct client *c, const char *verb, const char *words)
{
    if (!strcmp(verb, "sound")) {
        if (c->sound) {
            fclose(c->sound);
        }
        c->sound = fopen(words, "wb");
        return c->sound != NULL;
    }
    if (!strcmp(verb, "mic")) {
        c->mic_hz = g_ascii_strtod(words, NULL);
        return true;
    }
    return false;
}

static void do_line(struct client *c, char *line)
{
    char *words = strchr(line, ' ');
    int a = 0, b = 0;
    if (words) {
        *words++ = 0;
        sscanf(words, "%d %d", &a, &b);
    } else {
        words = line + strlen(line);
    }
    if (!strcmp(line, "quit")) {
        spice_session_disconnect(c->session);
    } else if (!strcmp(line, "clip-put")) {
        clip_put(c, words);
    } else if (!do_input(c, line, a, b) && !do_main(c, line, words) &&
               !do_sound(c, line, words)) {
        say("failed %s", line);
    }
}

static gboolean on_stdin(gint fd, GIOCondition condition, gpointer arg)
{
    struct client *c = arg;
    char data[65536], *end;
    ssize_t n = read(fd, data, sizeof data);
    (void)condition;
    if (n <= 0) {
        spice_session_disconnect(c->session);
        return G_SOURCE_REMOVE;
    }
    g_string_append_len(c->in, data, n);
    while ((end = strchr(c->in->str, '\n')) != NULL) {
        *end = 0;
        do_line(c, c->in->str);
        g_string_erase(c->in, 0, end + 1 - c->in->str);
    }
    return G_SOURCE_CONTINUE;
}

static bool set_place(SpiceSession *s, char *place, const char *password)
{
    char *port;
    if (g_str_has_prefix(place, "unix:")) {
        g_object_set(s, "unix-path", place + 5, NULL);
    } else if (g_str_has_prefix(place, "tcp:") && (port = strrchr(place + 4, ':')) != NULL) {
        *port++ = 0;
        g_object_set(s, "host", place + 4, "port", port, NULL);
    } else {
        return false;
    }
    g_object_set(s, "password", password, NULL);
    return true;
}

int main(int argc, char **argv)
{
    struct client c = {.session = spice_session_new(), .clip = g_byte_array_new()};
    if (argc < 2 || !set_place(c.session, argv[1], argc > 2 ? argv[2] : NULL)) {
        fprintf(stderr, "usage: bare_client unix:PATH | tcp:HOST:PORT [PASSWORD]\n");
        return 2;
    }
    c.loop = g_main_loop_new(NULL, FALSE);
    c.in = g_string_new(NULL);
    connect_signal(c.session, "channel-new", G_CALLBACK(on_channel), &c);
    connect_signal(c.session, "channel-destroy", G_CALLBACK(on_channel_gone), &c);
    connect_signal(c.session, "disconnected", G_CALLBACK(on_disconnected), &c);
    g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_stdin, &c);
    if (!spice_session_connect(c.session)) {
        return 1;
    }
    g_main_loop_run(c.loop);
    if (c.sound) {
        fclose(c.sound);
    }
    g_object_unref(c.session);
    g_byte_array_unref(c.clip);
    g_string_free(c.in, TRUE);
    g_main_loop_unref(c.loop);
    return 0;
}
