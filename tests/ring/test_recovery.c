/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests for another display: the job against the guest's side, with a clock that is a number. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rig.h"
#include "ring/mem.h"
#include "ring/recovery.h"
#include "support/check.h"

#define MS    UINT64_C(1000000)
#define BYTES (ORL_RECOVERY_BYTES + 8192)

/* Most steps of any job: a look every 20 ms for as long as it may look, ask and wait. */
#define STEPS_MAX 2100

struct stage {
    struct orl_shm shm;
    uint8_t *region;
    struct orl_recovery_guest guest;
    struct orl_recovery_job job;
    uint64_t now;
    bool beats;
};

static const struct orl_recovery about = {.lgmp = 12,
                                          .kvmfr = 34,
                                          .capabilities = ORL_RECOVERY_CAN_SWITCH,
                                          .session = 0x1122334455667788,
                                          .version = "test"};

static void begin_in(struct stage *s, size_t bytes)
{
    *s = (struct stage){.shm = rig_memory(bytes), .now = 5000 * MS, .beats = true};
    s->region = s->shm.base + (bytes > ORL_RECOVERY_BYTES ? bytes - ORL_RECOVERY_BYTES : 0);
}

static void begin(struct stage *s)
{
    begin_in(s, BYTES);
    assert_int_equal(orl_recovery_offer(&s->guest, s->shm.base, s->shm.size, &about), ORL_OK);
    orl_recovery_begin(&s->job, false, s->now);
}

static void finish(struct stage *s)
{
    orl_shm_close(&s->shm);
}

/* When the job wants to look again; the guest's heart beats at each look. */
static int step(struct stage *s)
{
    s->now = s->job.next_ns > s->now ? s->job.next_ns : s->now + 1;
    if (s->guest.region && s->beats) {
        orl_recovery_beat(&s->guest);
    }
    return orl_recovery_step(&s->job, &s->shm, s->now);
}

/* Until it has asked or is over. */
static void until_asked(struct stage *s)
{
    for (int i = 0; i < STEPS_MAX && s->job.outcome == ORL_RECOVERY_LOOKING; i++) {
        (void)!step(s);
    }
}

static void until_over(struct stage *s)
{
    int i = 0;
    while (step(s) == ORL_EAGAIN) {
        assert_true(i++ < STEPS_MAX);
        assert_true(s->job.next_ns > s->now);
        assert_true(s->job.next_ns <= s->now + 100 * MS);
    }
}

static uint32_t word(const struct stage *s, uint32_t at)
{
    return orl_w32_load(s->region + at);
}

static uint32_t line(const struct stage *s, uint32_t i)
{
    return word(s, ORL_RECOVERY_LINE + i * ORL_RECOVERY_LINE_BYTES);
}

static void set_line(const struct stage *s, uint32_t i, uint32_t serial)
{
    orl_w32_store(s->region + ORL_RECOVERY_LINE + i * ORL_RECOVERY_LINE_BYTES, serial);
}

static void expect_free_lines(const struct stage *s)
{
    for (uint32_t i = 0; i < ORL_RECOVERY_LINES; i++) {
        assert_int_equal(line(s, i), 0);
    }
}

/* ---- As it should go -------------------------------------------------------------------------- */

static void request_is_answered_and_the_next_one_asks_for_the_way_back(void **state)
{
    (void)state;
    struct stage s;
    struct orl_recovery_wish wish;
    begin(&s);
    for (uint32_t round = 0; round < 3; round++) {
        bool back = round % 2 == 1;
        orl_recovery_begin(&s.job, false, s.now);
        until_asked(&s);
        assert_int_equal(s.job.outcome, ORL_RECOVERY_ASKED);
        assert_int_equal(orl_recovery_take(&s.guest, &wish), ORL_OK);
        assert_int_equal(wish.ticket, 2 * (round + 1));
        assert_int_equal(wish.request,
                         back ? ORL_RECOVERY_ASK_NORMAL : ORL_RECOVERY_ASK_FALLBACK);
        assert_int_equal(orl_recovery_take(&s.guest, &wish), ORL_EAGAIN);
        expect_free_lines(&s);
        assert_int_equal(step(&s), ORL_EAGAIN);
        orl_recovery_tell(&s.guest, &wish, ORL_RECOVERY_SWITCHING, 0);
        for (int i = 0; i < 1500; i++) { /* 30 s */
            assert_int_equal(step(&s), ORL_EAGAIN);
        }
        orl_recovery_tell(&s.guest, &wish, back ? ORL_RECOVERY_NORMAL : ORL_RECOVERY_ACTIVE, 0);
        assert_int_equal(step(&s), ORL_OK);
        assert_int_equal(s.job.outcome, ORL_RECOVERY_ANSWERED);
        assert_int_equal(s.job.region.state, back ? ORL_RECOVERY_NORMAL : ORL_RECOVERY_ACTIVE);
        assert_int_equal(step(&s), ORL_OK); /* it stays over */
    }
    finish(&s);
}

