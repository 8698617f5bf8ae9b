/* SPDX-License-Identifier: GPL-2.0-or-later */
/* oriel-ivshmem-server: memory, socket, signals and the loop, one after the other. */
#define ORL_LOG_MODULE "ivserver"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "ivserver/door.h"
#include "ivserver/memory.h"
#include "ivserver/server.h"

/* A descriptor that becomes readable when the program shall end; -1 and errno. */
static int open_signals(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &ends, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Each peer has a socket and its eventfds; the limit of old is too low for all of them. */
static void allow_descriptors(uint32_t vectors)
{
    struct rlimit limit;
    rlim_t need = 64 + (rlim_t)ORL_IVSERVER_PEERS * (1 + vectors);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < need) {
        limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int say_memory(const struct orl_ivserver_conf *conf)
{
    bool lack = errno == ENOSPC || errno == ENOMEM || errno == EINVAL;
    orl_error("%llu MiB of memory%s cannot be had: %s", (unsigned long long)(conf->bytes >> 20),
              conf->huge_pages ? " in huge pages (see /proc/sys/vm/nr_hugepages)" : "",
              strerror(errno));
    return lack ? ORL_IVSERVER_NO_MEMORY : ORL_IVSERVER_FAILURE;
}

static int say_door(const struct orl_ivserver_conf *conf, int err)
{
    if (err == ORL_ENOSPC) {
        orl_error("%s: another server uses it, or it is no socket", conf->path);
        return ORL_IVSERVER_TAKEN;
    }
    if (err == ORL_EINVAL) {
        orl_error("there is no group %s", conf->group);
        return ORL_IVSERVER_USAGE;
    }
    orl_error("%s: %s", conf->path, strerror(errno));
    return ORL_IVSERVER_FAILURE;
}

static int serve(const struct orl_ivserver_conf *conf, int memory, int signals)
{
    struct orl_ivserver server;
    struct orl_ivserver_door door;
    int err = orl_ivserver_door_open(&door, conf);
    if (err != ORL_OK) {
        return say_door(conf, err);
    }
    orl_ivserver_init(&server, door.listener, memory, conf->vectors);
    orl_info("%s: ready with %llu MiB of memory and %u vector%s", conf->path,
             (unsigned long long)(conf->bytes >> 20), (unsigned)conf->vectors,
             conf->vectors == 1 ? "" : "s");
    err = orl_ivserver_run(&server, signals);
    if (err != ORL_OK) {
        orl_error("%s: %s", conf->path, strerror(errno));
    }
    orl_ivserver_finish(&server);
    orl_ivserver_door_close(&door);
    return err == ORL_OK ? ORL_IVSERVER_OK : ORL_IVSERVER_FAILURE;
}

int main(int argc, char **argv)
{
    struct orl_ivserver_conf conf;
    switch (orl_ivserver_parse(&conf, argc, argv, stdout, stderr)) {
    case ORL_IVSERVER_HELP: return ORL_IVSERVER_OK;
    case ORL_IVSERVER_BAD_USAGE: return ORL_IVSERVER_USAGE;
    case ORL_IVSERVER_GO: break;
    }
    if (conf.log && !orl_log_configure(conf.log)) {
        fputs("oriel-ivshmem-server: --log is not understood; see --help.\n", stderr);
        return ORL_IVSERVER_USAGE;
    }
    allow_descriptors(conf.vectors);
    int signals = open_signals();
    if (signals < 0) {
        orl_error("signals cannot be received: %s", strerror(errno));
        return ORL_IVSERVER_FAILURE;
    }
    int memory = orl_ivserver_memory(conf.bytes, conf.huge_pages);
    int code = memory < 0 ? say_memory(&conf) : serve(&conf, memory, signals);
    if (memory >= 0) {
        close(memory);
    }
    close(signals);
    return code;
}
