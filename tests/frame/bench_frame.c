/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures, in a release build, what the frame threads promise; not part of the test run.
 *   bench_frame copy            damage copy against plain memcpy of the same bytes
 *   bench_frame latency HZ S    post-to-found latency and processor time with a guest process
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "frame/frame.h"
#include "frame/stage.h"
#include "guest.h"
#include "ring/mem.h"
#include "support/check.h"
#include "support/random.h"

#define MS      UINT64_C(1000000)
#define SAMPLES 100000

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* ---- Copy ---------------------------------------------------------------------------------- */

struct plane {
    uint8_t *src, *dst;
    struct orl_mem mem;
    struct orl_frame_desc f;
};

static void copy_rows(const struct plane *p, struct orl_rect r)
{
    for (uint32_t y = r.y; y < r.y + r.h; y++) {
        size_t at = (size_t)y * p->f.pitch + (size_t)r.x * 4;
        memcpy(p->dst + at, p->src + 4096 + at, (size_t)r.w * 4);
    }
}

static void once(const struct plane *p, struct orl_rect r, unsigned way)
{
    struct orl_stage_limits limits = {500 * MS, NULL, NULL};
    struct orl_rects set;
    switch (way) {
    case 0:
        set.full = false;
        set.n = 1;
        set.r[0] = r;
        assert_int_equal(orl_stage_copy(p->dst, p->f.pitch * (size_t)p->f.rows, p->mem, &p->f,
                                        &set, &limits),
                         ORL_OK);
        break;
    case 1: copy_rows(p, r); break;
    default: memcpy(p->dst, p->src + 4096, (size_t)r.w * r.h * 4); break;
    }
    __asm__ volatile("" ::: "memory");
}

/* The three ways in turn, each of them as often behind each other one. */
static void measure(const struct plane *p, struct orl_rect r, const char *name)
{
    static const uint8_t orders[6][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2},
                                         {2, 0, 1}, {1, 2, 0}, {0, 2, 1}};
    static uint64_t t[3][600];
    size_t bytes = (size_t)r.w * r.h * 4;
    unsigned runs = bytes > 4000000 ? 60 : 600, inner = bytes < 100000 ? 20 : 1;
    for (unsigned i = 0; i < runs; i++) {
        for (unsigned k = 0; k < 3; k++) {
            unsigned way = orders[i % 6][k];
            uint64_t a = orl_now_ns();
            for (unsigned m = 0; m < inner; m++) {
                once(p, r, way);
            }
            t[way][i] = (orl_now_ns() - a) / inner;
        }
    }
    for (int i = 0; i < 3; i++) {
        qsort(t[i], runs, sizeof(t[i][0]), compare);
    }
    double ours = (double)t[0][runs / 2];
    printf("%-12s ours %9.2f us, rows %9.2f us (x %.3f), one block %9.2f us (x %.3f)\n", name,
           ours / 1e3, (double)t[1][runs / 2] / 1e3, ours / (double)t[1][runs / 2],
           (double)t[2][runs / 2] / 1e3, ours / (double)t[2][runs / 2]);
}

static void bench_copy(uint32_t w, uint32_t h)
{
    size_t bytes = (size_t)w * h * 4;
    int fd = memfd_create("bench", 0);
    assert_int_equal(ftruncate(fd, (off_t)(bytes + 4096)), 0);
    struct plane p;
    p.src = mmap(NULL, bytes + 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    p.dst = aligned_alloc(4096, bytes);
    assert_true(p.src != MAP_FAILED && p.dst);
    memset(p.src, 1, bytes + 4096);
    memset(p.dst, 2, bytes);
    p.mem = (struct orl_mem){p.src, bytes + 4096};
    p.f = (struct orl_frame_desc){.fmt = ORL_PIX_BGRA8,
                                  .w = w,
                                  .h = h,
                                  .rows = h,
                                  .pitch = w * 4,
                                  .row_bytes = w * 4,
                                  .wp_off = 4092,
                                  .pix_off = 4096};
    orl_w32_store(p.src + 4092, UINT32_MAX);
    printf("picture %u x %u\n", w, h);
    measure(&p, (struct orl_rect){100, 100, 64, 64}, "64x64");
    measure(&p, (struct orl_rect){100, 100, 640, 360}, "640x360");
    if (w > 1920) {
        measure(&p, (struct orl_rect){100, 100, 1920, 1080}, "1920x1080");
    }
    measure(&p, (struct orl_rect){0, 0, w, h}, "all");
    munmap(p.src, bytes + 4096);
    free(p.dst);
    close(fd);
}

/* ---- Latency ------------------------------------------------------------------------------- */

/* Another process: posts with +-100 us of jitter; the first pixels carry the time of the post. */
static void guest_process(struct guest *g, double hz)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_TIMERSLACK, 1UL);
    uint64_t rng = 3, start = orl_now_ns(), passed = 0;
    for (uint64_t n = 1;; n++) {
        uint64_t due = start + (uint64_t)((double)n * 1e9 / hz) + random_below(&rng, 200000);
        while (orl_now_ns() < due) {
            uint64_t now = orl_now_ns();
            if (now - passed >= 10 * MS) {
                passed = now;
                guest_pass(g, now / MS);
            }
            orl_sleep_until(due < now + 5 * MS ? due : now + 5 * MS);
        }
        if (!guest_can_post(g)) {
            continue;
        }
        uint32_t i = g->next_slot;
        g->next_slot ^= 1;
        struct orl_frame_desc d = guest_desc(g, i, 1920, 1080);
        d.serial = (uint32_t)n;
        orl_rects_add_one(&d.damage, (struct orl_rect){0, 0, 64, 64});
        uint64_t now = orl_now_ns();
        memcpy(g->shm.base + d.pix_off, &now, sizeof(now));
        guest_post_desc(g, i, &d, now / MS);
        orl_w32_store(g->shm.base + d.wp_off, UINT32_MAX);
    }
}

