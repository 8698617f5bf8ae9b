/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doorbell: when it is trusted, and a sleep that it ends. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "frame/bell.h"
#include "frame/pump.h"
#include "frame/sleeper.h"
#include "guest.h"
#include "support/check.h"
#include "support/random.h"
#include "viewer.h"

#define MS   UINT64_C(1000000)
#define POLL (7 * MS) /* what the cadence would say, from now */

static bool waits_for_it(const struct orl_bell *b)
{
    return orl_bell_next(b, 1000 * MS + POLL, 1000 * MS) == 1000 * MS + ORL_BELL_NET_NS;
}

/* A frame and its ring, in one look. */
static void rung_frame(struct orl_bell *b)
{
    orl_bell_rang(b);
    orl_bell_look(b, 1, 0);
}

static void a_bell_is_trusted_after_some_frames_and_not_before(void **state)
{
    (void)state;
    struct orl_bell b = {0};
    assert_true(orl_bell_listens(&b, 0));
    assert_false(waits_for_it(&b));
    rung_frame(&b);
    rung_frame(&b);
    assert_false(waits_for_it(&b));
    rung_frame(&b);
    assert_true(waits_for_it(&b));
    for (int i = 0; i < 100; i++) {
        orl_bell_look(&b, 0, 0); /* nothing happens */
    }
    assert_true(waits_for_it(&b));
}

static void a_ring_may_come_after_the_frame_was_found(void **state)
{
    (void)state;
    struct orl_bell b = {0};
    for (int i = 0; i < 20; i++) {
        orl_bell_look(&b, 1, 0);
        orl_bell_rang(&b);
        orl_bell_look(&b, 0, 0);
    }
    assert_true(waits_for_it(&b));
    assert_int_equal(b.idle, 0);
}

static void frames_without_rings_bring_polling_back_and_rings_the_bell(void **state)
{
    (void)state;
    struct orl_bell b = {0};
    for (int i = 0; i < 5; i++) {
        rung_frame(&b);
    }
    assert_true(waits_for_it(&b));
    orl_bell_look(&b, 1, 0);
    orl_bell_look(&b, 1, 0);
    assert_true(waits_for_it(&b)); /* one was not rung for; of the other it is not known yet */
    orl_bell_look(&b, 1, 0);
    assert_false(waits_for_it(&b));
    for (int i = 0; i < 100; i++) {
        orl_bell_look(&b, 1, 0);
    }
    assert_false(waits_for_it(&b));
    for (int i = 0; i < 3; i++) {
        rung_frame(&b);
    }
    assert_true(waits_for_it(&b));
}

static void rings_for_nothing_are_listened_to_less_often(void **state)
{
    (void)state;
    struct orl_bell b = {0};
    uint64_t now = 0;
    unsigned looks = 0;
    while (now < 1000 * MS) { /* it is rung all the time */
        if (orl_bell_listens(&b, now)) {
            orl_bell_rang(&b);
            orl_bell_look(&b, 0, now);
            looks++;
            now += 10000;
        } else {
            now = orl_bell_next(&b, now + POLL, now);
        }
    }
    assert_in_range(looks, 100, 1010);
    rung_frame(&b); /* a frame, and it is heard at once again */
    orl_bell_rang(&b);
    orl_bell_look(&b, 0, now);
    assert_true(orl_bell_listens(&b, now));
}

static void a_broken_bell_means_polling(void **state)
{
    (void)state;
    struct orl_bell b = {0};
    for (int i = 0; i < 5; i++) {
        rung_frame(&b);
    }
    b.broken = true;
    assert_false(orl_bell_listens(&b, 0));
    assert_int_equal(orl_bell_next(&b, POLL, 0), POLL);
}

/* ---- The sleep ----------------------------------------------------------------------------- */

static int new_bell(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(fd >= 0);
    return fd;
}

static void ring(int fd, uint64_t times)
{
    assert_int_equal(write(fd, &times, sizeof(times)), sizeof(times));
}

#define LONG (60 * 1000 * MS) /* a sleep that must be ended */

static void a_ring_ends_the_sleep_and_is_read_empty(void **state)
{
    (void)state;
    struct orl_sleeper s;
    orl_sleeper_init(&s);
    int bell = new_bell();
    uint64_t now = orl_now_ns();
    ring(bell, 5);
    assert_int_equal(orl_sleeper_until_bell(&s, now, now + LONG, bell), ORL_SLEEP_RUNG);
    now = orl_now_ns();
    assert_int_equal(orl_sleeper_until_bell(&s, now, now + MS, bell), ORL_SLEEP_OVER);
    assert_true(orl_now_ns() >= now + MS);
    ring(bell, 1);
    assert_int_equal(orl_sleeper_until_bell(&s, now, now - MS, bell), ORL_SLEEP_RUNG);
    close(bell);
    orl_sleeper_finish(&s);
}

