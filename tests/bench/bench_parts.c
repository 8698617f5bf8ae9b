/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures of the parts that need no display: one JSON object a line,
 * {"name": ..., "value": ..., "unit": ...}. Ratios are taken against a plain memcpy of the same
 * bytes in the same run. tests/bench/bench.py prints them as a table.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "bench/figure.h"
#include "demo/demo.h"
#include "frame/frame.h"
#include "frame/stage.h"
#include "ring/producer.h"
#include "ring/ring.h"

#define MAX_SAMPLES 65536

static uint8_t *shared_memory(size_t size)
{
    uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/* ---- header decode ------------------------------------------------------------------------- */

#define FRAME_ALIGN 65536

static struct orl_frame_desc plain_desc(uint32_t w, uint32_t h, size_t off)
{
    struct orl_frame_desc d = {.serial = 1,
                               .format_id = 1,
                               .fmt = ORL_PIX_BGRA8,
                               .screen_w = w,
                               .screen_h = h,
                               .w = w,
                               .h = h,
                               .rows = h,
                               .pitch = w * 4,
                               .row_bytes = w * 4,
                               .white_nits = ORL_WHITE_NITS,
                               .wp_off = off + FRAME_ALIGN - 4,
                               .pix_off = off + FRAME_ALIGN};
    return d;
}

static void bench_decode(enum orl_release release)
{
    const struct orl_layout *lay = orl_layout_get(release);
    size_t size = 16u << 20;
    uint8_t *mem = shared_memory(size);
    struct orl_frame_desc in = plain_desc(1920, 1080, 0), out = {0};
    for (uint32_t i = 0; i < 8; i++) {
        orl_rects_add_one(&in.damage, (struct orl_rect){i * 200, i * 100, 64, 64});
    }
    struct orl_payload msg = {.off = 0, .size = FRAME_ALIGN + 1920 * 1080 * 4};
    if (!mem || orl_frame_write(mem, size, lay, msg, &in) != ORL_OK) {
        return;
    }
    const int rounds = 500000;
    uint64_t from = orl_now_ns();
    for (int i = 0; i < rounds; i++) {
        if (orl_frame_read(&out, lay, (struct orl_mem){mem, size}, msg) != ORL_OK) {
            fprintf(stderr, "bench_parts: a good header was refused\n");
            exit(1);
        }
    }
    char name[64];
    snprintf(name, sizeof(name), "header decode, 8 rectangles, %s", lay->name);
    bench_figure(name, (double)(orl_now_ns() - from) / rounds, "ns");
    munmap(mem, size);
}

/* ---- copy ---------------------------------------------------------------------------------- */

static void plain_copy(uint8_t *dst, const uint8_t *src, uint32_t pitch, struct orl_rect r)
{
    for (uint32_t y = r.y; y < r.y + r.h; y++) {
        size_t at = (size_t)y * pitch + (size_t)r.x * 4;
        memcpy(dst + at, src + at, (size_t)r.w * 4);
    }
}

/*
 * Both ways take turns and the median of the rounds counts, so that a change of the machine's
 * speed meets both.
 */
static void bench_copy(uint32_t w, uint32_t h, struct orl_rect r, int rounds)
{
    size_t bytes = (size_t)w * h * 4, size = bytes + FRAME_ALIGN;
    uint8_t *mem = shared_memory(size), *dst = shared_memory(bytes);
    static uint64_t ours[MAX_SAMPLES], plain[MAX_SAMPLES];
    if (!mem || !dst) {
        return;
    }
    struct orl_frame_desc d = plain_desc(w, h, 0);
    orl_put_u32(mem + d.wp_off, (uint32_t)bytes);
    struct orl_rects what = {0};
    if (r.w == w && r.h == h) {
        orl_rects_set_full(&what);
    } else {
        orl_rects_add_one(&what, r);
    }
    /* Small rectangles are over in a microsecond: several per sample. */
    int repeat = (uint64_t)r.w * r.h < 65536 ? 64 : 1;
    for (int i = 0; i < rounds; i++) {
        uint64_t t0 = orl_now_ns();
        for (int k = 0; k < repeat; k++) {
            plain_copy(dst, mem + d.pix_off, d.pitch, r);
        }
        uint64_t t1 = orl_now_ns();
        for (int k = 0; k < repeat; k++) {
            struct orl_stage_limits limits = {.wait_ns = ORL_NS_PER_S};
            if (orl_stage_copy(dst, bytes, (struct orl_mem){mem, size}, &d, &what, &limits)) {
                fprintf(stderr, "bench_parts: a whole frame was not copied\n");
                exit(1);
            }
        }
        uint64_t t2 = orl_now_ns();
        plain[i] = t1 - t0;
        ours[i] = t2 - t1;
    }
    double mine = (double)bench_percentile(ours, (uint32_t)rounds, 50);
    double base = (double)bench_percentile(plain, (uint32_t)rounds, 50);
    char name[96];
    snprintf(name, sizeof(name), "copy %ux%u of %ux%u", r.w, r.h, w, h);
    bench_figure(name, mine / repeat / 1e3, "us");
    snprintf(name, sizeof(name), "copy %ux%u of %ux%u against memcpy", r.w, r.h, w, h);
    bench_figure(name, mine / base, "ratio");
    munmap(mem, size);
    munmap(dst, bytes);
}

/* ---- ring ---------------------------------------------------------------------------------- */

struct ring_pair {
    uint8_t *mem;
    size_t size;
    struct orl_producer producer;
    uint32_t queue;
    struct orl_payload msg;
};

static int ring_pair_init(struct ring_pair *p, const struct orl_layout *lay)
{
    uint8_t user[256];
    struct orl_session_info info = {.kvmfr = lay->kvmfr, .features = 0};
    p->size = 1u << 20;
    p->mem = shared_memory(p->size);
    size_t len = orl_session_info_write(user, sizeof(user), lay, &info);
    if (!p->mem ||
        orl_producer_start(&p->producer, p->mem, p->size, lay, user, (uint32_t)len, 7, 1)) {
        return -1;
    }
    uint32_t capacity = lay->ring_spare ? 20 : 32;
    if (orl_producer_add_queue(&p->producer, ORL_QUEUE_POINTER, capacity, 1000, &p->queue)) {
        return -1;
    }
    p->msg = (struct orl_payload){.off = orl_producer_alloc(&p->producer, 64, 64), .size = 64};
    return p->msg.off ? 0 : -1;
}

static void produce_for_ever(struct ring_pair *p)
{
    uint64_t pass_ms = 0, passes = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (uint64_t n = 0;;) {
        uint64_t now_ms = orl_now_ns() / ORL_NS_PER_MS;
        p->msg.tag = n & 0xffffffff;
        if (orl_producer_post(&p->producer, p->queue, p->msg, NULL, 0, now_ms, NULL) ==
            ORL_OK) {
            n++;
        } else {
            sched_yield(); /* full: the consumer may want this processor */
        }
        if (now_ms >= pass_ms + 10) {
            pass_ms = now_ms;
            passes += orl_producer_pass(&p->producer, now_ms) == ORL_OK;
        }
    }
}

static uint64_t consume_for(struct ring_pair *p, uint64_t span_ns)
{
    struct orl_shm shm = {
        .base = p->mem, .size = p->size, .fd = -1, .writable = true, .guard = -1};
    struct orl_attach attach = {0};
    struct orl_session session;
    struct orl_ring ring = {0};
    struct orl_payload msg;
    uint64_t end = orl_now_ns() + span_ns, got = 0;
    while (orl_attach_step(&attach, &shm, orl_now_ns(), true, &session) != ORL_OK) {
        orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS);
    }
    while (orl_ring_subscribe(&ring, &session, ORL_QUEUE_POINTER) != ORL_OK) {
        orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS);
    }
    while (orl_now_ns() < end) {
        for (int i = 0; i < 256; i++) {
            if (orl_ring_next(&ring, &msg) != ORL_OK) {
                sched_yield(); /* empty */
            } else if (orl_ring_done(&ring) == ORL_OK) {
                got++;
            }
        }
    }
    orl_ring_unsubscribe(&ring);
    return got;
}