static void failure_comes_with_its_reason(void **state)
{
    (void)state;
    for (uint32_t error = 0; error < 8; error++) {
        struct stage s;
        struct orl_recovery_wish wish;
        begin(&s);
        until_asked(&s);
        assert_int_equal(orl_recovery_take(&s.guest, &wish), ORL_OK);
        orl_recovery_tell(&s.guest, &wish, ORL_RECOVERY_FAILED, error);
        assert_int_equal(step(&s), ORL_OK);
        assert_int_equal(s.job.outcome, ORL_RECOVERY_ANSWERED);
        assert_int_equal(s.job.region.state, ORL_RECOVERY_FAILED);
        assert_int_equal(s.job.region.error, error);
        finish(&s);
    }
}

static void memory_of_the_last_answer_counts_where_the_region_says_nothing(void **state)
{
    (void)state;
    for (int active = 0; active < 2; active++) {
        struct stage s;
        struct orl_recovery_wish wish = {0};
        begin(&s);
        orl_recovery_tell(&s.guest, &wish, ORL_RECOVERY_UNKNOWN, 0);
        orl_recovery_begin(&s.job, active, s.now);
        until_asked(&s);
        assert_int_equal(orl_recovery_take(&s.guest, &wish), ORL_OK);
        assert_int_equal(wish.request,
                         active ? ORL_RECOVERY_ASK_NORMAL : ORL_RECOVERY_ASK_FALLBACK);
        finish(&s);
    }
}

static void newer_answer_supersedes_and_zero_is_no_ticket(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    orl_w32_store(s.region + ORL_RECOVERY_TICKET, 0x80000000);
    until_asked(&s);
    assert_int_equal(s.job.ticket, 0x80000002); /* which 0 would be newer than */
    assert_int_equal(step(&s), ORL_EAGAIN);
    struct orl_recovery_wish other = {0x80000000, ORL_RECOVERY_ASK_FALLBACK};
    orl_recovery_tell(&s.guest, &other, ORL_RECOVERY_ACTIVE, 0); /* an older one */
    assert_int_equal(step(&s), ORL_EAGAIN);
    other.ticket = 0x80000004;
    orl_recovery_tell(&s.guest, &other, ORL_RECOVERY_SWITCHING, 0);
    assert_int_equal(step(&s), ORL_OK);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_SUPERSEDED);
    finish(&s);
}

static void tickets_wrap_around_without_zero(void **state)
{
    (void)state;
    struct stage s;
    struct orl_recovery_wish wish;
    begin(&s);
    orl_w32_store(s.region + ORL_RECOVERY_TICKET, 0xfffffffc);
    for (uint32_t round = 0; round < 2; round++) {
        orl_recovery_begin(&s.job, false, s.now);
        until_asked(&s);
        assert_int_equal(s.job.ticket, round ? 2 : 0xfffffffe);
        assert_int_equal(orl_recovery_take(&s.guest, &wish), ORL_OK); /* 2 is newer */
        assert_int_equal(wish.ticket, s.job.ticket);
    }
    finish(&s);
}

static void guest_takes_the_newest_of_its_own_session_and_leaves_odd_lines(void **state)
{
    (void)state;
    struct stage s;
    struct orl_recovery_wish wish;
    begin(&s);
    for (uint32_t i = 0; i < ORL_RECOVERY_LINES; i++) {
        uint8_t *at = s.region + ORL_RECOVERY_LINE + (size_t)i * ORL_RECOVERY_LINE_BYTES;
        orl_w32_store(at + ORL_RECOVERY_LINE_REQUEST, i);
        orl_w64_store(at + ORL_RECOVERY_LINE_SESSION, about.session + (i == 9));
        set_line(&s, i, i == 3 ? 77 : 100 - 2 * (i ^ 5)); /* 5 has the newest */
    }
    set_line(&s, 9, 400); /* newer, but of another session */
    assert_int_equal(orl_recovery_take(&s.guest, &wish), ORL_OK);
    assert_int_equal(wish.ticket, 100);
    assert_int_equal(wish.request, 5);
    assert_int_equal(line(&s, 3), 77);
    set_line(&s, 3, 0);
    expect_free_lines(&s);
    finish(&s);
}

