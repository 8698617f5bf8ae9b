/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Process 1 of the machines that tests/dma boots. The initial file system holds this program and
 * the modules of /modules/order; everything else is the host's own file system: served read-only by
 * 9p under the tag "root", with a layer in memory above it, so that nothing written in the machine
 * reaches the host. What does is the folder tagged "share", at /run/share. Runs its script `job`
 * with the second serial port as input and output, says "end STATUS" there, waits for a line and
 * switches off.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define OPTIONS_9P "trans=virtio,version=9p2000.L,msize=262144,"
#define NEW_ROOT   "/new"

struct place {
    const char *what, *where, *type, *options;
    unsigned long flags;
};

static const struct place early[] = {
    {"proc", "/proc", "proc", NULL, 0},
    {"sys", "/sys", "sysfs", NULL, 0},
    {"dev", "/dev", "devtmpfs", NULL, 0},
};

/* In this order; the last ones are inside the new root. */
static const struct place late[] = {
    {"root", "/low", "9p", OPTIONS_9P "cache=loose", MS_RDONLY},
    {"layer", "/layer", "tmpfs", NULL, 0},
    {"new", NEW_ROOT, "overlay", "lowerdir=/low,upperdir=/layer/up,workdir=/layer/work", 0},
    {"/proc", NEW_ROOT "/proc", NULL, NULL, MS_BIND},
    {"/sys", NEW_ROOT "/sys", NULL, NULL, MS_BIND},
    {"/dev", NEW_ROOT "/dev", NULL, NULL, MS_BIND},
    {"shm", NEW_ROOT "/dev/shm", "tmpfs", NULL, 0},
    {"pts", NEW_ROOT "/dev/pts", "devpts", NULL, 0},
    {"run", NEW_ROOT "/run", "tmpfs", "mode=755", 0},
    {"share", NEW_ROOT "/run/share", "9p", OPTIONS_9P "cache=none", 0},
};

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "init: %s %s: %s\n", what, name, strerror(errno));
    sync();
    reboot(RB_POWER_OFF);
    _exit(1);
}

static void mount_all(const struct place *place, size_t n)
{
    for (; n > 0; n--, place++) {
        mkdir(place->where, 0755);
        if (mount(place->what, place->where, place->type, place->flags, place->options)) {
            fail("cannot mount", place->where);
        }
        if (strcmp(place->where, "/layer") == 0) {
            mkdir("/layer/up", 0755);
            mkdir("/layer/work", 0755);
        }
    }
}

static void load(const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "/modules/%s.ko", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || syscall(SYS_finit_module, fd, "", 0)) {
        fail("cannot load", path);
    }
    close(fd);
}

static void load_all(void)
{
    char name[128];
    FILE *order = fopen("/modules/order", "re");
    while (order && fscanf(order, "%127s", name) == 1) {
        load(name);
    }
    if (!order || fclose(order)) {
        fail("cannot read", "/modules/order");
    }
}

/* The serial port as a plain pipe of bytes. */
static int open_port(const char *path)
{
    struct termios raw;
    int fd = open(path, O_RDWR | O_NOCTTY);
    if (fd < 0 || tcgetattr(fd, &raw)) {
        fail("cannot open", path);
    }
    cfmakeraw(&raw);
    cfsetspeed(&raw, B115200);
    tcsetattr(fd, TCSANOW, &raw);
    return fd;
}

static void run_job(int port)
{
    static char shell[] = "/bin/sh";
    static char job[] = "/run/share/job";
    static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    static char home[] = "HOME=/root";
    static char locale[] = "LC_ALL=C.UTF-8";
    static char temporary[] = "TMPDIR=/run";
    static char *const args[] = {shell, job, NULL};
    static char *const env[] = {path, home, locale, temporary, NULL};
    dup2(port, 0);
    dup2(port, 1);
    dup2(port, 2);
    execve(shell, args, env);
    fail("cannot run", job);
}

int main(void)
{
    mount_all(early, sizeof(early) / sizeof(early[0]));
    load_all();
    mount_all(late, sizeof(late) / sizeof(late[0]));
    int port = open_port("/dev/ttyS1");
    if (chroot(NEW_ROOT) || chdir("/")) {
        fail("cannot enter", NEW_ROOT);
    }
    pid_t job = fork(), ended;
    int status = 0;
    if (job == 0) {
        run_job(port);
    }
    do {
        ended = wait(&status); /* the processes that others leave behind end up here, too */
    } while (ended != job && (ended > 0 || errno == EINTR));
    close(port); /* a program that took it for its terminal has left it hung up */
    port = open_port("/dev/ttyS1");
    dprintf(port, "end %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    /* What stands in the serial port's buffers goes with the machine: the outside says that it has it. */
    struct pollfd answer = {port, POLLIN, 0};
    poll(&answer, 1, 10000);
    reboot(RB_POWER_OFF);
    return 1;
}
