/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "demo"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "demo/guest.h"
#include "ring/mem.h"

#define USER_DATA_BYTES 512

static void describe_guest(const struct orl_demo_conf *c, struct orl_session_info *info)
{
    bool windows = c->os == ORL_OS_WINDOWS;
    *info = (struct orl_session_info){.has_vm = true, .has_os = true, .cpus = 8, .cores = 4};
    info->sockets = 1;
    info->os = (uint8_t)c->os;
    if (windows) {
        info->features = ORL_FEATURE_SET_CURSOR_POS;
        info->features |= c->release == ORL_MASTER ? (uint32_t)ORL_FEATURE_WINDOW_SIZE : 0;
        info->features |= orl_demo_has_input(c) ? (uint32_t)ORL_FEATURE_INPUT : 0;
    }
    for (uint32_t i = 0; i < 16; i++) {
        info->uuid[i] = (uint8_t)(0xD0 + i);
    }
    orl_str_copy(info->host_version, sizeof(info->host_version), "oriel demo");
    orl_str_copy(info->capture, sizeof(info->capture), "Test card");
    orl_str_copy(info->model, sizeof(info->model), "Synthetic CPU");
    orl_str_copy(info->os_name, sizeof(info->os_name),
                 windows ? "Windows (demo)" : "Linux (demo)");
}

/* Queues in the order in which the real producers create them. */
static int add_queues(struct orl_demo_guest *g)
{
    static const struct {
        uint32_t id, capacity;
    } old[] = {{ORL_QUEUE_FRAME, 2}, {ORL_QUEUE_POINTER, 20}},
      driver[] = {{ORL_QUEUE_FRAME, 2},    {ORL_QUEUE_OWNER_A, 2}, {ORL_QUEUE_OWNER_B, 2},
                  {ORL_QUEUE_POINTER, 32}, {ORL_QUEUE_INPUT, 4},   {ORL_QUEUE_CLIPBOARD, 32}};
    bool master = g->conf.release == ORL_MASTER;
    uint32_t count = master ? 6 : 2;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t id = master ? driver[i].id : old[i].id, index;
        uint32_t capacity = master ? driver[i].capacity : old[i].capacity;
        int err = orl_producer_add_queue(&g->prod, id, capacity, ORL_DEMO_TIMEOUT_MS, &index);
        if (err != ORL_OK) {
            return err;
        }
        if (id == ORL_QUEUE_FRAME) {
            g->frames.queue = index;
        } else if (id == ORL_QUEUE_POINTER) {
            g->pointer.queue = index;
        } else if (id == ORL_QUEUE_INPUT) {
            g->input.queue = index;
        }
    }
    return ORL_OK;
}

int orl_demo_session_start(struct orl_demo_guest *g)
{
    struct orl_session_info info;
    uint8_t data[USER_DATA_BYTES];
    describe_guest(&g->conf, &info);
    size_t bytes = orl_session_info_write(data, sizeof(data), g->lay, &info);
    size_t tail = orl_demo_has_recovery(&g->conf) ? ORL_RECOVERY_BYTES : 0;
    if (bytes == 0 || g->shm.size <= tail) {
        return ORL_ENOSPC;
    }
    int err = orl_producer_start(&g->prod, g->shm.base, g->shm.size - tail, g->lay, data,
                                 (uint32_t)bytes, 0, orl_demo_now_ms(g));
    if (err == ORL_OK) {
        err = add_queues(g);
    }
    if (err == ORL_OK) {
        err = orl_demo_pointer_setup(g);
    }
    if (err == ORL_OK) {
        err = orl_demo_input_setup(g);
    }
    if (err == ORL_OK) {
        err = orl_demo_frames_setup(g);
    }
    if (err == ORL_OK) {
        orl_demo_recovery_start(g);
        g->restart = false;
        orl_debug("session %08x of %s, %u slots of %u bytes", (unsigned)g->prod.session_id,
                  g->lay->name, (unsigned)g->frames.slots, (unsigned)g->frames.slot_bytes);
    }
    return err;
}

