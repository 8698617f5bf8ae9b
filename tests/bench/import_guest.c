/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/import_guest.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "ring/mem.h"
#include "ring/producer.h"

#define ALIGN        4096u
#define BAND         (1024u * 1024u)
#define PASS_NS      (10 * ORL_NS_PER_MS)
#define TIMEOUT_MS   1000
#define PICTURE_SIZE ((size_t)IMPORT_GUEST_SIDE_W * IMPORT_GUEST_SIDE_H * 4)

struct state {
    struct orl_shm shm;
    const struct orl_layout *lay;
    struct orl_producer producer;
    uint32_t queue;
    size_t slot[2];
    uint32_t slot_bytes;
    uint8_t *picture[2];
    uint64_t *written_ns;
    uint64_t pass_ns;
    uint32_t n; /* next frame */
};

static void die(const char *why)
{
    fprintf(stderr, "bench_import: the guest: %s\n", why);
    exit(1);
}

static uint64_t now_ms(void)
{
    return orl_now_ns() / ORL_NS_PER_MS;
}

static void pass(struct state *s)
{
    uint64_t now_ns = orl_now_ns();
    if (now_ns - s->pass_ns >= PASS_NS) {
        s->pass_ns = now_ns;
        if (orl_producer_pass(&s->producer, now_ns / ORL_NS_PER_MS)) {
            die("the session is damaged");
        }
    }
}

static void start_session(struct state *s)
{
    static const struct orl_session_info blank = {.host_version = "bench"};
    struct orl_session_info info = blank;
    uint8_t data[512];
    uint32_t pointers;
    info.kvmfr = s->lay->kvmfr;
    size_t len = orl_session_info_write(data, sizeof(data), s->lay, &info);
    if (len == 0 ||
        orl_producer_start(&s->producer, s->shm.base, s->shm.size, s->lay, data, (uint32_t)len,
                           0, now_ms()) ||
        orl_producer_add_queue(&s->producer, ORL_QUEUE_FRAME, 2, TIMEOUT_MS, &s->queue) ||
        orl_producer_add_queue(&s->producer, ORL_QUEUE_POINTER, 20, TIMEOUT_MS, &pointers)) {
        die("no session fits into the memory");
    }
    s->slot_bytes = (uint32_t)PICTURE_SIZE + ALIGN;
    for (int i = 0; i < 2; i++) {
        s->slot[i] = orl_producer_alloc(&s->producer, s->slot_bytes, ALIGN);
        if (s->slot[i] == 0) {
            die("two pictures do not fit into the memory");
        }
    }
    memset(s->written_ns, 0, IMPORT_GUEST_FRAMES * sizeof(s->written_ns[0]));
    s->n = 0;
}

static struct orl_frame_desc describe(const struct state *s, const struct import_order *o)
{
    size_t off = s->slot[s->n % 2];
    struct orl_frame_desc d = {.serial = s->n,
                               .format_id = 1,
                               .fmt = ORL_PIX_BGRA8,
                               .screen_w = o->w,
                               .screen_h = o->h,
                               .w = o->w,
                               .h = o->h,
                               .rows = o->h,
                               .pitch = o->w * 4,
                               .row_bytes = o->w * 4,
                               .white_nits = ORL_WHITE_NITS,
                               .wp_off = off + ALIGN - 4,
                               .pix_off = off + ALIGN};
    orl_rects_set_full(&d.damage);
    return d;
}

static void write_pixels(struct state *s, const struct orl_frame_desc *d)
{
    uint32_t bytes = d->rows * d->pitch;
    for (uint32_t at = 0; at < bytes; at += BAND) {
        uint32_t n = bytes - at < BAND ? bytes - at : BAND;
        memcpy(s->shm.base + d->pix_off + at, s->picture[s->n % 2] + at, n);
        orl_w32_store(s->shm.base + d->wp_off, at + n);
    }
    s->written_ns[s->n] = orl_now_ns();
}

static void post_frame(struct state *s, const struct import_order *o)
{
    struct orl_frame_desc d = describe(s, o);
    struct orl_payload msg = {s->slot[s->n % 2], s->slot_bytes, 0};
    if (orl_frame_write(s->shm.base, s->shm.size, s->lay, msg, &d)) {
        die("a header does not fit");
    }
    if (!o->behind) {
        write_pixels(s, &d);
    }
    if (orl_producer_post(&s->producer, s->queue, msg, NULL, 0, now_ms(), NULL)) {
        die("a frame could not be posted");
    }
    if (o->behind) {
        write_pixels(s, &d);
    }
    s->n++;
}

static bool has_order(int fd, int wait_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, wait_ms) > 0;
}

static void obey(struct state *s, const struct import_order *o, int fd)
{
    start_session(s);
    while (orl_producer_subscribers(&s->producer, s->queue) == 0 && !has_order(fd, 1)) {
        pass(s);
    }
    uint64_t due_ns = orl_now_ns() + 100 * ORL_NS_PER_MS;
    while (s->n < o->frames && !has_order(fd, 0)) {
        uint64_t now_ns = orl_now_ns();
        pass(s);
        if (now_ns < due_ns) {
            orl_sleep_until(orl_earlier(due_ns, now_ns + PASS_NS / 2));
        } else if (orl_producer_used(&s->producer, s->queue) < 2) {
            post_frame(s, o);
            due_ns += ORL_NS_PER_S / o->hz;
            due_ns = due_ns < now_ns ? now_ns : due_ns; /* late ones are not caught up with */
        } else {
            orl_sleep_until(now_ns + ORL_NS_PER_MS);
        }
    }
    while (!has_order(fd, 5)) {
        pass(s);
    }
}

static void fill(uint8_t *dst, uint64_t seed)
{
    for (size_t i = 0; i < PICTURE_SIZE; i += 8) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memcpy(dst + i, &seed, 8);
    }
}

_Noreturn static void run(const char *path, int fd, uint64_t *written_ns)
{
    struct state s = {.lay = orl_layout_get(ORL_B7), .written_ns = written_ns};
    struct import_order order;
    enum orl_shm_fault fault;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_TIMERSLACK, 1UL);
    if (orl_shm_open(&s.shm, path, ORL_SHM_READ_WRITE, &fault)) {
        die(orl_shm_fault_text(fault));
    }
    for (int i = 0; i < 2; i++) {
        s.picture[i] = malloc(PICTURE_SIZE);
        if (!s.picture[i]) {
            die("no memory");
        }
        fill(s.picture[i], (uint64_t)i + 1);
    }
    while (read(fd, &order, sizeof(order)) == (ssize_t)sizeof(order)) {
        obey(&s, &order, fd);
    }
    exit(0);
}

bool import_guest_start(struct import_guest *g, const char *path)
{
    int ends[2];
    uint64_t *written = mmap(NULL, IMPORT_GUEST_FRAMES * sizeof(uint64_t),
                             PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (written == MAP_FAILED || pipe(ends)) {
        return false;
    }
    g->written_ns = written;
    g->orders = ends[1];
    g->pid = fork();
    if (g->pid == 0) {
        close(ends[1]);
        run(path, ends[0], written);
    }
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    return g->pid > 0;
}

bool import_guest_order(struct import_guest *g, const struct import_order *order)
{
    return write(g->orders, order, sizeof(*order)) == (ssize_t)sizeof(*order);
}

void import_guest_stop(struct import_guest *g)
{
    close(g->orders);
    waitpid(g->pid, NULL, 0);
}