static void bench_ring(enum orl_release release)
{
    const struct orl_layout *lay = orl_layout_get(release);
    struct ring_pair pair = {0};
    if (ring_pair_init(&pair, lay)) {
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        produce_for_ever(&pair);
    }
    const uint64_t span = 2 * ORL_NS_PER_S;
    uint64_t got = consume_for(&pair, span);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    char name[64];
    snprintf(name, sizeof(name), "ring, 64-byte messages, %s", lay->name);
    bench_figure(name, (double)got / ((double)span / 1e9) / 1e3, "k/s");
    munmap(pair.mem, pair.size);
}

/* ---- post to found ------------------------------------------------------------------------- */

struct found {
    uint64_t t_ns;
    uint32_t serial;
};

/* The render thread's part of the bargain without GL: hand out buffers, take every frame. */
static uint32_t take_frames(struct orl_frame_link *link, struct orl_wake *wake,
                            uint64_t span_ns, struct found *out)
{
    uint64_t end = orl_now_ns() + span_ns;
    uint64_t generation = 0;
    uint32_t n = 0;
    while (orl_now_ns() < end && n < MAX_SAMPLES) {
        orl_wake_wait(wake, end);
        if (orl_mailbox_take(&link->want_mb)) {
            size_t bytes = link->want[link->want_mb.front];
            struct orl_pool *pool = &link->pool[link->pool_mb.back];
            pool->generation = ++generation;
            pool->bytes = bytes;
            for (int i = 0; i < 3; i++) {
                pool->map[i] = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
            }
            orl_mailbox_publish(&link->pool_mb);
        }
        if (orl_mailbox_take(&link->frame_mb)) {
            const struct orl_slot *slot = &link->frame[link->frame_mb.front];
            if (slot->kind == ORL_SLOT_STAGED) {
                out[n++] = (struct found){slot->t_seen_ns, slot->desc.serial};
            }
        }
    }
    return n;
}

