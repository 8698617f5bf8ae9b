/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a full frame costs on its way from the guest's memory to the texture, by each way and for
 * five sizes: the real frame thread, the real hand-over, the real GL layer.
 *
 *   bench_import MEMORY FRAMES HZ [WAYS [WIDTH]]
 *
 * MEMORY: a kvmfr device, or "-" for sealed memory of its own. WAYS ("staged,imported") and WIDTH: only these.
 *
 * With software GL the processor does a GPU's work, so GL's own share is kept apart: the time in the
 * calls in which it reads or writes pixels. What remains is ours. Run through tests/support/mesa.sh.
 * Prints figures (bench/figure.h); 77 when GL here imports nothing.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/serial.h"
#include "base/thread.h"
#include "base/wake.h"
#include "bench/figure.h"
#include "bench/import_guest.h"
#include "bench/import_share.h"
#include "frame/pump.h"
#include "frame/way.h"
#include "gfx/gfx.h"
#include "gl/rig.h"

#define MEMORY_BYTES (128u << 20)
#define FIRST        4 /* frames that make images, textures and proofs, and are not counted */
#define START_NS     (30 * ORL_NS_PER_S) /* a guest that is not there yet */
#define SILENCE_NS   (3 * ORL_NS_PER_S)
#define SLICE_NS     (50 * ORL_NS_PER_MS)
#define GPU_NS       (10 * ORL_NS_PER_S)
#define BUFFERS      8
#define POOLS        4 /* a run of one size asks for one */

enum way { MEMCPY, STAGED, HELD, IMPORTED, WAYS };
static const char *const way_names[WAYS] = {"memcpy", "staged", "held", "imported"};

static const uint32_t sizes[][2] = {
    {640, 360}, {1280, 720}, {1920, 1080}, {2560, 1440}, {3840, 2160}};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* One way, one size. */
struct run {
    enum way way;
    struct import_order order;
    uint64_t last_step_cpu, last_frame_cpu, last_total_cpu;
    uint32_t n; /* frames counted */
    uint64_t step_cpu[IMPORT_GUEST_FRAMES], frame_cpu[IMPORT_GUEST_FRAMES],
        ours[IMPORT_GUEST_FRAMES], gl[IMPORT_GUEST_FRAMES], total[IMPORT_GUEST_FRAMES],
        ready[IMPORT_GUEST_FRAMES], held[IMPORT_GUEST_FRAMES];
    size_t from[BUFFERS]; /* offsets of the pictures in the memory that were seen */
    int fds[BUFFERS];     /* their descriptors */
    uint32_t buffers;
    uint32_t others; /* came by another way */
};

struct bench {
    const char *memory;
    struct import_guest guest;
    struct orl_gfx *gfx;
    struct orl_wake wake;
    struct orl_frame_link *link;
    struct orl_pump *pump;
    struct orl_flag clock_known;
    struct orl_counter step_ns; /* processor time of these steps */
    clockid_t frame_clock;
    struct orl_pool pools[POOLS];
    uint32_t pool_count;
    uint8_t *plain; /* where the yardstick copies to */
    struct run run;
};

/* ---- The threads ---------------------------------------------------------------------------- */

