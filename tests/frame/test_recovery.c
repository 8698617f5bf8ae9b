/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wish for another display on its way through the cursor pump: with a session, without one, with
 * one that nobody here speaks; and what becomes of the ring's picture afterwards.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "frame/cursor_pump.h"
#include "ring/mem.h"
#include "support/check.h"
#include "world.h"

#define BYTES (1 << 20)

static const struct orl_recovery about = {
    .lgmp = 12, .kvmfr = 34, .capabilities = ORL_RECOVERY_CAN_SWITCH, .session = 5};

struct scene {
    struct guest guest;
    struct orl_recovery_guest driver; /* its region is NULL without one */
    struct orl_frame_link *link;
    struct orl_cursor_pump *pump;
    struct orl_frame_conf conf;
    struct orl_guest_wish wish;
    uint64_t now;
    uint32_t woken; /* how often main was */
    struct orl_recovery_report report;
    bool told; /* report is new */
};

static void *aligned(size_t size)
{
    void *p = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(p);
    memset(p, 0, size);
    return p;
}

static void on_wake(void *arg)
{
    struct scene *s = arg;
    s->woken++;
}

/* A memory of `release` with a session in it, and a cursor pump that has not looked yet. */
static struct scene *open_scene(enum orl_release release)
{
    struct scene *s = aligned(sizeof(*s));
    assert_int_equal(orl_shm_guard(), ORL_OK);
    s->now = 1000 * MS;
    guest_create(&s->guest, release, BYTES);
    guest_start(&s->guest, s->now / MS);
    s->link = aligned(sizeof(*s->link));
    orl_frame_link_init(s->link, NULL);
    s->link->wake_main = on_wake;
    s->link->wake_main_arg = s;
    s->conf.path = s->guest.path;
    s->pump = aligned(sizeof(*s->pump));
    orl_cursor_pump_init(s->pump, &s->conf, s->link);
    return s;
}

static void offer(struct scene *s)
{
    assert_int_equal(orl_recovery_offer(&s->driver, s->guest.shm.base, BYTES, &about), ORL_OK);
}

static void close_scene(struct scene *s)
{
    orl_cursor_pump_finish(s->pump);
    orl_frame_link_finish(s->link);
    guest_destroy(&s->guest);
    free(s->pump);
    free(s->link);
    free(s);
}

static void tick_ms(struct scene *s, uint64_t ms)
{
    s->now += ms * MS;
    if (s->guest.producer.base) {
        guest_pass(&s->guest, s->now / MS);
    }
    if (s->driver.region) {
        orl_recovery_beat(&s->driver);
    }
    assert_int_equal(orl_cursor_pump_step(s->pump, s->now), ORL_EAGAIN);
    s->told = orl_mailbox_take(&s->link->recovery_mb);
    if (s->told) {
        s->report = s->link->recovery[s->link->recovery_mb.front];
    }
}

/* What orl_frame_ask_recovery() does. */
static void wish(struct scene *s)
{
    s->wish.recovery_serial++;
    s->link->wish[s->link->wish_mb.back] = s->wish;
    orl_mailbox_publish(&s->link->wish_mb);
}

/* The pump says something within that time, and comes back in time to do so. */
static enum orl_recovery_outcome hear(struct scene *s, uint64_t within_ms)
{
    uint64_t limit = s->now + within_ms * MS;
    do {
        tick_ms(s, 10);
        assert_true(s->told || s->now < limit);
        assert_true(s->told || s->pump->next_ns <= s->now + 100 * MS);
    } while (!s->told);
    assert_int_equal(s->report.serial, s->wish.recovery_serial);
    return s->report.outcome;
}

static void expect_switch(struct scene *s)
{
    struct orl_recovery_wish got;
    uint32_t woken = s->woken;
    wish(s);
    assert_int_equal(hear(s, 200), ORL_RECOVERY_ASKED);
    assert_int_equal(s->report.request, ORL_RECOVERY_ASK_FALLBACK);
    assert_int_equal(orl_recovery_take(&s->driver, &got), ORL_OK);
    assert_int_equal(got.ticket, 2);
    orl_recovery_tell(&s->driver, &got, ORL_RECOVERY_ACTIVE, 0);
    assert_int_equal(hear(s, 200), ORL_RECOVERY_ANSWERED);
    assert_int_equal(s->report.state, ORL_RECOVERY_ACTIVE);
    assert_int_equal(s->woken, woken + 2);

    wish(s); /* and back */
    assert_int_equal(hear(s, 200), ORL_RECOVERY_ASKED);
    assert_int_equal(s->report.request, ORL_RECOVERY_ASK_NORMAL);
    assert_int_equal(orl_recovery_take(&s->driver, &got), ORL_OK);
    assert_int_equal(got.ticket, 4);
    orl_recovery_tell(&s->driver, &got, ORL_RECOVERY_FAILED, ORL_RECOVERY_NO_HELPER);
    assert_int_equal(hear(s, 200), ORL_RECOVERY_ANSWERED);
    assert_int_equal(s->report.state, ORL_RECOVERY_FAILED);
    assert_int_equal(s->report.error, ORL_RECOVERY_NO_HELPER);
    for (int i = 0; i < 100; i++) {
        tick_ms(s, 20);
        assert_false(s->told);
    }
    assert_int_equal(orl_recovery_take(&s->driver, &got), ORL_EAGAIN);
}

