/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A viewer that writes as fast as it can, in a thread and in a process of its own, against a guest
 * that reads and takes the binding back again and again. What is read is what was written, whole, in
 * order, and of one binding nothing is lost that the writer was told is written.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/serial.h"
#include "base/thread.h"
#include "ring/producer.h"
#include "ring/session.h"
#include "ring/stream_bind.h"
#include "scale.h"
#include "support/check.h"

#define MEMORY 65536
#define SLOTS  8
#define BYTES  64
#ifdef __SANITIZE_THREAD__
#    define BINDINGS 300
#else
#    define BINDINGS 1500
#endif
#define RECORDS  200 /* of one binding, about */
#define LIMIT_NS (60 * ORL_NS_PER_S)

/* Lies in memory that both share. */
struct shared {
    struct orl_flag stop;
    struct orl_counter written; /* records of the present binding, by the writer */
    struct orl_counter epoch;   /* which binding that is */
    struct orl_counter failed;  /* the writer saw something that must not be */
};

struct stage {
    struct orl_shm shm;
    struct orl_producer producer;
    struct orl_stream_desc desc;
    uint32_t client_id;
    struct shared *shared;
};

static struct stage *stage_new(void)
{
    struct stage *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    int fd = memfd_create("oriel-stream", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, MEMORY), 0);
    assert_int_equal(orl_shm_map_fd(&s->shm, fd, MEMORY, ORL_SHM_READ_WRITE), ORL_OK);
    s->shared = mmap(NULL, sizeof(*s->shared), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(s->shared != MAP_FAILED);
    const struct orl_layout *lay = orl_layout_get(ORL_MASTER);
    struct orl_session_info info = {.kvmfr = lay->kvmfr};
    uint8_t data[256];
    size_t len = orl_session_info_write(data, sizeof(data), lay, &info);
    assert_int_equal(orl_producer_start(&s->producer, s->shm.base, MEMORY, lay, data,
                                        (uint32_t)len, 0, 1000),
                     ORL_OK);
    s->desc = (struct orl_stream_desc){
        .direction = ORL_STREAM_TO_GUEST, .slot_count = SLOTS, .slot_bytes = BYTES};
    assert_int_equal(orl_stream_desc_complete(&s->desc), ORL_OK);
    s->desc.off = (uint32_t)orl_producer_alloc(&s->producer, s->desc.region_bytes, 64);
    assert_int_not_equal(s->desc.off, 0);
    s->client_id = 1; /* the first that attaches */
    return s;
}

static void stage_free(struct stage *s)
{
    munmap(s->shared, sizeof(*s->shared));
    orl_shm_close(&s->shm);
    free(s);
}

static void fill(uint8_t *data, uint32_t len, uint32_t epoch, uint32_t n)
{
    for (uint32_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(epoch * 31 + n * 7 + i);
    }
}

/* 8 to 64 bytes: epoch, number, filling. */
static uint32_t make_record(uint8_t *data, uint32_t epoch, uint32_t n)
{
    uint32_t len = 8 + n % (BYTES - 7);
    fill(data, len, epoch, n);
    orl_put_u32(data, epoch);
    orl_put_u32(data + 4, n);
    return len;
}

static void write_all(void *arg)
{
    struct stage *s = arg;
    struct orl_attach a = {0};
    struct orl_session session;
    struct orl_stream stream;
    bool fine = orl_attach_step(&a, &s->shm, 0, false, &session) == ORL_OK &&
                session.client_id == s->client_id &&
                orl_stream_attach(&stream, &session, &s->desc) == ORL_OK;
    uint32_t n = 0, epoch = 0;
    while (fine && !orl_flag_is_raised(&s->shared->stop)) {
        if (stream.epoch == 0) {
            int err = orl_stream_activate(&stream);
            fine = err == ORL_OK || err == ORL_EAGAIN;
            if (err) {
                continue;
            }
            if (stream.epoch != epoch) { /* it is the same while the binding is drained */
                epoch = stream.epoch;
                n = 0;
                orl_counter_set(&s->shared->written, 0);
                orl_counter_set(&s->shared->epoch, epoch);
            }
        }
        uint8_t data[BYTES];
        uint32_t len = make_record(data, stream.epoch, n);
        int err = orl_stream_write(&stream, data, len);
        if (err == ORL_OK) {
            orl_counter_set(&s->shared->written, ++n);
        } else if (err == ORL_ELOST) {
            stream.epoch = 0;
        } else {
            fine = err == ORL_ENOSPC;
        }
    }
    orl_counter_set(&s->shared->failed, !fine);
}

/* Reads what is there; *n counts. False: nothing. */
static bool read_one(struct orl_stream *g, uint32_t *n)
{
    uint8_t got[BYTES], want[BYTES];
    uint32_t len;
    int err = orl_stream_read(g, got, sizeof(got), &len);
    if (err == ORL_EAGAIN) {
        return false;
    }
    assert_int_equal(err, ORL_OK);
    assert_int_equal(len, make_record(want, g->epoch, *n));
    assert_memory_equal(got, want, len);
    (*n)++;
    return true;
}

static void read_binding(struct stage *s, struct orl_stream *g, int round, uint64_t end_ns)
{
    uint32_t n = 0;
    while (orl_stream_bind(g, s->client_id) != ORL_OK) {
        assert_true(orl_now_ns() < end_ns);
    }
    uint32_t epoch = g->epoch;
    uint32_t until = 1 + (uint32_t)round * 37 % RECORDS;
    while (n < until) {
        read_one(g, &n);
        assert_true(orl_now_ns() < end_ns);
    }
    orl_stream_drain(g);
    while (orl_stream_unbind(g) != ORL_OK) {
        read_one(g, &n);
        assert_true(orl_now_ns() < end_ns);
    }
    /* The writer counts after its write: it may be one behind, but not ahead. */
    while (orl_counter_get(&s->shared->epoch) == epoch &&
           orl_counter_get(&s->shared->written) + 1 < n) {
        assert_true(orl_now_ns() < end_ns);
    }
    if (orl_counter_get(&s->shared->epoch) == epoch) {
        assert_true(orl_counter_get(&s->shared->written) <= n);
    }
}

static void read_all(struct stage *s, struct orl_stream *g)
{
    uint64_t end_ns = orl_now_ns() + LIMIT_NS * (uint64_t)stress_scale();
    for (int round = 0; round < BINDINGS * stress_scale(); round++) {
        read_binding(s, g, round, end_ns);
    }
    orl_flag_raise(&s->shared->stop);
}

static void nothing_is_lost_between_threads(void **state)
{
    (void)state;
    struct stage *s = stage_new();
    struct orl_thread writer = {0};
    struct orl_stream g;
    orl_stream_create(&g, s->shm.base, s->producer.session_id, &s->desc);
    assert_int_equal(orl_thread_start(&writer, "writer", write_all, s), ORL_OK);
    read_all(s, &g);
    orl_thread_join(&writer);
    assert_int_equal(orl_counter_get(&s->shared->failed), 0);
    stage_free(s);
}

static void nothing_is_lost_between_processes(void **state)
{
    (void)state;
    struct stage *s = stage_new();
    struct orl_stream g;
    int status = -1;
    orl_stream_create(&g, s->shm.base, s->producer.session_id, &s->desc);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(120);
        write_all(s);
        _exit(0);
    }
    read_all(s, &g);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(orl_counter_get(&s->shared->failed), 0);
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_between_processes),
        cmocka_unit_test(nothing_is_lost_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
