/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The viewer's SPICE session without the viewer: client/spice driven by lines, so that a test can
 * look at both of its ends.
 *
 *   drive NAME=VALUE...       host, port, tls-port, password, ca-file, host-subject, absolute, share
 *   drive --keymap            prints the key table: USAGE SET1 LINUX NAME
 *
 * Reads:  key USAGE 1|0   motion DX DY   position X Y (of the SPICE display)   button N 1|0
 *         wheel DY DX   locks SET   release
 *         clip-put HEX (text)   clip-offer   clip-get   size W H   file ID PATH   file-cancel ID
 *         password TEXT   take-back   quit
 * Tells:  status ... (see tell_status), clip-grab SET, clip-asked TYPE, clip-data TYPE LEN HEX,
 *         file ID PERCENT STATE TEXT, mic 1|0, message TEXT
 *
 * One thread besides the session's own: it stands for the viewer's main thread.
 */
#include <ctype.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "clip/clip.h"
#include "input/keymap.h"
#include "spice/spice.h"

enum { FLUSH_MS = 5, LINE_MAX_BYTES = 1 << 20 };

struct drive {
    struct orl_spice_conf conf;
    struct orl_spice_link link;
    struct orl_cmdq input;
    struct orl_fallback display; /* nobody looks: only its size is known */
    struct orl_spice *spice;
    struct orl_spice_status status;
    int wake_fd;
    uint8_t *clip;
    size_t clip_len;
    char *in; /* LINE_MAX_BYTES */
    size_t in_len;
    bool quit;
};

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

static void wake(void *arg)
{
    const struct drive *d = arg;
    uint64_t one = 1;
    if (write(d->wake_fd, &one, sizeof one) < 0) {
        return; /* it is awake already */
    }
}

/* --- out --- */

static const char *state_name(enum orl_spice_state state)
{
    static const char *const names[] = {"off",     "connecting", "ready",
                                        "waiting", "password",   "taken"};
    return names[state];
}

static void tell_status(const struct orl_spice_status *s)
{
    printf("status %s fault %d has %u epoch %u absolute %d leds %d display %ux%u clip %d uuid ",
           state_name(s->state), (int)s->fault, s->has, s->epoch, s->absolute,
           s->leds_known ? s->leds : -1, s->display_w, s->display_h, s->clip_ready);
    for (int i = 0; i < 16 && s->has_uuid; i++) {
        printf("%02x", s->uuid[i]);
    }
    say(" name %s detail %s", s->name, s->detail);
}

static void tell_clip(const struct orl_spice_note *note)
{
    printf("clip-data %u %zu ", note->a, note->len);
    for (size_t i = 0; i < note->len && note->len <= 65536; i++) {
        printf("%02x", note->data[i]);
    }
    say("%s", note->data ? "" : "failed");
}

static void request(struct drive *d, enum orl_spice_note_kind kind, uint32_t a, uint32_t b,
                    uint64_t id, const void *data, size_t len)
{
    struct orl_spice_note note = {.kind = kind, .a = a, .b = b, .id = id, .len = len};
    if (data) {
        note.data = malloc(len + 1);
        if (!note.data) {
            return;
        }
        memcpy(note.data, data, len);
        note.data[len] = 0;
    }
    if (!orl_spice_request(d->spice, &note)) {
        say("failed request %d", (int)kind);
    }
}

static void tell_note(struct drive *d, const struct orl_spice_note *note)
{
    const char *text = note->data ? (const char *)note->data : "";
    switch (note->kind) {
    case ORL_SPICE_CLIP_OFFER: say("clip-grab %u", note->a); break;
    case ORL_SPICE_CLIP_REQUEST:
        say("clip-asked %u", note->a);
        request(d, ORL_SPICE_CLIP_DATA, note->a, 0, note->id, d->clip, d->clip_len);
        break;
    case ORL_SPICE_CLIP_DATA: tell_clip(note); break;
    case ORL_SPICE_MIC_WANTED: say("mic %u", note->a); break;
    case ORL_SPICE_FILE_STATE:
        say("file %llu %u %u %s", (unsigned long long)note->id, note->a, note->b, text);
        break;
    case ORL_SPICE_MESSAGE: say("message %s", text); break;
    default: say("note %d", (int)note->kind); break;
    }
}