/* The memory of an ivshmem server has the size that the server gave it. */
static int open_served(struct orl_demo_guest *g)
{
    const char *socket = g->conf.path + strlen(ORL_IVSHMEM_PREFIX);
    enum orl_shm_fault fault =
        orl_ivshmem_connect(&g->server, socket, &g->peers, ORL_IVSHMEM_WAIT_NS);
    if (fault != ORL_SHM_FINE) {
        g->server.sock = -1;
        orl_error("%s: %s", g->conf.path,
                  fault == ORL_SHM_SYSTEM ? strerror(errno) : orl_shm_fault_text(fault));
        return ORL_EUNSUPPORTED;
    }
    struct stat st;
    if (fstat(g->server.memory, &st) != 0) {
        return ORL_ESYS;
    }
    if (st.st_size <= 0 || (uint64_t)st.st_size < g->conf.mem_bytes) {
        return ORL_ENOSPC;
    }
    int err = orl_shm_map_fd(&g->shm, g->server.memory, (size_t)st.st_size, ORL_SHM_READ_WRITE);
    if (err == ORL_OK) {
        g->server.memory = -1; /* the mapping's now */
    }
    return err;
}

/* A device has the size that it has. */
static int open_device(struct orl_demo_guest *g)
{
    enum orl_shm_fault fault = ORL_SHM_FINE;
    int err = orl_shm_open(&g->shm, g->conf.path, ORL_SHM_READ_WRITE, &fault);
    return err ? err : g->shm.size < g->conf.mem_bytes ? ORL_ENOSPC : ORL_OK;
}