static void status_serial_is_never_zero_or_odd_at_rest(void **state)
{
    (void)state;
    struct stage s;
    struct orl_recovery r;
    struct orl_recovery_wish wish = {6, ORL_RECOVERY_ASK_FALLBACK};
    begin(&s);
    s.guest.status_serial = UINT32_MAX - 5;
    for (uint32_t i = 0; i < 6; i++) {
        orl_recovery_tell(&s.guest, &wish, ORL_RECOVERY_FAILED, i);
        assert_int_equal(orl_recovery_look(&r, &s.shm), ORL_OK);
        assert_int_equal(r.error, i);
        assert_int_equal(r.ack_serial, 6);
        assert_int_equal(r.ack_request, ORL_RECOVERY_ASK_FALLBACK);
    }
    finish(&s);
}

/* ---- Nobody there ----------------------------------------------------------------------------- */

/* The job ends with `outcome` after `ms` at the latest, and nothing in the memory has changed. */
static void expect_nothing_written(struct stage *s, enum orl_recovery_outcome outcome,
                                   uint64_t ms)
{
    uint8_t *before = malloc(s->shm.size);
    assert_non_null(before);
    memcpy(before, s->shm.base, s->shm.size);
    s->beats = false;
    orl_recovery_begin(&s->job, false, s->now);
    uint64_t began = s->now;
    until_over(s);
    assert_int_equal(s->job.outcome, outcome);
    assert_true(s->now - began <= ms * MS);
    assert_memory_equal(before, s->shm.base, s->shm.size);
    free(before);
}

static void memory_without_region_is_said_and_not_touched(void **state)
{
    (void)state;
    static const size_t sizes[] = {BYTES, ORL_RECOVERY_BYTES,       ORL_RECOVERY_BYTES - 4096,
                                   4096,  ORL_RECOVERY_BYTES + 100, 1};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct stage s;
        struct orl_recovery_guest none = {0};
        begin_in(&s, sizes[i]);
        int err = orl_recovery_offer(&none, s.shm.base, s.shm.size, &about);
        if (i > 0) {
            assert_int_equal(err, i == 4 ? ORL_EINVAL : ORL_ENOSPC);
        } else {
            memset(s.shm.base, 0, s.shm.size);
        }
        expect_nothing_written(&s, ORL_RECOVERY_ABSENT, 800);
        finish(&s);
    }
}

static void broken_header_is_no_region(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct stage s;
        begin(&s);
        switch (i) {
        case 0: s.region[7] = 'X'; break;
        case 1: orl_put_u16(s.region + 8, 2); break;
        case 2: orl_put_u16(s.region + 10, 1279); break;
        case 3: orl_put_u64(s.region + ORL_RECOVERY_SESSION, 0); break;
        case 4: orl_put_u32(s.region + ORL_RECOVERY_READY, 0); break;
        default: orl_put_u32(s.region + ORL_RECOVERY_READY, 2); break;
        }
        expect_nothing_written(&s, ORL_RECOVERY_ABSENT, 800);
        finish(&s);
    }
}

static void still_heartbeat_is_a_dead_driver(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    expect_nothing_written(&s, ORL_RECOVERY_DEAD, 800);
    finish(&s);
}

static void late_look_at_a_heartbeat_that_moved_is_good_enough(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    assert_int_equal(step(&s), ORL_EAGAIN);
    s.now += 20000 * MS; /* this thread was not let run */
    assert_int_equal(step(&s), ORL_EAGAIN);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_ASKED);
    finish(&s);
}

static void driver_that_cannot_switch_is_not_asked(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    orl_put_u32(s.region + 12, ~ORL_RECOVERY_CAN_SWITCH);
    until_over(&s);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_INCAPABLE);
    assert_int_equal(word(&s, ORL_RECOVERY_TICKET), 0);
    expect_free_lines(&s);
    finish(&s);
}

static void without_a_memory_to_write_to_nothing_is_asked(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    assert_int_equal(orl_recovery_step(&s.job, NULL, s.now), ORL_OK);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_NO_MEMORY);

    orl_recovery_begin(&s.job, false, s.now);
    struct orl_shm look_only = s.shm;
    look_only.writable = false;
    assert_int_equal(orl_recovery_step(&s.job, &look_only, s.now), ORL_OK);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_READ_ONLY);

    orl_recovery_begin(&s.job, false, s.now);
    until_asked(&s);
    assert_int_equal(orl_recovery_step(&s.job, NULL, s.now), ORL_OK);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_LOST);
    finish(&s);
}