static void whoever_wakes_first_ends_the_sleep_that_follows(void **state)
{
    (void)state;
    struct orl_sleeper s;
    orl_sleeper_init(&s);
    int bell = new_bell();
    for (int i = 0; i < 3; i++) {
        uint64_t now = orl_now_ns();
        if (i == 0) {
            orl_sleeper_wake(&s);
        } else if (i == 1) {
            orl_sleeper_poke(&s);
        } else {
            orl_sleeper_stop(&s);
        }
        assert_int_equal(orl_sleeper_until_bell(&s, now, now + LONG, bell), ORL_SLEEP_OVER);
        assert_true(orl_now_ns() < now + LONG);
        assert_int_equal(orl_sleeper_take_poke(&s), i == 1);
    }
    close(bell);
    orl_sleeper_finish(&s);
}

static void a_descriptor_that_cannot_be_read_is_said_to_be_broken(void **state)
{
    (void)state;
    struct orl_sleeper s;
    orl_sleeper_init(&s);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[1]);
    uint64_t now = orl_now_ns();
    assert_int_equal(orl_sleeper_until_bell(&s, now, now + LONG, ends[0]),
                     ORL_SLEEP_BELL_BROKEN);
    close(ends[0]);
    assert_int_equal(orl_sleeper_until_bell(&s, now, now + LONG, ends[0]),
                     ORL_SLEEP_BELL_BROKEN); /* closed: never a busy loop */
    orl_sleeper_finish(&s);
}

/* ---- Two threads --------------------------------------------------------------------------- */

struct pair {
    struct orl_sleeper s;
    int bell;
    uint32_t rounds;
    struct orl_counter asked, answered;
    bool missed;
};

static void sleep_and_answer(void *arg)
{
    struct pair *p = arg;
    uint64_t rng = 3;
    for (uint64_t n = 1; n <= p->rounds; n++) {
        while (orl_counter_get(&p->asked) < n) {
            uint64_t now = orl_now_ns();
            uint64_t end = now + LONG;
            if (random_below(&rng, 3)) {
                orl_sleeper_until_bell(&p->s, now, end, p->bell);
            } else {
                /* Short: a ring is not heard in this one. */
                orl_sleeper_until(&p->s, now, now + MS);
            }
            p->missed |= orl_now_ns() >= end;
        }
        orl_counter_set(&p->answered, n);
    }
}

/* Each round one wake-up of some kind; a lost one would end in a sleep of a minute. */
static void no_wake_up_is_lost_between_two_kinds_of_sleep(void **state)
{
    (void)state;
    struct pair *p = aligned_alloc(64, (sizeof(*p) + 63) / 64 * 64);
    assert_non_null(p);
    struct orl_thread t = {0};
    uint64_t rng = 4;
    p->missed = false;
    p->rounds = 6000;
    orl_sleeper_init(&p->s);
    orl_counter_init(&p->asked);
    orl_counter_init(&p->answered);
    p->bell = new_bell();
    assert_int_equal(orl_thread_start(&t, "sleeper", sleep_and_answer, p), ORL_OK);
    for (uint64_t n = 1; n <= p->rounds; n++) {
        orl_counter_set(&p->asked, n);
        if (random_below(&rng, 2)) {
            orl_sleeper_wake(&p->s);
        } else {
            ring(p->bell, 1);
        }
        while (orl_counter_get(&p->answered) < n) {
            if (random_below(&rng, 64) == 0) {
                orl_sleep_until(orl_now_ns() + 1000);
            }
        }
    }
    orl_thread_join(&t);
    assert_false(p->missed);
    close(p->bell);
    orl_sleeper_finish(&p->s);
    free(p);
}

/* ---- The pump ------------------------------------------------------------------------------ */

struct rung_pump {
    struct guest guest;
    struct orl_wake wake;
    struct orl_frame_link *link;
    struct orl_pump *pump;
    struct viewer viewer;
    int bell;
};

static void *zeroed(size_t size)
{
    void *p = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(p);
    memset(p, 0, size);
    return p;
}

