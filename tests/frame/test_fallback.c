/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "frame/fallback.h"
#include "support/check.h"

#define ROUNDS 2000

static bool told(const struct orl_fallback *f, int timeout_ms)
{
    struct pollfd p = {.fd = f->source_fd, .events = POLLIN};
    uint64_t n = 0;
    return poll(&p, 1, timeout_ms) == 1 && read(f->source_fd, &n, sizeof(n)) == sizeof(n);
}

static void the_source_is_told_when_its_pixels_are_wanted(void **state)
{
    (void)state;
    struct orl_fallback f;
    orl_fallback_init(&f, NULL);
    assert_false(orl_flag_is_raised(&f.wanted));
    assert_false(told(&f, 0));
    orl_fallback_want(&f, true);
    assert_true(orl_flag_is_raised(&f.wanted));
    assert_true(told(&f, 0));
    orl_fallback_want(&f, true); /* no news */
    assert_false(told(&f, 0));
    orl_fallback_want(&f, false);
    assert_false(orl_flag_is_raised(&f.wanted));
    assert_false(told(&f, 0));
    orl_fallback_want(&f, true);
    assert_true(told(&f, 0));
    orl_fallback_finish(&f);
}

static void without_an_eventfd_pixels_are_always_wanted(void **state)
{
    (void)state;
    struct orl_fallback f;
    orl_fallback_init(&f, NULL);
    close(f.source_fd);
    f.source_fd = -1;
    orl_flag_raise(&f.wanted); /* as init does it then */
    orl_fallback_want(&f, false);
    assert_true(orl_flag_is_raised(&f.wanted));
    orl_fallback_finish(&f);
}

static void finish_frees_what_the_slots_own(void **state)
{
    (void)state;
    struct orl_fallback f;
    orl_fallback_init(&f, NULL);
    for (int i = 0; i < 3; i++) { /* the sanitizer tells of what is left */
        f.pixels[i] = malloc(100);
        f.shape[i].rgba = malloc(100);
    }
    orl_fallback_finish(&f);
    assert_null(f.pixels[0]);
    orl_fallback_finish(&f);
}

/* The other side: each time it is told it answers, while pixels are wanted, with a new slot. */
struct source {
    struct orl_fallback *f;
    struct orl_flag stop;
};

static void answer(void *arg)
{
    struct source *s = arg;
    uint32_t serial = 0;
    while (!orl_flag_is_raised(&s->stop)) {
        if (told(s->f, 10) && orl_flag_is_raised(&s->f->wanted)) {
            s->f->frame[s->f->frame_mb.back].desc.serial = ++serial;
            orl_mailbox_publish(&s->f->frame_mb);
            orl_wake_set(s->f->render_wake, 1);
        }
    }
}

static void no_raise_is_left_without_an_answer(void **state)
{
    (void)state;
    struct orl_fallback f;
    struct orl_wake wake;
    struct orl_thread thread;
    struct source s = {.f = &f};
    orl_wake_init(&wake);
    orl_fallback_init(&f, &wake);
    orl_flag_init(&s.stop);
    assert_int_equal(orl_thread_start(&thread, "source", answer, &s), ORL_OK);
    for (int i = 0; i < ROUNDS; i++) {
        orl_fallback_want(&f, false);
        while (orl_mailbox_take(&f.frame_mb)) {
        }
        orl_fallback_want(&f, true);
        uint64_t end_ns = orl_now_ns() + 20 * ORL_NS_PER_S;
        while (!orl_mailbox_take(&f.frame_mb) && orl_now_ns() < end_ns) {
            orl_wake_wait(&wake, orl_now_ns() + ORL_NS_PER_S);
        }
        assert_true(orl_now_ns() < end_ns);
    }
    orl_flag_raise(&s.stop);
    orl_thread_join(&thread);
    orl_fallback_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_source_is_told_when_its_pixels_are_wanted),
        cmocka_unit_test(without_an_eventfd_pixels_are_always_wanted),
        cmocka_unit_test(finish_frees_what_the_slots_own),
        cmocka_unit_test(no_raise_is_left_without_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