/* ---- Hostile guests ---------------------------------------------------------------------------- */

static void ready_that_comes_and_goes_ends_the_search(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    s.beats = false;
    int steps = 0;
    do {
        orl_w32_store(s.region + ORL_RECOVERY_READY, (uint32_t)steps % 2);
        assert_true(steps++ < 200);
    } while (step(&s) == ORL_EAGAIN);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_DEAD);
    assert_int_equal(word(&s, ORL_RECOVERY_TICKET), 0);
    finish(&s);
}

static void session_that_always_changes_ends_the_search(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    int steps = 0;
    do {
        orl_w64_store(s.region + ORL_RECOVERY_SESSION, about.session + (uint64_t)steps);
        assert_true(steps++ < 200);
    } while (step(&s) == ORL_EAGAIN);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_DEAD);
    assert_int_equal(word(&s, ORL_RECOVERY_TICKET), 0);
    expect_free_lines(&s);
    finish(&s);
}

static void odd_counter_of_tickets_ends_the_job(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    orl_w32_store(s.region + ORL_RECOVERY_TICKET, 0xffffffff);
    until_over(&s);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_BROKEN);
    expect_free_lines(&s);
    finish(&s);
}

static void lines_that_are_all_taken_are_tried_for_two_seconds(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    for (uint32_t i = 0; i < ORL_RECOVERY_LINES; i++) {
        set_line(&s, i, 2 * i + 101);
    }
    uint64_t began = s.now;
    until_over(&s);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_CROWDED);
    assert_true(s.now - began >= 2000 * MS && s.now - began < 2200 * MS);
    for (uint32_t i = 0; i < ORL_RECOVERY_LINES; i++) {
        assert_int_equal(line(&s, i), 2 * i + 101);
    }
    assert_int_equal(word(&s, ORL_RECOVERY_TICKET), 2); /* one for all tries */
    finish(&s);
}

/* As long as no line is free; then line 7 is, in the session `session`. */
static void crowded_then_free(struct stage *s, uint64_t session)
{
    begin(s);
    for (uint32_t i = 0; i < ORL_RECOVERY_LINES; i++) {
        set_line(s, i, 2 * i + 101);
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(step(s), ORL_EAGAIN);
    }
    assert_int_equal(s->job.outcome, ORL_RECOVERY_LOOKING);
    orl_w64_store(s->region + ORL_RECOVERY_SESSION, session);
    set_line(s, 7, 0);
}

static void line_that_comes_free_is_taken(void **state)
{
    (void)state;
    struct stage s;
    struct orl_recovery_wish wish;
    crowded_then_free(&s, about.session);
    assert_int_equal(step(&s), ORL_EAGAIN);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_ASKED);
    assert_int_equal(line(&s, 7), s.job.ticket);
    assert_int_equal(orl_recovery_take(&s.guest, &wish), ORL_OK);
    assert_int_equal(wish.ticket, s.job.ticket);
    finish(&s);
}

static void line_is_given_back_when_the_session_has_changed(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct stage s;
        crowded_then_free(&s, i ? about.session : about.session + 1);
        if (i) {
            orl_w32_store(s.region + ORL_RECOVERY_READY, 0);
        }
        assert_int_equal(step(&s), ORL_OK);
        assert_int_equal(s.job.outcome, ORL_RECOVERY_CHANGED);
        assert_int_equal(line(&s, 7), 0);
        finish(&s);
    }
}

static void asked(struct stage *s)
{
    begin(s);
    until_asked(s);
    assert_int_equal(s->job.outcome, ORL_RECOVERY_ASKED);
}

static void guest_that_never_answers_is_given_up_after_35_seconds(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct stage s;
        struct orl_recovery_wish wish;
        asked(&s);
        uint64_t began = s.now;
        assert_int_equal(orl_recovery_take(&s.guest, &wish), ORL_OK);
        switch (i) {
        case 0: break;
        case 1: orl_recovery_tell(&s.guest, &wish, ORL_RECOVERY_SWITCHING, 0); break;
        case 2: /* never stable */
            orl_recovery_tell(&s.guest, &wish, ORL_RECOVERY_ACTIVE, 0);
            orl_w32_store(s.region + ORL_RECOVERY_STATUS_SERIAL, 7);
            break;
        default: orl_recovery_tell(&s.guest, &wish, (enum orl_recovery_state)99, 0); break;
        }
        until_over(&s);
        assert_int_equal(s.job.outcome, ORL_RECOVERY_SILENT);
        assert_true(s.now - began >= 35000 * MS && s.now - began < 35200 * MS);
        finish(&s);
    }
}