/* A file keeps its size when it is large enough, as the memory of a real machine would. */
static int open_memory(struct orl_demo_guest *g)
{
    if (orl_ivshmem_is(g->conf.path)) {
        return open_served(g);
    }
    int fd = open(g->conf.path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat st;
    if (fd < 0) {
        return ORL_ESYS;
    }
    uint64_t size = orl_demo_memory(&g->conf);
    int err = fstat(fd, &st) ? ORL_ESYS : ORL_OK;
    if (err == ORL_OK && S_ISCHR(st.st_mode)) {
        close(fd);
        return open_device(g);
    }
    if (err == ORL_OK && g->conf.mem_bytes == 0 && (uint64_t)st.st_size > size) {
        size = (uint64_t)st.st_size;
    }
    if (err == ORL_OK && (uint64_t)st.st_size != size && ftruncate(fd, (off_t)size)) {
        err = ORL_ESYS;
    }
    /* The BAR of a PCI device is a file too, but keeps its size without a word. */
    if (err == ORL_OK && fstat(fd, &st) == 0 && (uint64_t)st.st_size < size) {
        size = (uint64_t)st.st_size;
    }
    if (err == ORL_OK) {
        err = orl_shm_map_fd(&g->shm, fd, size, ORL_SHM_READ_WRITE);
    }
    if (err != ORL_OK) {
        int why = errno;
        close(fd);
        errno = why;
    }
    return err;
}

/* Who has come and gone. Without the server the guest goes on, as a machine does. */
static void hear_server(struct orl_demo_guest *g)
{
    if (g->server.sock >= 0 && !orl_ivshmem_step(&g->server)) {
        orl_warn("%s: the server has gone; nobody can join any more", g->conf.path);
        close(g->server.sock);
        g->server.sock = -1;
    }
}

static int step(struct orl_demo_guest *g)
{
    orl_demo_events_step(g);
    if (g->paused || g->quit) {
        return ORL_OK;
    }
    if (g->now_ns >= g->next_pass_ns) {
        g->next_pass_ns = g->now_ns + ORL_DEMO_PASS_NS;
        bool hands_off = orl_demo_mischief_holds(g);
        if (hands_off) { /* nothing but the heartbeat still works */
            orl_w64_store(g->prod.base + g->lay->hdr_heartbeat_ms, orl_demo_now_ms(g));
        } else if (orl_producer_pass(&g->prod, orl_demo_now_ms(g)) == ORL_ESESSION) {
            g->restart = true;
        }
        orl_demo_mischief_step(g);
        hear_server(g);
    }
    if (g->restart) {
        int err = orl_demo_session_start(g);
        if (err != ORL_OK) {
            return err;
        }
    }
    orl_demo_recovery_step(g);
    orl_demo_input_step(g);
    orl_demo_pointer_step(g);
    return orl_demo_frames_step(g);
}

static bool reached_limit(const struct orl_demo_guest *g)
{
    const struct orl_demo_conf *c = &g->conf;
    return g->quit || (c->frames && g->frames.posted >= c->frames && !g->frames.write.on) ||
           (c->duration_ns && g->now_ns - g->start_ns >= c->duration_ns);
}

static uint64_t next_wake(const struct orl_demo_guest *g)
{
    uint64_t wake = g->now_ns + ORL_DEMO_PASS_NS;
    if (g->paused) {
        return wake;
    }
    wake = g->next_pass_ns < wake ? g->next_pass_ns : wake;
    wake = g->input.on && g->input.wake_ns < wake ? g->input.wake_ns : wake;
    return g->frames.wake_ns < wake ? g->frames.wake_ns : wake;
}

static int loop(struct orl_demo_guest *g, const struct orl_flag *stop)
{
    int err = orl_demo_session_start(g);
    while (err == ORL_OK && !orl_flag_is_raised(stop) && !reached_limit(g)) {
        err = step(g);
        orl_sleep_until(next_wake(g));
        g->now_ns = orl_now_ns();
    }
    return err;
}

static bool conf_is_sane(const struct orl_demo_conf *c)
{
    uint32_t types = orl_layout_get(c->release)->pixel_types;
    return c->path && c->w >= 1 && c->w <= ORL_FRAME_SIDE_MAX && c->h >= 1 &&
           c->h <= ORL_FRAME_SIDE_MAX && c->fps <= 1000 && (uint32_t)c->fmt >= 1 &&
           (uint32_t)c->fmt <= types && c->rotation <= 3 && c->event_count <= ORL_DEMO_EVENTS &&
           orl_demo_memory(c) <= UINT32_MAX;
}

static int fail(const struct orl_demo_conf *conf, int err)
{
    if (err == ORL_ESYS) {
        orl_error("%s: %s", conf->path, strerror(errno));
    } else if (err == ORL_ENOSPC) {
        orl_error("%s: too small for a picture of this size; give more with %s", conf->path,
                  conf->path && orl_ivshmem_is(conf->path) ? "the server's --size="
                                                           : "--memory=");
    } else if (err != ORL_EUNSUPPORTED) { /* that one has been said */
        orl_error("%s: %s", conf->path ? conf->path : "(no file)", orl_err_text(err));
    }
    return err;
}

static int open_logs(struct orl_demo_guest *g)
{
    const struct orl_demo_conf *c = &g->conf;
    if (c->log_posts) {
        g->log = fopen(c->log_posts, "we");
    }
    if (c->log_input) {
        bool standard = strcmp(c->log_input, "-") == 0;
        g->input.log = standard ? stdout : fopen(c->log_input, "we");
    }
    return (c->log_posts && !g->log) || (c->log_input && !g->input.log) ? ORL_ESYS : ORL_OK;
}

static int close_logs(struct orl_demo_guest *g)
{
    bool posts = g->log && fclose(g->log);
    bool input = g->input.log && g->input.log != stdout && fclose(g->input.log);
    return posts || input ? ORL_ESYS : ORL_OK;
}

int orl_demo_run(const struct orl_demo_conf *conf, const struct orl_flag *stop)
{
    if (!conf_is_sane(conf)) {
        return fail(conf, ORL_EINVAL);
    }
    struct orl_demo_guest g = {.conf = *conf,
                               .lay = orl_layout_get(conf->release),
                               .server = {.sock = -1, .memory = -1, .doorbell = -1}};
    int err = open_memory(&g);
    if (err != ORL_OK) {
        int why = errno;
        orl_ivshmem_close(&g.server);
        errno = why;
        return fail(conf, err);
    }
    err = open_logs(&g);
    if (err == ORL_OK) {
        g.mischief.rng = conf->seed;
        g.frames.activate = conf->flags & ORL_FRAME_REQUEST_ACTIVATION;
        g.start_ns = orl_now_ns();
        g.now_ns = g.start_ns;
        g.mischief.since_ns = g.start_ns;
        err = loop(&g, stop);
    }
    int late = close_logs(&g);
    err = err ? err : late;
    orl_demo_canvas_finish(&g.canvas);
    orl_shm_close(&g.shm);
    orl_ivshmem_close(&g.server);
    return err == ORL_OK ? ORL_OK : fail(conf, err);
}