/* orl_pump_run() without a doorbell, and with an account of the steps that had to do with a frame. */
static void frame_thread(void *arg)
{
    struct bench *b = arg;
    pthread_getcpuclockid(pthread_self(), &b->frame_clock);
    orl_flag_raise(&b->clock_known);
    while (!orl_flag_is_raised(&b->pump->sleeper->stop)) {
        uint64_t now_ns = orl_now_ns(), cpu = share_cpu_ns(CLOCK_THREAD_CPUTIME_ID);
        bool was_out = b->pump->hold.out;
        bool work = orl_pump_step(b->pump, now_ns) == ORL_OK || b->pump->hold.out != was_out;
        if (work) {
            orl_counter_add(&b->step_ns, share_cpu_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
        }
        orl_sleeper_until(b->pump->sleeper, now_ns, b->pump->next_ns);
    }
}

static void serve_pool(struct bench *b)
{
    struct orl_frame_link *link = b->link;
    if (!orl_mailbox_take(&link->want_mb)) {
        return;
    }
    struct orl_pool *pool = &link->pool[link->pool_mb.back];
    if (b->pool_count == POOLS ||
        orl_gfx_pool_alloc(b->gfx, link->want[link->want_mb.front], pool)) {
        fprintf(stderr, "bench_import: no memory for the staging buffers\n");
        exit(1);
    }
    b->pools[b->pool_count++] = *pool;
    orl_mailbox_publish(&link->pool_mb);
}

/* The picture is in the texture and nobody reads the memory any more. False: refused. */
static bool make_texture(struct bench *b, const struct orl_slot *slot)
{
    if (b->run.way == MEMCPY) {
        memcpy(b->plain, slot->map, (size_t)slot->desc.rows * slot->desc.pitch);
        return true;
    }
    if (orl_gfx_frame(b->gfx, slot)) {
        return false;
    }
    bool reads = orl_gfx_frame_wait(b->gfx, GPU_NS);
    orl_gfx_frame_settle(b->gfx);
    return !reads;
}

static bool is_expected(const struct bench *b, const struct orl_slot *slot)
{
    switch (b->run.way) {
    case STAGED: return slot->kind == ORL_SLOT_STAGED;
    case IMPORTED: return slot->kind == ORL_SLOT_DMABUF;
    default: return slot->kind == ORL_SLOT_HELD;
    }
}

static void note_buffer(struct bench *b, const struct orl_slot *slot)
{
    size_t from = (size_t)(slot->map - b->pump->source.shm.base);
    for (uint32_t i = 0; i < b->run.buffers; i++) {
        if (b->run.from[i] == from) {
            return;
        }
    }
    if (b->run.buffers < BUFFERS && slot->hold) {
        b->run.from[b->run.buffers] = from;
        b->run.fds[b->run.buffers++] =
            slot->kind == ORL_SLOT_DMABUF ? dup(slot->shared.fd) : -1;
    }
}

/* Times of one frame on the render thread, ns. */
struct sample {
    uint64_t gl, ours;         /* processor time */
    uint64_t out_ns, ready_ns; /* clock: handed over; in the texture and given back */
};

static void count(struct bench *b, uint32_t serial, const struct sample *s)
{
    uint64_t frame_cpu = share_cpu_ns(b->frame_clock), step_cpu = orl_counter_get(&b->step_ns);
    uint64_t total = share_cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t written_ns = serial < IMPORT_GUEST_FRAMES ? b->guest.written_ns[serial] : 0;
    if (serial >= FIRST && b->run.n < IMPORT_GUEST_FRAMES) {
        uint32_t i = b->run.n++;
        b->run.step_cpu[i] = step_cpu - b->run.last_step_cpu;
        b->run.frame_cpu[i] = frame_cpu - b->run.last_frame_cpu;
        b->run.total[i] = total - b->run.last_total_cpu;
        b->run.gl[i] = s->gl;
        b->run.ours[i] = s->ours;
        b->run.ready[i] = written_ns && s->ready_ns > written_ns ? s->ready_ns - written_ns : 0;
        b->run.held[i] = s->ready_ns - s->out_ns;
    }
    b->run.last_step_cpu = step_cpu;
    b->run.last_frame_cpu = frame_cpu;
    b->run.last_total_cpu = total;
}

/* As the render thread does it, drawing left out. False: no more frames come. */
static bool take(struct bench *b)
{
    uint64_t cpu = share_cpu_ns(CLOCK_THREAD_CPUTIME_ID), gl = share_gl_ns();
    if (!orl_mailbox_take(&b->link->frame_mb)) {
        return true;
    }
    const struct orl_slot *slot = &b->link->frame[b->link->frame_mb.front];
    if (slot->kind == ORL_SLOT_NONE) {
        return true;
    }
    uint32_t serial = slot->desc.serial;
    if (!is_expected(b, slot)) { /* one that has waited long is copied: frame/deliver.c */
        b->run.others++;
        if (slot->hold) {
            orl_frame_link_release(b->link, slot->hold, true);
        }
        return serial + 1 < b->run.order.frames;
    }
    note_buffer(b, slot);
    bool shown = make_texture(b, slot);
    struct sample sample = {.out_ns = slot->t_ready_ns, .ready_ns = orl_now_ns()};
    if (slot->hold) {
        orl_frame_link_release(b->link, slot->hold, shown);
    }
    sample.gl = share_gl_ns() - gl;
    sample.ours = share_cpu_ns(CLOCK_THREAD_CPUTIME_ID) - cpu - sample.gl;
    count(b, serial, &sample);
    return shown && serial + 1 < b->run.order.frames;
}

/* Until the last frame, or none comes any more. False: there is nothing to tell. */
static bool watch(struct bench *b)
{
    uint64_t silent_ns = orl_now_ns();
    bool more = true;
    while (more && orl_now_ns() - silent_ns < (b->run.n ? SILENCE_NS : START_NS)) {
        uint32_t reasons = orl_wake_wait(&b->wake, orl_now_ns() + SLICE_NS);
        serve_pool(b);
        if (reasons & ORL_RENDER_FRAME) {
            silent_ns = orl_now_ns();
            more = take(b);
        }
    }
    return b->run.n > 0 && b->run.others <= b->run.n;
}

/* ---- Figures -------------------------------------------------------------------------------- */

static double us(const struct bench *b, uint64_t *samples, uint32_t percent)
{
    return (double)bench_percentile(samples, b->run.n, percent) / 1e3;
}

static void say(const struct bench *b, const char *what, double value, const char *unit)
{
    char name[128];
    snprintf(name, sizeof(name), "%s%s %ux%u: %s", way_names[b->run.way],
             b->run.order.behind ? ", guest writes behind," : "", b->run.order.w,
             b->run.order.h, what);
    bench_figure(name, value, unit);
}

/* Before the memory goes. */
static void say_memory(const struct bench *b)
{
    size_t pages = 0, bytes = (size_t)b->run.order.w * b->run.order.h * 4;
    const uint8_t *base = b->pump->source.shm.base;
    for (uint32_t i = 0; i < b->run.buffers && base; i++) {
        pages += share_pages_touched(base + b->run.from[i], bytes);
        uint64_t entries = b->run.fds[i] >= 0 ? share_entries(b->run.fds[i]) : 0;
        if (entries && !b->run.order.behind) {
            say(b, "scatter-gather entries of a buffer", (double)entries, "");
        }
    }
    if (b->run.buffers && !b->run.order.behind) {
        say(b, "pages of a buffer that we touched", (double)pages / b->run.buffers, "");
    }
}

static void say_times(struct bench *b)
{
    say(b, "frame thread", us(b, b->run.step_cpu, 50), "us");
    say(b, "frame thread, looks included", us(b, b->run.frame_cpu, 50), "us");
    say(b, "render thread without GL", us(b, b->run.ours, 50), "us");
    if (b->run.way != MEMCPY) {
        say(b, "GL", us(b, b->run.gl, 50), "us");
        say(b, "process", us(b, b->run.total, 50), "us");
    }
    say(b, "written to ready, p50", us(b, b->run.ready, 50), "us");
    say(b, "written to ready, p99", us(b, b->run.ready, 99), "us");
    if (b->run.way == HELD || b->run.way == IMPORTED) {
        say(b, "slot held, p50", us(b, b->run.held, 50), "us");
        say(b, "slot held, p99", us(b, b->run.held, 99), "us");
        say(b, "slot held, longest, first frames too",
            (double)orl_histogram_percentile(&b->link->held_ns, 100) / 1e3, "us");
        say(b, "frames held too long", (double)orl_counter_get(&b->link->frames_late), "");
    }
    say(b, "frames counted", b->run.n, "");
    say(b, "frames by other ways", b->run.others, "");
}

/* ---- Runs ----------------------------------------------------------------------------------- */

static void *large(size_t bytes)
{
    void *p = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (!p) {
        exit(1);
    }
    return memset(p, 0, bytes);
}

static uint32_t ways_of(const struct bench *b)
{
    switch (b->run.way) {
    case STAGED: return 0;
    case IMPORTED: return orl_gfx_ways(b->gfx);
    default: return ORL_WAY_HELD;
    }
}

static bool run_threads(struct bench *b)
{
    struct orl_thread thread;
    orl_flag_init(&b->clock_known);
    orl_counter_init(&b->step_ns);
    if (orl_thread_start(&thread, "orl-frame", frame_thread, b)) {
        return false;
    }
    while (!orl_flag_is_raised(&b->clock_known)) {
        orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS);
    }
    bool good = watch(b);
    orl_sleeper_stop(&b->link->sleeper);
    orl_thread_join(&thread);
    return good;
}