static void driver_that_stops_restarts_or_vanishes_after_the_request_is_told_apart(void **state)
{
    (void)state;
    struct stage s;
    asked(&s);
    s.beats = false;
    uint64_t began = s.now;
    until_over(&s);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_DIED);
    assert_true(s.now - began >= 5000 * MS && s.now - began < 5200 * MS);
    finish(&s);

    asked(&s);
    memset(s.region, 0, ORL_RECOVERY_STRUCT_BYTES); /* pixels, from now on */
    s.beats = false;
    until_over(&s);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_DIED);
    finish(&s);

    asked(&s);
    struct orl_recovery next = about;
    next.session++;
    assert_int_equal(orl_recovery_offer(&s.guest, s.shm.base, s.shm.size, &next), ORL_OK);
    assert_int_equal(step(&s), ORL_OK);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_RESTARTED);
    finish(&s);
}

/* A stall within a switch of displays is not the end. */
static void heartbeat_may_rest_for_seconds_while_the_display_is_switched(void **state)
{
    (void)state;
    struct stage s;
    struct orl_recovery_wish wish;
    asked(&s);
    assert_int_equal(orl_recovery_take(&s.guest, &wish), ORL_OK);
    s.beats = false;
    for (int i = 0; i < 200; i++) { /* 4 s */
        assert_int_equal(step(&s), ORL_EAGAIN);
    }
    orl_recovery_tell(&s.guest, &wish, ORL_RECOVERY_ACTIVE, 0);
    assert_int_equal(step(&s), ORL_OK);
    assert_int_equal(s.job.outcome, ORL_RECOVERY_ANSWERED);
    finish(&s);
}

static void memory_that_is_cut_ends_the_job(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct stage s;
        assert_int_equal(orl_shm_guard(), ORL_OK);
        begin(&s);
        assert_int_equal(step(&s), ORL_EAGAIN);
        if (i) {
            until_asked(&s);
        }
        assert_int_equal(ftruncate(s.shm.fd, 4096), 0);
        s.beats = false;
        assert_int_equal(step(&s), ORL_OK);
        assert_int_equal(s.job.outcome, ORL_RECOVERY_LOST);
        finish(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_answered_and_the_next_one_asks_for_the_way_back),
        cmocka_unit_test(failure_comes_with_its_reason),
        cmocka_unit_test(memory_of_the_last_answer_counts_where_the_region_says_nothing),
        cmocka_unit_test(newer_answer_supersedes_and_zero_is_no_ticket),
        cmocka_unit_test(tickets_wrap_around_without_zero),
        cmocka_unit_test(guest_takes_the_newest_of_its_own_session_and_leaves_odd_lines),
        cmocka_unit_test(status_serial_is_never_zero_or_odd_at_rest),
        cmocka_unit_test(memory_without_region_is_said_and_not_touched),
        cmocka_unit_test(broken_header_is_no_region),
        cmocka_unit_test(still_heartbeat_is_a_dead_driver),
        cmocka_unit_test(late_look_at_a_heartbeat_that_moved_is_good_enough),
        cmocka_unit_test(driver_that_cannot_switch_is_not_asked),
        cmocka_unit_test(without_a_memory_to_write_to_nothing_is_asked),
        cmocka_unit_test(ready_that_comes_and_goes_ends_the_search),
        cmocka_unit_test(session_that_always_changes_ends_the_search),
        cmocka_unit_test(odd_counter_of_tickets_ends_the_job),
        cmocka_unit_test(lines_that_are_all_taken_are_tried_for_two_seconds),
        cmocka_unit_test(line_that_comes_free_is_taken),
        cmocka_unit_test(line_is_given_back_when_the_session_has_changed),
        cmocka_unit_test(guest_that_never_answers_is_given_up_after_35_seconds),
        cmocka_unit_test(
            driver_that_stops_restarts_or_vanishes_after_the_request_is_told_apart),
        cmocka_unit_test(heartbeat_may_rest_for_seconds_while_the_display_is_switched),
        cmocka_unit_test(memory_that_is_cut_ends_the_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