/* Processor time of the thread called `name`, ns. */
static uint64_t cpu_of(const char *name)
{
    uint64_t ns = 0;
    DIR *dir = opendir("/proc/self/task");
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char path[300], text[64] = "";
        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
        FILE *f = fopen(path, "r");
        bool found =
            f && fgets(text, sizeof(text), f) && strncmp(text, name, strlen(name)) == 0;
        if (f) {
            fclose(f);
        }
        snprintf(path, sizeof(path), "/proc/self/task/%s/schedstat", e->d_name);
        f = found ? fopen(path, "r") : NULL;
        if (f && fgets(text, sizeof(text), f)) {
            ns = strtoull(text, NULL, 10);
        }
        if (f) {
            fclose(f);
        }
    }
    closedir(dir);
    return ns;
}

static void give_pool(struct orl_frame_link *link)
{
    if (orl_mailbox_take(&link->want_mb)) {
        struct orl_pool *pool = &link->pool[link->pool_mb.back];
        pool->generation = 1;
        pool->bytes = link->want[link->want_mb.front];
        for (int i = 0; i < 3; i++) {
            pool->map[i] = aligned_alloc(4096, (pool->bytes + 4095) / 4096 * 4096);
        }
        orl_mailbox_publish(&link->pool_mb);
    }
}

static void bench_latency(double hz, unsigned seconds)
{
    static struct guest g;
    static uint64_t seen[SAMPLES], ready[SAMPLES];
    struct orl_frame_link *link = aligned_alloc(64, (sizeof(*link) + 63) / 64 * 64);
    struct orl_wake wake;
    struct orl_frame *frame = NULL;
    unsigned n = 0;
    guest_create(&g, ORL_B7, 64 << 20);
    guest_start(&g, orl_now_ns() / MS);
    pid_t child = fork();
    if (child == 0) {
        if (hz > 0) {
            guest_process(&g, hz);
        }
        for (;;) {
            guest_pass(&g, orl_now_ns() / MS);
            orl_sleep_until(orl_now_ns() + 10 * MS);
        }
    }
    orl_wake_init(&wake);
    orl_frame_link_init(link, &wake);
    orl_frame_link_set_ways(link, 0); /* copies */
    struct orl_frame_conf conf = {.path = g.path};
    assert_int_equal(orl_frame_start(&frame, &conf, link), ORL_OK);
    uint64_t from = orl_now_ns() + 2000 * MS, end = from + seconds * 1000 * MS;
    uint64_t cpu_f = 0, cpu_c = 0;
    while (orl_now_ns() < end) {
        orl_wake_wait(&wake, orl_now_ns() + 50 * MS);
        give_pool(link);
        if (cpu_f == 0 && orl_now_ns() > from) {
            cpu_f = cpu_of("orl-frame");
            cpu_c = cpu_of("orl-cursor");
        }
        if (!orl_mailbox_take(&link->frame_mb)) {
            continue;
        }
        const struct orl_slot *slot = &link->frame[link->frame_mb.front];
        uint64_t posted;
        if (slot->kind == ORL_SLOT_STAGED && slot->t_seen_ns > from && n < SAMPLES) {
            memcpy(&posted, slot->map, sizeof(posted));
            seen[n] = slot->t_seen_ns > posted ? slot->t_seen_ns - posted : 0;
            ready[n] = slot->t_ready_ns > posted ? slot->t_ready_ns - posted : 0;
            n++;
        }
    }
    double wall = (double)seconds * 1e9;
    cpu_f = cpu_of("orl-frame") - cpu_f;
    cpu_c = cpu_of("orl-cursor") - cpu_c;
    orl_frame_stop(&frame);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    guest_destroy(&g);
    printf("%5.1f Hz: %u frames", hz, n);
    if (n > 10) {
        qsort(seen, n, sizeof(seen[0]), compare);
        qsort(ready, n, sizeof(ready[0]), compare);
        printf(", found p50 %.0f p99 %.0f us, staged p50 %.0f p99 %.0f us",
               (double)seen[n / 2] / 1e3, (double)seen[n * 99 / 100] / 1e3,
               (double)ready[n / 2] / 1e3, (double)ready[n * 99 / 100] / 1e3);
    }
    printf(", cpu frame %.2f %% cursor %.2f %%\n", (double)cpu_f / wall * 100,
           (double)cpu_c / wall * 100);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "copy") == 0) {
        bench_copy(1920, 1080);
        bench_copy(3840, 2160);
        return 0;
    }
    if (argc > 3 && strcmp(argv[1], "latency") == 0) {
        bench_latency(strtod(argv[2], NULL), (unsigned)strtoul(argv[3], NULL, 10));
        return 0;
    }
    fprintf(stderr, "usage: bench_frame copy | latency HZ SECONDS\n");
    return 2;
}
