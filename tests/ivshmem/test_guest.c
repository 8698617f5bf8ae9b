/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The synthetic guest in the memory of a server, seen by the viewer's reader and rung by its doorbell. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "programs.h"
#include "ring/ring.h"
#include "support/check.h"
#include "wire/wire.h"

struct viewer {
    struct orl_shm shm;
    struct orl_session session;
    struct orl_ring frames;
};

static pid_t guest_start(const struct scratch *s, const char *release, const char *ring)
{
    char option[32];
    snprintf(option, sizeof(option), "--release=%s", release);
    const char *argv[] = {ORL_GUEST, option, "--size=320x200", s->name, ring, NULL};
    return program_start(argv, -1, -1);
}

static void attach(struct viewer *v)
{
    struct orl_attach a;
    memset(&a, 0, sizeof(a));
    while (orl_attach_step(&a, &v->shm, orl_now_ns(), true, &v->session) != ORL_OK ||
           orl_ring_subscribe(&v->frames, &v->session, ORL_QUEUE_FRAME) != ORL_OK) {
        pause_a_little();
    }
}

/* Reads what is there; how many of it were frames that can be read. */
static unsigned read_frames(struct viewer *v)
{
    for (unsigned count = 0;;) {
        struct orl_payload msg;
        struct orl_frame_desc desc;
        int err = orl_ring_next(&v->frames, &msg);
        if (err == ORL_OK) {
            count += orl_frame_read(&desc, v->session.lay, v->session.mem, msg) == ORL_OK &&
                     desc.w == 320 && desc.h == 200;
            err = orl_ring_done(&v->frames);
        }
        if (err == ORL_EAGAIN) {
            return count;
        }
        if (err != ORL_OK) {
            attach(v); /* a busy machine was too late for the guest */
        }
    }
}

static void frames_come_with_a_ring(void **state)
{
    (void)state;
    static const char *const releases[] = {"b6", "b7", "master"};
    for (int i = 0; i < 3; i++) {
        struct scratch s;
        struct viewer v;
        scratch_make(&s);
        pid_t server = server_start(&s, "--size=64M", NULL);
        v.shm = open_served(&s);
        pid_t guest = guest_start(&s, releases[i], "--ring");
        attach(&v);
        unsigned announced = 0;
        while (announced < 20) {
            /* The wait has an end, because the guest may not have heard of us yet. */
            struct pollfd p = {v.shm.doorbell, POLLIN, 0};
            bool rung = poll(&p, 1, 50) == 1;
            bool heard = orl_shm_rang(&v.shm); /* also a ring of just now */
            assert_true(heard || !rung);
            announced += read_frames(&v) * rung;
        }
        orl_ring_unsubscribe(&v.frames);
        assert_false(orl_shm_stale(&v.shm, s.name));
        assert_int_equal(program_end(guest), 0);
        assert_int_equal(program_end(server), 0);
        orl_shm_close(&v.shm);
        scratch_remove(&s);
    }
}

static void guest_that_was_not_asked_to_does_not_ring(void **state)
{
    (void)state;
    struct scratch s;
    struct viewer v;
    scratch_make(&s);
    pid_t server = server_start(&s, "--size=64M", NULL);
    v.shm = open_served(&s);
    pid_t guest = guest_start(&s, "b7", NULL);
    attach(&v);
    unsigned count = 0;
    while (count < 10) {
        count += read_frames(&v);
        pause_a_little();
    }
    assert_false(orl_shm_rang(&v.shm));
    assert_int_equal(program_end(guest), 0);
    assert_int_equal(program_end(server), 0);
    orl_shm_close(&v.shm);
    scratch_remove(&s);
}

static int run_guest(const char *a, const char *b, const char *c)
{
    const char *argv[] = {ORL_GUEST, a, b, c, NULL};
    return program_wait(program_start(argv, -1, -1));
}

static void guest_says_what_is_missing(void **state)
{
    (void)state;
    struct scratch s;
    scratch_make(&s);
    assert_int_equal(run_guest(s.name, NULL, NULL), 1); /* no server */
    assert_int_equal(run_guest("--ring", "/dev/shm/oriel-test-none", NULL), 2);
    assert_int_equal(access("/dev/shm/oriel-test-none", F_OK), -1);
    assert_int_equal(run_guest("--ring=yes", s.name, NULL), 2);
    pid_t server = server_start(&s, "--size=1M", NULL);
    assert_int_equal(run_guest(s.name, "--duration=1", NULL), 1); /* too small for a picture */
    assert_int_equal(program_end(server), 0);
    server = server_start(&s, "--size=16M", NULL);
    assert_int_equal(run_guest(s.name, "--memory=32", "--duration=1"), 1);
    assert_int_equal(run_guest(s.name, "--size=64x48", "--duration=0.1"), 0);
    assert_int_equal(program_end(server), 0);
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_with_a_ring),
        cmocka_unit_test(guest_that_was_not_asked_to_does_not_ring),
        cmocka_unit_test(guest_says_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