static void driver_is_asked_while_a_session_is_open(void **state)
{
    (void)state;
    struct scene *s = open_scene(ORL_MASTER);
    offer(s);
    for (int i = 0; i < 100 && !s->pump->ring.session; i++) {
        tick_ms(s, 10);
    }
    assert_non_null(s->pump->ring.session);
    assert_int_equal(s->pump->source.session.mem.size, BYTES - ORL_RECOVERY_BYTES);
    expect_switch(s);
    assert_non_null(s->pump->ring.session);
    close_scene(s);
}

static void driver_of_a_version_that_nobody_speaks_is_asked_all_the_same(void **state)
{
    (void)state;
    struct scene *s = open_scene(ORL_MASTER);
    offer(s);
    orl_w32_store(s->guest.shm.base + s->guest.lay->hdr_proto_version, 99);
    for (int i = 0; i < 50; i++) {
        tick_ms(s, 20);
    }
    assert_int_equal(s->pump->source.attach.state, ORL_ATTACH_VERSION);
    expect_switch(s);
    assert_false(s->pump->source.open);
    close_scene(s);
}

static void driver_behind_a_dead_session_or_none_is_asked_all_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct scene *s = open_scene(ORL_MASTER);
        offer(s);
        s->guest.producer.base = NULL; /* its heart stands still */
        if (i) {
            orl_w32_store(s->guest.shm.base + s->guest.lay->hdr_magic, 12345);
        }
        for (int n = 0; n < 100; n++) {
            tick_ms(s, 20);
        }
        assert_int_equal(s->pump->source.attach.state, i ? ORL_ATTACH_EMPTY : ORL_ATTACH_DEAD);
        expect_switch(s);
        assert_false(s->pump->source.open);
        close_scene(s);
    }
}

static void guests_without_the_region_are_told_apart(void **state)
{
    (void)state;
    struct scene *s = open_scene(ORL_MASTER); /* the program in place of the driver */
    wish(s);
    assert_int_equal(hear(s, 900), ORL_RECOVERY_ABSENT);
    close_scene(s);
    for (int release = ORL_B6; release <= ORL_B7; release++) { /* a look-alike in its pixels */
        struct orl_recovery_wish got;
        s = open_scene((enum orl_release)release);
        offer(s);
        for (int i = 0; i < 100 && !s->pump->ring.session; i++) {
            tick_ms(s, 10);
        }
        assert_non_null(s->pump->ring.session);
        wish(s);
        assert_int_equal(hear(s, 20), ORL_RECOVERY_ABSENT);
        assert_int_equal(orl_recovery_take(&s->driver, &got), ORL_EAGAIN);
        close_scene(s);
    }
}

static void missing_or_vanishing_memory_ends_the_wish(void **state)
{
    (void)state;
    struct scene *s = open_scene(ORL_MASTER);
    assert_int_equal(unlink(s->guest.path), 0);
    wish(s);
    assert_int_equal(hear(s, 20), ORL_RECOVERY_NO_MEMORY);
    close_scene(s);

    s = open_scene(ORL_MASTER);
    offer(s);
    wish(s);
    assert_int_equal(hear(s, 900), ORL_RECOVERY_ASKED);
    assert_int_equal(ftruncate(s->guest.fd, 4096), 0);
    s->driver.region = NULL;
    s->guest.producer.base = NULL;
    s->now += 10 * MS;
    int err = orl_cursor_pump_step(s->pump, s->now);
    assert_true(err == ORL_OK || err == ORL_EAGAIN);
    assert_true(orl_mailbox_take(&s->link->recovery_mb));
    assert_int_equal(s->link->recovery[s->link->recovery_mb.front].outcome, ORL_RECOVERY_LOST);
    close_scene(s);
}

/* Nobody asks: the pump comes back no more often than before. */
static void nothing_is_looked_at_unless_asked(void **state)
{
    (void)state;
    struct scene *s = open_scene(ORL_MASTER);
    offer(s);
    orl_w32_store(s->guest.shm.base + s->guest.lay->hdr_proto_version, 99);
    int steps = 0;
    for (uint64_t began = s->now; s->now < began + 20000 * MS; steps++) {
        uint64_t wait = s->pump->next_ns > s->now ? s->pump->next_ns - s->now : MS;
        tick_ms(s, wait / MS + 1);
    }
    assert_true(steps < 40); /* a second apart in the long run */
    assert_int_equal(s->woken, 0);
    assert_int_equal(orl_w32_load(s->driver.region + ORL_RECOVERY_TICKET), 0);
    close_scene(s);
}

/* ---- The picture --------------------------------------------------------------------------------- */