static uint64_t thread_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * ORL_NS_PER_S + (uint64_t)t.tv_nsec;
}

static uint32_t latencies(const char *log, const struct found *found, uint32_t n, uint64_t *out)
{
    FILE *f = fopen(log, "r");
    uint32_t got = 0, serial, at = 0;
    uint64_t t, frame;
    while (f && fscanf(f, "%" SCNu32 " %" SCNu64 " %" SCNu64, &serial, &t, &frame) == 3) {
        while (at < n && found[at].serial < serial) {
            at++;
        }
        if (at < n && found[at].serial == serial && found[at].t_ns > t) {
            out[got++] = found[at].t_ns - t;
        }
    }
    if (f) {
        fclose(f);
    }
    return got;
}

static void bench_found(uint32_t hz)
{
    static struct found found[MAX_SAMPLES];
    static uint64_t samples[MAX_SAMPLES];
    char log[64], name[64];
    const uint64_t span = 6 * ORL_NS_PER_S;
    snprintf(log, sizeof(log), "/tmp/oriel-bench-%d.log", (int)getpid());
    struct orl_demo_conf conf;
    orl_demo_conf_init(&conf);
    conf.fps = hz;
    conf.w = 640;
    conf.h = 360;
    conf.log_posts = log;
    struct orl_demo_child child = {0};
    if (orl_demo_spawn(&child, &conf) != ORL_OK) {
        return;
    }
    struct orl_wake wake;
    struct orl_frame_link link;
    struct orl_frame *frame = NULL;
    orl_wake_init(&wake);
    orl_frame_link_init(&link, &wake);
    orl_frame_link_set_ways(&link, 0); /* copies */
    struct orl_frame_conf fc = {.path = child.path};
    uint64_t cpu = thread_cpu_ns();
    if (orl_frame_start(&frame, &fc, &link) != ORL_OK) {
        return;
    }
    uint32_t n = take_frames(&link, &wake, span, found);
    if (n == 0) {
        fprintf(stderr, "bench_parts: not one frame was found\n");
        exit(1); /* figures of nothing would be very good ones */
    }
    orl_frame_stop(&frame);
    cpu = thread_cpu_ns() - cpu;
    orl_demo_reap(&child);
    uint32_t got = latencies(log, found, n, samples);
    unlink(log);
    snprintf(name, sizeof(name), "post to found at %u Hz, p50", hz);
    bench_figure(name, (double)bench_percentile(samples, got, 50) / 1e3, "us");
    snprintf(name, sizeof(name), "post to found at %u Hz, p99", hz);
    bench_figure(name, (double)bench_percentile(samples, got, 99) / 1e3, "us");
    snprintf(name, sizeof(name), "post to found at %u Hz, CPU incl. copy of damage", hz);
    bench_figure(name, 100.0 * (double)cpu / (double)span, "% of a core");
    orl_frame_link_finish(&link);
}

int main(void)
{
    for (int r = 0; r < ORL_RELEASES; r++) {
        bench_decode((enum orl_release)r);
    }
    bench_copy(1920, 1080, (struct orl_rect){100, 100, 64, 64}, 400);
    bench_copy(1920, 1080, (struct orl_rect){100, 100, 640, 360}, 400);
    bench_copy(1920, 1080, (struct orl_rect){0, 0, 1920, 1080}, 200);
    bench_copy(3840, 2160, (struct orl_rect){0, 0, 3840, 2160}, 60);
    for (int r = 0; r < ORL_RELEASES; r++) {
        bench_ring((enum orl_release)r);
    }
    bench_found(60);
    bench_found(144);
    bench_found(240);
    return 0;
}
