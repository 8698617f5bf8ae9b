/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Process 1 of the tests' guest: start here. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

enum { LOOK_MS = 100, PIPE_BYTES = 1 << 20 };

struct guest {
    int port;     /* lines from and to the test */
    int child[2]; /* lines of child processes: read end, write end */
    bool told_sound;
    struct bytes in;   /* from the test, not yet a whole line */
    struct bytes told; /* the same from child processes */
    struct agent agent;
};

/* --- commands --- */

/* Runs in a child process, whose lines come back through the pipe. */
static bool in_child(struct guest *g, const char *verb, const char *words)
{
    double hz = 440, seconds = 1;
    unsigned rate = 48000, channels = 2;
    bool tone = strcmp(verb, "tone") == 0;
    if (tone && sscanf(words, "%lf %lf %u %u", &hz, &seconds, &rate, &channels) < 2) {
        return false;
    }
    if (!tone && sscanf(words, "%lf %u", &seconds, &rate) < 1) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        int report = g->child[1];
        _exit(tone ? sound_tone(hz, seconds, rate, channels, report)
                   : sound_record(seconds, rate, report));
    }
    return pid > 0;
}

static bool with_number(struct guest *g, const char *verb, const char *words)
{
    int n = (int)strtol(words, NULL, 10);
    if (strcmp(verb, "volume") == 0) {
        sound_mixer(n, -1, g->port);
    } else if (strcmp(verb, "mute") == 0) {
        sound_mixer(-1, n, g->port);
    } else if (strcmp(verb, "locks") == 0) {
        return system_set_locks((unsigned)n);
    } else if (strcmp(verb, "agent-caps") == 0) {
        g->agent.caps = (uint32_t)strtoul(words, NULL, 16);
    } else {
        return false;
    }
    return true;
}

static bool with_agent(struct guest *g, const char *verb, char *words)
{
    if (strcmp(verb, "agent") != 0) {
        return clip_command(&g->agent, verb, words) || files_command(&g->agent, verb, words);
    }
    if (strcmp(words, "on") == 0) {
        agent_on(&g->agent);
        return g->agent.fd >= 0;
    }
    agent_off(&g->agent);
    return strcmp(words, "off") == 0;
}

static void ends(const char *verb)
{
    if (strcmp(verb, "poweroff") == 0) {
        reboot(RB_POWER_OFF);
    } else if (strcmp(verb, "reboot") == 0) {
        reboot(RB_AUTOBOOT);
    } else if (strcmp(verb, "crash") == 0) {
        system_write("/proc/sysrq-trigger", "c");
    }
}

static bool obey(struct guest *g, const char *verb, char *words)
{
    if (strcmp(verb, "ping") == 0) {
        say(g->port, "pong %s", words);
    } else if (strcmp(verb, "load") == 0) {
        return system_load(words, g->port);
    } else if (strcmp(verb, "print") == 0) {
        system_write("/dev/tty1", words);
        system_write("/dev/tty1", "\r\n");
    } else if (strcmp(verb, "tone") == 0 || strcmp(verb, "record") == 0) {
        return in_child(g, verb, words);
    } else {
        ends(verb);
        return with_number(g, verb, words) || with_agent(g, verb, words) ||
               usb_command(g->port, verb) || share_command(g->child[1], verb, words);
    }
    return true;
}

/* Every command is answered by `ok VERB` or `failed VERB`, behind what it reports at once. */
static void take_line(struct guest *g, char *line)
{
    char *words = strchr(line, ' ');
    if (words) {
        *words++ = 0;
    }
    bool done = obey(g, line, words ? words : line + strlen(line));
    say(g->port, "%s %s", done ? "ok" : "failed", line);
}

static void read_port(struct guest *g)
{
    char data[16384], *end;
    ssize_t n = read(g->port, data, sizeof data);
    if (n <= 0) {
        usleep(10000); /* nobody at the other end */
        return;
    }
    bytes_add(&g->in, data, (size_t)n);
    while ((end = memchr(g->in.at, '\n', g->in.len)) != NULL) {
        *end = 0;
        take_line(g, (char *)g->in.at);
        bytes_drop(&g->in, (size_t)(end + 1 - (char *)g->in.at));
    }
}

/* --- the loop --- */

/* Whole lines only, so that none of ours comes between. */
static void pass_on(struct guest *g)
{
    char lines[16384];
    ssize_t n = read(g->child[0], lines, sizeof lines);
    if (n <= 0) {
        return;
    }
    bytes_add(&g->told, lines, (size_t)n);
    uint8_t *end = memrchr(g->told.at, '\n', g->told.len);
    if (end) {
        size_t len = (size_t)(end + 1 - g->told.at);
        write_all(g->port, g->told.at, len);
        bytes_drop(&g->told, len);
    }
}

static void look_around(struct guest *g)
{
    if (!g->told_sound && sound_ready()) {
        g->told_sound = true;
        sound_mixer(100, 0, g->port); /* cards start silent */
        say(g->port, "sound");
    }
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
}

static nfds_t fill(const struct guest *g, struct pollfd *p)
{
    nfds_t n = 0;
    p[n++] = (struct pollfd){g->port, POLLIN, 0};
    p[n++] = (struct pollfd){g->child[0], POLLIN, 0};
    short out = g->agent.out.len > 0 ? POLLOUT : 0;
    p[n++] = (struct pollfd){g->agent.fd, (short)(POLLIN | out), 0};
    return n;
}

static void step(struct guest *g)
{
    struct pollfd p[3];
    nfds_t n = fill(g, p);
    int ready = poll(p, n, LOOK_MS);
    look_around(g);
    if (ready <= 0) {
        return;
    }
    if (p[2].revents & POLLOUT) {
        agent_write(&g->agent);
    }
    if (p[2].revents & (POLLIN | POLLHUP | POLLERR)) {
        agent_read(&g->agent);
    }
    if (p[1].revents) {
        pass_on(g);
    }
    if (p[0].revents) {
        read_port(g);
    }
}

/* The port appears a moment after its driver. */
static int wait_for_port(void)
{
    for (int i = 0; i < 3000; i++) {
        int fd = port_open("org.oriel.test", O_RDWR);
        if (fd >= 0) {
            return fd;
        }
        usleep(10000);
    }
    printf("guest: there is no port org.oriel.test\n");
    exit(1);
}

int main(void)
{
    static struct guest g;
    signal(SIGPIPE, SIG_IGN);
    system_mount();
    system_calm_keys();
    bool loaded = system_load("boot", STDOUT_FILENO);
    g.port = wait_for_port();
    agent_init(&g.agent, g.port);
    if (pipe2(g.child, O_CLOEXEC)) {
        return 1;
    }
    fcntl(g.child[1], F_SETPIPE_SZ, PIPE_BYTES);
    /* The picture of the text console stands still. */
    system_write("/dev/tty1", "\033[?25l\033[9;0]oriel test guest\r\n");
    say(g.port, "ready %d", loaded);
    if (fork() == 0) {
        input_run(g.child[1]);
    }
    agent_on(&g.agent);
    for (;;) {
        step(&g);
    }
}
