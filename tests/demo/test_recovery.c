/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest in a thread that is asked for its other display, in each of its manners. Real time: each
 * test waits, at most LIMIT_NS.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "demo/demo.h"
#include "ring/mem.h"
#include "ring/recovery.h"
#include "ring/ring.h"
#include "support/check.h"

#define LIMIT_NS (40 * ORL_NS_PER_S)

struct rig {
    struct orl_demo_conf conf;
    char path[64];
    struct orl_flag stop;
    struct orl_thread thread;
    int result;
    struct orl_shm shm;
    struct orl_session session;
    struct orl_ring frames;
};

static void guest_main(void *arg)
{
    struct rig *r = arg;
    r->result = orl_demo_run(&r->conf, &r->stop);
}

static void pause_a_little(void)
{
    orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS / 2);
}

static void attach(struct rig *r)
{
    struct orl_attach a;
    memset(&a, 0, sizeof(a));
    uint64_t end = orl_now_ns() + LIMIT_NS;
    while (orl_attach_step(&a, &r->shm, orl_now_ns(), true, &r->session) != ORL_OK ||
           orl_ring_subscribe(&r->frames, &r->session, ORL_QUEUE_FRAME) != ORL_OK) {
        assert_true(orl_now_ns() < end);
        pause_a_little();
    }
}

/* Takes all frames that are there; true if there were any. */
static bool take_frames(struct rig *r)
{
    struct orl_payload msg;
    bool any = false;
    int err = orl_ring_next(&r->frames, &msg);
    while (err == ORL_OK) {
        any = true;
        (void)!orl_ring_done(&r->frames);
        err = orl_ring_next(&r->frames, &msg);
    }
    if (err != ORL_EAGAIN) {
        attach(r); /* a busy machine was too late for the guest */
    }
    return any;
}

static void await_frames(struct rig *r)
{
    uint64_t end = orl_now_ns() + LIMIT_NS;
    while (!take_frames(r)) {
        assert_true(orl_now_ns() < end);
        pause_a_little();
    }
}

static struct rig *display_driver(enum orl_demo_recovery how)
{
    struct rig *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    orl_demo_conf_init(&r->conf);
    r->conf.w = 64;
    r->conf.h = 48;
    r->conf.release = ORL_MASTER;
    r->conf.recovery = how;
    strcpy(r->path, "/dev/shm/oriel-test-demo-XXXXXX");
    int fd = mkstemp(r->path);
    assert_true(fd >= 0);
    close(fd);
    r->conf.path = r->path;
    orl_flag_init(&r->stop);
    assert_int_equal(orl_thread_start(&r->thread, "guest", guest_main, r), ORL_OK);
    uint64_t end = orl_now_ns() + LIMIT_NS;
    enum orl_shm_fault fault;
    while (orl_shm_open(&r->shm, r->path, ORL_SHM_READ_WRITE, &fault) != ORL_OK) {
        assert_true(orl_now_ns() < end);
        pause_a_little();
    }
    attach(r);
    return r;
}

static void rig_stop(struct rig *r)
{
    orl_flag_raise(&r->stop);
    orl_thread_join(&r->thread);
    orl_shm_close(&r->shm);
    unlink(r->path);
    assert_int_equal(r->result, ORL_OK);
    free(r);
}

/* Asks for the other display until the job is over; a guest that was not let run is asked again. */
static struct orl_recovery_job ask_for_display(struct rig *r)
{
    struct orl_recovery_job job;
    uint64_t end = orl_now_ns() + LIMIT_NS;
    do {
        orl_recovery_begin(&job, false, orl_now_ns());
        while (orl_recovery_step(&job, &r->shm, orl_now_ns()) == ORL_EAGAIN) {
            assert_true(orl_now_ns() < end);
            pause_a_little();
        }
    } while (job.outcome == ORL_RECOVERY_DEAD && r->conf.recovery != ORL_DEMO_RECOVERY_DEAD);
    return job;
}