static void picture_that_is_put_aside_comes_back_with_the_next_frame(void **state)
{
    (void)state;
    struct world *w = create(ORL_MASTER, BYTES);
    guest_start(&w->guest, w->now / MS);
    attach(w);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_EAGAIN);
    assert_true(viewer_serve_pool(&w->viewer));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));

    orl_flag_raise(&w->pump->aside);
    assert_int_equal(tick(w, 1), ORL_EAGAIN);
    assert_true(orl_mailbox_take(&w->link->frame_mb));
    assert_int_equal(w->link->frame[w->link->frame_mb.front].kind, ORL_SLOT_NONE);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
    }
    assert_false(orl_mailbox_take(&w->link->frame_mb));

    assert_true(guest_repost(&w->guest, w->now / MS)); /* the same picture again counts */
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    destroy(w);
}

/* ---- All threads -------------------------------------------------------------------------------- */

struct live {
    struct guest guest;
    struct orl_recovery_guest driver;
    struct orl_flag stop;
    struct orl_wake main_wake;
    uint32_t requests;
};

static void run_guest(void *arg)
{
    struct live *l = arg;
    struct orl_recovery_wish got;
    while (!orl_flag_is_raised(&l->stop)) {
        uint64_t now = orl_now_ns();
        guest_pass(&l->guest, now / MS);
        orl_recovery_beat(&l->driver);
        if (orl_recovery_take(&l->driver, &got) == ORL_OK) {
            l->requests++;
            orl_recovery_tell(&l->driver, &got,
                              got.request == ORL_RECOVERY_ASK_NORMAL ? ORL_RECOVERY_NORMAL
                                                                     : ORL_RECOVERY_ACTIVE,
                              0);
        }
        orl_sleep_until(now + 2 * MS);
    }
}

static void wake_main(void *arg)
{
    orl_wake_set(arg, 1);
}

/* The end of one wish. */
static struct orl_recovery_report ask(struct orl_frame *frame, struct live *l,
                                      struct orl_frame_link *link, bool active)
{
    uint32_t serial = orl_frame_ask_recovery(frame, active);
    uint64_t limit = orl_now_ns() + 60000 * MS;
    for (;;) {
        assert_true(orl_now_ns() < limit);
        (void)orl_wake_wait(&l->main_wake, orl_now_ns() + 100 * MS);
        if (orl_mailbox_take(&link->recovery_mb)) {
            struct orl_recovery_report r = link->recovery[link->recovery_mb.front];
            if (r.serial == serial && r.outcome >= ORL_RECOVERY_ANSWERED) {
                return r;
            }
        }
    }
}

static void wishes_of_main_reach_the_driver_through_the_threads(void **state)
{
    (void)state;
    struct live *l = aligned(sizeof(*l));
    struct orl_frame_link *link = aligned(sizeof(*link));
    struct orl_thread guest = {0};
    struct orl_frame *frame = NULL;
    guest_create(&l->guest, ORL_MASTER, BYTES);
    guest_start(&l->guest, orl_now_ns() / MS);
    assert_int_equal(orl_recovery_offer(&l->driver, l->guest.shm.base, BYTES, &about), ORL_OK);
    orl_flag_init(&l->stop);
    orl_wake_init(&l->main_wake);
    orl_frame_link_init(link, NULL);
    link->wake_main = wake_main;
    link->wake_main_arg = &l->main_wake;
    struct orl_frame_conf conf = {.path = l->guest.path};
    assert_int_equal(orl_thread_start(&guest, "guest", run_guest, l), ORL_OK);
    assert_int_equal(orl_frame_start(&frame, &conf, link), ORL_OK);
    uint32_t answers = 0;
    bool active = false;
    for (int tries = 0; answers < 4 && tries < 40; tries++) {
        struct orl_recovery_report r = ask(frame, l, link, active);
        if (r.outcome == ORL_RECOVERY_ANSWERED) {
            assert_int_equal(r.state, active ? ORL_RECOVERY_NORMAL : ORL_RECOVERY_ACTIVE);
            active = r.state == ORL_RECOVERY_ACTIVE;
            answers++;
            orl_frame_put_aside(frame);
        } else { /* before the memory was found; or the guest's thread was not let run */
            assert_true(r.outcome == ORL_RECOVERY_NO_MEMORY || r.outcome == ORL_RECOVERY_DEAD);
        }
    }
    assert_int_equal(answers, 4);
    orl_frame_stop(&frame);
    orl_flag_raise(&l->stop);
    orl_thread_join(&guest);
    assert_int_equal(l->requests, 4);
    orl_frame_link_finish(link);
    guest_destroy(&l->guest);
    free(link);
    free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(driver_is_asked_while_a_session_is_open),
        cmocka_unit_test(driver_of_a_version_that_nobody_speaks_is_asked_all_the_same),
        cmocka_unit_test(driver_behind_a_dead_session_or_none_is_asked_all_the_same),
        cmocka_unit_test(guests_without_the_region_are_told_apart),
        cmocka_unit_test(missing_or_vanishing_memory_ends_the_wish),
        cmocka_unit_test(nothing_is_looked_at_unless_asked),
        cmocka_unit_test(picture_that_is_put_aside_comes_back_with_the_next_frame),
        cmocka_unit_test(wishes_of_main_reach_the_driver_through_the_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