static void tell(struct bench *b, bool good)
{
    char way[ORL_WAY_LINE];
    if (good) {
        say_times(b);
        say_memory(b);
    } else {
        orl_way_text(way, orl_counter_get(&b->link->way));
        fprintf(stderr, "bench_import: %u frames %s, %u others; %s; %s\n", b->run.n,
                way_names[b->run.way], b->run.others, way, orl_gfx_refusal(b->gfx));
    }
    for (uint32_t i = 0; i < b->run.buffers; i++) {
        if (b->run.fds[i] >= 0) {
            close(b->run.fds[i]);
        }
    }
}

static bool measure(struct bench *b)
{
    const struct orl_gfx_conf gfx_conf = {.offscreen = true};
    const struct orl_frame_conf conf = {.path = b->memory, .allow_dma = true};
    if (orl_gfx_create(&b->gfx, &gfx_conf) || !import_guest_order(&b->guest, &b->run.order)) {
        return false;
    }
    orl_wake_init(&b->wake);
    orl_frame_link_init(b->link, &b->wake);
    orl_frame_link_set_ways(b->link, ways_of(b));
    memset(b->pump, 0, sizeof(*b->pump));
    orl_pump_init(b->pump, &conf, b->link);
    bool good = run_threads(b);
    tell(b, good);
    orl_pump_finish(b->pump);
    orl_frame_link_finish(b->link);
    while (b->pool_count) {
        orl_gfx_pool_free(b->gfx, &b->pools[--b->pool_count]);
    }
    orl_gfx_destroy(&b->gfx);
    return good;
}