static void take_news(struct drive *d)
{
    struct orl_spice_note note;
    if (orl_mailbox_take(&d->link.status_mb)) {
        d->status = d->link.status[d->link.status_mb.front];
        tell_status(&d->status);
    }
    while (orl_spsc_pull(&d->link.events, &note)) {
        tell_note(d, &note);
        free(note.data);
    }
}

/* --- in --- */

static bool do_input(struct drive *d, const char *verb, int a, int b)
{
    static const struct {
        const char *verb;
        enum orl_cmd_kind kind;
    } verbs[] = {{"key", ORL_CMD_KEY},
                 {"button", ORL_CMD_BUTTON},
                 {"motion", ORL_CMD_MOTION},
                 {"position", ORL_CMD_POSITION},
                 {"wheel", ORL_CMD_WHEEL},
                 {"locks", ORL_CMD_LOCKS},
                 {"release", ORL_CMD_RELEASE_ALL}};
    struct orl_cmd cmd = {.t_ns = orl_now_ns()};
    size_t i = 0;
    while (i < sizeof verbs / sizeof verbs[0] && strcmp(verb, verbs[i].verb) != 0) {
        i++;
    }
    if (i == sizeof verbs / sizeof verbs[0]) {
        return false;
    }
    cmd.kind = (uint8_t)verbs[i].kind;
    if (cmd.kind == ORL_CMD_KEY) {
        const struct orl_key *key = orl_key_of((uint16_t)a);
        cmd.usage = (uint16_t)a;
        cmd.code = key ? key->set1 : 0;
        cmd.down = b != 0;
    } else if (cmd.kind == ORL_CMD_BUTTON || cmd.kind == ORL_CMD_LOCKS) {
        cmd.code = (uint16_t)a;
        cmd.down = b != 0;
    } else if (cmd.kind == ORL_CMD_WHEEL) {
        cmd.dy = a;
        cmd.dx = b;
    } else {
        cmd.dx = a;
        cmd.dy = b;
        cmd.w = (uint16_t)d->status.display_w;
        cmd.h = (uint16_t)d->status.display_h;
    }
    if (!orl_cmdq_push(&d->input, &cmd)) {
        say("full");
    }
    return true;
}

static int digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool clip_put(struct drive *d, const char *hex)
{
    size_t len = strlen(hex) / 2;
    uint8_t *data = malloc(len + 1);
    if (!data) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(digit(hex[2 * i]) * 16 + digit(hex[2 * i + 1]));
    }
    free(d->clip);
    d->clip = data;
    d->clip_len = len;
    return true;
}

static bool do_request(struct drive *d, const char *verb, const char *words, int a, int b)
{
    const char *path = strchr(words, ' ');
    if (strcmp(verb, "clip-put") == 0) {
        return clip_put(d, words);
    }
    if (strcmp(verb, "clip-offer") == 0) {
        request(d, ORL_SPICE_CLIP_OFFER, ORL_CLIP_TEXT, 0, 0, NULL, 0);
    } else if (strcmp(verb, "clip-get") == 0) {
        request(d, ORL_SPICE_CLIP_REQUEST, ORL_CLIP_TEXT, 0, 1, NULL, 0);
    } else if (strcmp(verb, "size") == 0) {
        request(d, ORL_SPICE_SET_SIZE, (uint32_t)a, (uint32_t)b, 0, NULL, 0);
    } else if (strcmp(verb, "file") == 0 && path) {
        request(d, ORL_SPICE_FILE_SEND, 0, 0, (uint64_t)a, path + 1, strlen(path + 1));
    } else if (strcmp(verb, "file-cancel") == 0) {
        request(d, ORL_SPICE_FILE_CANCEL, 0, 0, (uint64_t)a, NULL, 0);
    } else if (strcmp(verb, "password") == 0) {
        request(d, ORL_SPICE_SET_PASSWORD, 0, 0, 0, words, strlen(words));
    } else if (strcmp(verb, "take-back") == 0) {
        request(d, ORL_SPICE_TAKE_BACK, 0, 0, 0, NULL, 0);
    } else {
        return false;
    }
    return true;
}

static void do_line(struct drive *d, char *line)
{
    char *words = strchr(line, ' ');
    int a = 0, b = 0;
    if (words) {
        *words++ = 0;
    } else {
        words = line + strlen(line);
    }
    sscanf(words, "%d %d", &a, &b);
    if (strcmp(line, "quit") == 0) {
        d->quit = true;
    } else if (!do_input(d, line, a, b) && !do_request(d, line, words, a, b)) {
        say("failed %s", line);
    }
}