static void fallback_display_comes_and_goes_and_frames_rest_meanwhile(void **state)
{
    (void)state;
    struct rig *r = display_driver(ORL_DEMO_RECOVERY_ANSWER);
    await_frames(r);
    assert_int_equal(r->session.mem.size, r->shm.size - ORL_RECOVERY_BYTES);
    struct orl_recovery_job job = ask_for_display(r);
    assert_int_equal(job.outcome, ORL_RECOVERY_ANSWERED);
    assert_int_equal(job.request, ORL_RECOVERY_ASK_FALLBACK);
    assert_int_equal(job.region.state, ORL_RECOVERY_ACTIVE);
    assert_int_equal(job.region.ack_serial, 2);
    (void)take_frames(r); /* what was posted before */
    orl_sleep_until(orl_now_ns() + 200 * ORL_NS_PER_MS);
    assert_false(take_frames(r));
    job = ask_for_display(r);
    assert_int_equal(job.outcome, ORL_RECOVERY_ANSWERED);
    assert_int_equal(job.request, ORL_RECOVERY_ASK_NORMAL);
    assert_int_equal(job.region.state, ORL_RECOVERY_NORMAL);
    assert_int_equal(job.region.ack_serial, 4);
    await_frames(r);
    rig_stop(r);
}

static void fallback_display_fails_as_it_is_told_to(void **state)
{
    (void)state;
    for (uint32_t error = ORL_RECOVERY_UNSUPPORTED; error <= ORL_RECOVERY_CAPACITY; error++) {
        struct rig *r =
            display_driver((enum orl_demo_recovery)(ORL_DEMO_RECOVERY_FAIL + error));
        struct orl_recovery_job job = ask_for_display(r);
        assert_int_equal(job.outcome, ORL_RECOVERY_ANSWERED);
        assert_int_equal(job.region.state, ORL_RECOVERY_FAILED);
        assert_int_equal(job.region.error, error);
        rig_stop(r);
    }
}

static void guests_that_cannot_switch_are_each_seen_for_what_they_are(void **state)
{
    (void)state;
    static const struct {
        enum orl_demo_recovery how;
        enum orl_recovery_outcome outcome;
    } kinds[] = {{ORL_DEMO_RECOVERY_NONE, ORL_RECOVERY_INCAPABLE},
                 {ORL_DEMO_RECOVERY_DEAD, ORL_RECOVERY_DEAD},
                 {ORL_DEMO_RECOVERY_ABSENT, ORL_RECOVERY_ABSENT}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct rig *r = display_driver(kinds[i].how);
        assert_int_equal(ask_for_display(r).outcome, kinds[i].outcome);
        rig_stop(r);
    }
}

static void silent_guest_takes_the_request_and_says_nothing(void **state)
{
    (void)state;
    struct rig *r = display_driver(ORL_DEMO_RECOVERY_SILENT);
    struct orl_recovery_job job = {0};
    uint64_t end = orl_now_ns() + LIMIT_NS;
    while (job.outcome != ORL_RECOVERY_ASKED) {
        orl_recovery_begin(&job, false, orl_now_ns());
        while (job.outcome == ORL_RECOVERY_LOOKING) {
            (void)!orl_recovery_step(&job, &r->shm, orl_now_ns());
            assert_true(orl_now_ns() < end);
            pause_a_little();
        }
    }
    const uint8_t *lines = r->shm.base + r->shm.size - ORL_RECOVERY_BYTES + ORL_RECOVERY_LINE;
    while (orl_w32_load(lines) != 0) {
        assert_true(orl_now_ns() < end);
        pause_a_little();
    }
    assert_int_equal(orl_recovery_step(&job, &r->shm, orl_now_ns()), ORL_EAGAIN);
    assert_int_equal(job.region.ack_serial, 0);
    rig_stop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fallback_display_comes_and_goes_and_frames_rest_meanwhile),
        cmocka_unit_test(fallback_display_fails_as_it_is_told_to),
        cmocka_unit_test(guests_that_cannot_switch_are_each_seen_for_what_they_are),
        cmocka_unit_test(silent_guest_takes_the_request_and_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
