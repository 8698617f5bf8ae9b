/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Process 1 of the machine that the self-test runs in: loads importer.ko, runs the self-test, and
 * prints both its end and what the kernel has logged meanwhile, for the test that watches. Each
 * line of the log begins with "log: ".
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char *const *args)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        execv(args[0], args);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
        return -1;
    }
    return WEXITSTATUS(status);
}

static void print_log(int log)
{
    char line[4096];
    ssize_t got;
    while (log >= 0 && (got = read(log, line, sizeof(line) - 1)) > 0) {
        line[got] = '\0';
        line[strcspn(line, "\n")] = '\0';
        const char *text = strchr(line, ';');
        printf("log: %s\n", text ? text + 1 : line);
    }
}

int main(void)
{
    static char program[] = "/selftest", option[] = "--module", file[] = "/kvmfr.ko";
    char *const selftest[] = {program, option, file, NULL};
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sys", "/sys", "sysfs", 0, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    lseek(log, 0, SEEK_END);
    int module = open("/importer.ko", O_RDONLY | O_CLOEXEC);
    if (module < 0 || syscall(SYS_finit_module, module, "", 0) != 0) {
        printf("importer.ko cannot be loaded\n");
    }
    close(module);
    int code = run(selftest);
    print_log(log);
    printf("selftest: %d\n", code);
    sync();
    reboot(RB_POWER_OFF);
    return 0;
}