static bool measure_all(struct bench *b, uint32_t frames, uint32_t hz, const char *ways,
                        uint32_t only_width)
{
    for (size_t i = 0; i < SIZES; i++) {
        for (int way = 0; way < WAYS; way++) {
            if ((ways && !strstr(ways, way_names[way])) ||
                (only_width && only_width != sizes[i][0])) {
                continue;
            }
            for (int behind = 0; behind < (way == MEMCPY ? 1 : 2); behind++) {
                memset(&b->run, 0, sizeof(b->run));
                b->run.way = (enum way)way;
                b->run.order = (struct import_order){sizes[i][0], sizes[i][1], hz,
                                                     frames + FIRST, behind != 0};
                if (!measure(b)) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* Sealed memory, as an ivshmem server has it. Its path, or NULL. */
static const char *make_memory(void)
{
    static char path[64];
    int fd = memfd_create("bench", MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, MEMORY_BYTES) ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW)) {
        return NULL;
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return path;
}

/* 0; 77: there is nothing to measure. */
static int can_import(void)
{
    struct orl_gfx *gfx = NULL;
    const struct orl_gfx_conf conf = {.offscreen = true};
    if (orl_gfx_create(&gfx, &conf)) {
        return 1;
    }
    bool can = orl_gfx_ways(gfx) & (ORL_WAY_DMABUF | ORL_WAY_MEMORY);
    if (!can) {
        fprintf(stderr, "bench_import: %s: %s\n", orl_gfx_renderer(gfx), orl_gfx_refusal(gfx));
    }
    orl_gfx_destroy(&gfx);
    return can ? 0 : 77;
}

int main(int argc, char **argv)
{
    struct bench *b = large(sizeof(*b));
    unsigned long frames = argc >= 4 ? strtoul(argv[2], NULL, 10) : 0;
    unsigned long hz = argc >= 4 ? strtoul(argv[3], NULL, 10) : 0;
    const char *ways = argc >= 5 ? argv[4] : NULL;
    unsigned long width = argc >= 6 ? strtoul(argv[5], NULL, 10) : 0;
    if (frames < 1 || frames > IMPORT_GUEST_FRAMES - FIRST || hz < 1 || hz > 1000) {
        fprintf(stderr, "usage: bench_import MEMORY FRAMES HZ [WAYS [WIDTH]]\n");
        return 2;
    }
    b->memory = strcmp(argv[1], "-") == 0 ? make_memory() : argv[1];
    if (!b->memory || !orl_log_configure("warn") || orl_shm_guard() ||
        !import_guest_start(&b->guest, b->memory)) {
        perror("bench_import");
        return 1;
    }
    b->link = large(sizeof(*b->link));
    b->pump = large(sizeof(*b->pump));
    b->plain = large((size_t)IMPORT_GUEST_SIDE_W * IMPORT_GUEST_SIDE_H * 4);
    int code = rig_open(false, 0, 0) ? can_import() : 1;
    if (code == 0) {
        share_watch_gl();
        code = measure_all(b, (uint32_t)frames, (uint32_t)hz, ways, (uint32_t)width) ? 0 : 1;
    }
    import_guest_stop(&b->guest);
    return code;
}
