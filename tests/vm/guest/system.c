/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

void system_mount(void)
{
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sys", "/sys", "sysfs", 0, NULL);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
}

void system_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        write_all(fd, text, strlen(text));
        close(fd);
    }
}

/* 0, or the errno. A module that another group has loaded already counts as loaded. */
static int load_module(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "/modules/%s.ko", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int code = syscall(SYS_finit_module, fd, "", 0) ? errno : 0;
    close(fd);
    return code == EEXIST ? 0 : code;
}

bool system_load(const char *group, int report)
{
    FILE *list = fopen("/modules/groups", "r");
    char line[128], of[64], name[64];
    bool found = false, all = true;
    while (list && fgets(line, sizeof line, list)) {
        if (sscanf(line, "%63s %63s", of, name) != 2 || strcmp(of, group) != 0) {
            continue;
        }
        found = true;
        int code = load_module(name);
        if (code) {
            say(report, "failed module %s: %s", name, strerror(code));
            all = false;
        }
    }
    if (list) {
        fclose(list);
    }
    return found && all;
}

void system_calm_keys(void)
{
    reboot(RB_DISABLE_CAD); /* Ctrl+Alt+Del */
    system_write("/proc/sys/kernel/sysrq", "0");
}

bool system_set_locks(unsigned locks)
{
    int fd = open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    unsigned char flags =
        (unsigned char)(((locks & 1) ? K_SCROLLLOCK : 0) | ((locks & 2) ? K_NUMLOCK : 0) |
                        ((locks & 4) ? K_CAPSLOCK : 0));
    /* Above 7 the lights follow the flags again, should anything have set them apart. */
    bool done = ioctl(fd, KDSKBLED, flags) == 0 && ioctl(fd, KDSETLED, 0xFF) == 0;
    close(fd);
    return done;
}