/* Subscribed, with an eventfd in the place of the one an ivshmem server would have sent. */
static void begin(struct rung_pump *r)
{
    memset(r, 0, sizeof(*r));
    guest_create(&r->guest, ORL_B7, 1 << 20);
    guest_start(&r->guest, orl_now_ns() / MS);
    r->link = zeroed(sizeof(*r->link));
    r->pump = zeroed(sizeof(*r->pump));
    orl_wake_init(&r->wake);
    orl_frame_link_init(r->link, &r->wake);
    viewer_init(&r->viewer, r->link, false);
    viewer_set_ways(&r->viewer, ORL_WAY_HELD);
    struct orl_frame_conf conf = {.path = r->guest.path};
    orl_pump_init(r->pump, &conf, r->link);
    while (!r->pump->ring.session) {
        uint64_t now = orl_now_ns();
        guest_pass(&r->guest, now / MS);
        assert_int_equal(orl_pump_step(r->pump, now), ORL_EAGAIN);
        orl_sleep_until(now + MS);
    }
    assert_int_equal(r->pump->source.shm.doorbell, -1);
    r->bell = new_bell();
    r->pump->source.shm.doorbell = dup(r->bell); /* closed with the memory */
}

static void finish(struct rung_pump *r)
{
    orl_pump_finish(r->pump);
    viewer_finish(&r->viewer);
    orl_frame_link_finish(r->link);
    guest_destroy(&r->guest);
    free(r->pump);
    free(r->link);
    close(r->bell);
}

static void show_frames(struct rung_pump *r, int n, bool rings)
{
    for (int i = 0; i < n; i++) {
        assert_true(guest_post_frame(&r->guest, orl_now_ns() / MS));
        if (rings) {
            ring(r->bell, 1);
        }
        uint64_t limit = orl_now_ns() + LONG;
        while (!viewer_take(&r->viewer)) {
            assert_true(orl_now_ns() < limit);
            guest_pass(&r->guest, orl_now_ns() / MS);
            orl_wake_wait(&r->wake, orl_now_ns() + 10 * MS);
        }
        viewer_release(&r->viewer, true);
        while (orl_producer_used(&r->guest.producer, r->guest.frame_queue)) {
            assert_true(orl_now_ns() < limit);
            guest_pass(&r->guest, orl_now_ns() / MS);
            orl_sleep_until(orl_now_ns() + 100000);
        }
    }
}

static void run_and_join(struct rung_pump *r, int n, bool rings)
{
    struct orl_thread t = {0};
    orl_flag_lower(&r->pump->sleeper->stop);
    assert_int_equal(orl_thread_start(&t, "pump", orl_pump_run, r->pump), ORL_OK);
    show_frames(r, n, rings);
    orl_sleeper_stop(r->pump->sleeper);
    orl_thread_join(&t);
}

static void a_pump_waits_for_rings_while_they_come_and_polls_when_they_stop(void **state)
{
    (void)state;
    struct rung_pump r;
    begin(&r);
    run_and_join(&r, 30, true);
    assert_true(r.pump->bell.trusted);
    run_and_join(&r, 10, false); /* each is found, at the latest by the net */
    assert_false(r.pump->bell.trusted);
    run_and_join(&r, 30, true);
    assert_true(r.pump->bell.trusted);
    assert_int_equal(r.viewer.in_place, 70);
    finish(&r);
}

static void a_pump_whose_bell_breaks_polls(void **state)
{
    (void)state;
    struct rung_pump r;
    begin(&r);
    run_and_join(&r, 10, true);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[1]);
    assert_int_equal(dup2(ends[0], r.pump->source.shm.doorbell), r.pump->source.shm.doorbell);
    close(ends[0]);
    run_and_join(&r, 10, false);
    assert_true(r.pump->bell.broken);
    finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bell_is_trusted_after_some_frames_and_not_before),
        cmocka_unit_test(a_ring_may_come_after_the_frame_was_found),
        cmocka_unit_test(frames_without_rings_bring_polling_back_and_rings_the_bell),
        cmocka_unit_test(rings_for_nothing_are_listened_to_less_often),
        cmocka_unit_test(a_broken_bell_means_polling),
        cmocka_unit_test(a_ring_ends_the_sleep_and_is_read_empty),
        cmocka_unit_test(whoever_wakes_first_ends_the_sleep_that_follows),
        cmocka_unit_test(a_descriptor_that_cannot_be_read_is_said_to_be_broken),
        cmocka_unit_test(no_wake_up_is_lost_between_two_kinds_of_sleep),
        cmocka_unit_test(a_pump_waits_for_rings_while_they_come_and_polls_when_they_stop),
        cmocka_unit_test(a_pump_whose_bell_breaks_polls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