static void read_lines(struct drive *d)
{
    ssize_t n = read(STDIN_FILENO, d->in + d->in_len, LINE_MAX_BYTES - 1 - d->in_len);
    char *at = d->in, *end;
    if (n <= 0) {
        d->quit = true;
        return;
    }
    d->in_len += (size_t)n;
    d->in[d->in_len] = 0;
    while ((end = strchr(at, '\n')) != NULL) {
        *end = 0;
        do_line(d, at);
        at = end + 1;
    }
    d->in_len -= (size_t)(at - d->in);
    memmove(d->in, at, d->in_len);
}

/* --- start --- */

static bool set_option(struct orl_spice_conf *c, char *option)
{
    char *value = strchr(option, '=');
    const struct {
        const char *name;
        const char **text;
        int *number;
        bool *flag;
    } options[] = {
        {"host", &c->host, NULL, NULL},         {"port", NULL, &c->port, NULL},
        {"tls-port", NULL, &c->tls_port, NULL}, {"password", &c->password, NULL, NULL},
        {"ca-file", &c->ca_file, NULL, NULL},   {"host-subject", &c->host_subject, NULL, NULL},
        {"share", &c->share_dir, NULL, NULL},   {"absolute", NULL, NULL, &c->absolute}};
    for (size_t i = 0; value && i < sizeof options / sizeof options[0]; i++) {
        if (strncmp(option, options[i].name, (size_t)(value - option)) != 0 ||
            strlen(options[i].name) != (size_t)(value - option)) {
            continue;
        }
        if (options[i].text) {
            *options[i].text = value + 1;
        } else if (options[i].number) {
            *options[i].number = (int)strtol(value + 1, NULL, 10);
        } else {
            *options[i].flag = value[1] == '1';
        }
        return true;
    }
    return false;
}

static int print_keymap(void)
{
    size_t n = 0;
    const struct orl_key *keys = orl_keymap(&n);
    for (size_t i = 0; i < n; i++) {
        printf("%u %u %u %s\n", keys[i].usage, keys[i].set1, keys[i].linux_code, keys[i].name);
    }
    return 0;
}

static void run(struct drive *d)
{
    struct pollfd p[2] = {{STDIN_FILENO, POLLIN, 0}, {d->wake_fd, POLLIN, 0}};
    while (!d->quit) {
        /* What did not fit into the queue goes out as soon as there is room. */
        int wait_ms = orl_cmdq_flush(&d->input) ? -1 : FLUSH_MS;
        poll(p, 2, wait_ms);
        if (p[1].revents) {
            uint64_t count;
            if (read(d->wake_fd, &count, sizeof count) < 0) {
                continue;
            }
        }
        take_news(d);
        if (p[0].revents) {
            read_lines(d);
        }
    }
}

static bool start(struct drive *d)
{
    d->in = malloc(LINE_MAX_BYTES);
    d->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!d->in || d->wake_fd < 0 || orl_cmdq_init(&d->input) || orl_spice_link_init(&d->link)) {
        return false;
    }
    orl_fallback_init(&d->display, NULL);
    d->link.input = &d->input;
    d->link.fallback = &d->display;
    d->link.wake_main = wake;
    d->link.wake_main_arg = d;
    return orl_spice_start(&d->spice, &d->conf, &d->link) == ORL_OK;
}

int main(int argc, char **argv)
{
    static struct drive d = {.conf = {.host = "",
                                      .password = "",
                                      .password_file = "",
                                      .ca_file = "",
                                      .host_subject = "",
                                      .share_dir = "",
                                      .usb_auto_filter = "",
                                      .usb_redirect_filter = "",
                                      .input = true,
                                      .clipboard = true,
                                      .display = true,
                                      .files = true}};
    if (argc == 2 && strcmp(argv[1], "--keymap") == 0) {
        return print_keymap();
    }
    for (int i = 1; i < argc; i++) {
        if (!set_option(&d.conf, argv[i])) {
            fprintf(stderr, "drive: there is no option '%s'\n", argv[i]);
            return 2;
        }
    }
    if (!start(&d)) {
        fprintf(stderr, "drive: the session does not start\n");
        return 1;
    }
    run(&d);
    orl_spice_stop(&d.spice);
    orl_spice_link_finish(&d.link);
    orl_cmdq_finish(&d.input);
    orl_fallback_finish(&d.display);
    close(d.wake_fd);
    free(d.clip);
    free(d.in);
    return 0;
}
