/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The injecting thread's work against a guest, one step at a time with a clock that is a number. */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "inject/injector.h"
#include "input/event.h"
#include "support/check.h"
#include "support/random.h"

#define MS UINT64_C(1000000)

struct world {
    struct host host;
    struct orl_cmdq queue;
    struct orl_inject_link link;
    struct orl_injector x;
    struct orl_inject_status status; /* as main knows it */
    uint64_t now;
    uint32_t news;
};

static void *aligned(size_t size)
{
    void *p = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(p);
    memset(p, 0, size);
    return p;
}

static void hear(void *arg)
{
    struct world *w = arg;
    assert_true(orl_mailbox_take(&w->link.status_mb));
    w->status = w->link.status[w->link.status_mb.front];
    w->news++;
}

static struct world *created(enum orl_release release, uint32_t features)
{
    struct world *w = aligned(sizeof(*w));
    w->now = 1000 * MS;
    host_create(&w->host, release, features, w->now / MS);
    assert_int_equal(orl_cmdq_init(&w->queue), ORL_OK);
    orl_inject_link_init(&w->link);
    w->link.input = &w->queue;
    w->link.wake_main = hear;
    w->link.wake_main_arg = w;
    orl_injector_init(&w->x, w->host.path, &w->link);
    return w;
}

static void destroy(struct world *w)
{
    orl_injector_finish(&w->x);
    orl_cmdq_finish(&w->queue);
    host_destroy(&w->host);
    free(w);
}

/* A step may be followed by another at once (a session is lost, an attach begins), not by many. */
static void step(struct world *w)
{
    for (int i = 0; i < 4; i++) {
        orl_injector_step(&w->x, w->now);
        if (w->x.next_ns > w->now) {
            return;
        }
    }
    fail_msg("it wants to run again and again");
}

/* The guest's pass, then a step of ours. */
static void tick(struct world *w, uint64_t ms)
{
    w->now += ms * MS;
    host_pass(&w->host, w->now / MS);
    step(w);
}

static void until_ready(struct world *w)
{
    for (int i = 0; i < 600 && !w->status.ready; i++) {
        tick(w, 10);
    }
    assert_true(w->status.ready);
}

static struct world *ready(void)
{
    struct world *w = created(ORL_MASTER, ORL_FEATURE_INPUT);
    until_ready(w);
    return w;
}

static uint32_t id(const struct world *w)
{
    return w->x.source.session.client_id;
}

static void push(struct world *w, struct orl_cmd cmd)
{
    assert_true(orl_cmdq_push(&w->queue, &cmd));
}
static void push_key(struct world *w, uint16_t usage, bool down)
{
    push(w, (struct orl_cmd){.kind = ORL_CMD_KEY, .usage = usage, .down = down});
}

static void expect(struct world *w, enum orl_hid_type type)
{
    assert_true(host_read(&w->host, id(w)));
    assert_int_equal(w->host.last.type, type);
}
static void expect_nothing(struct world *w)
{
    assert_false(host_read(&w->host, id(w)));
}

/* A key is pressed; the guest grants the claim. */
static struct world *owning(void)
{
    struct world *w = ready();
    push_key(w, 4, true);
    step(w);
    expect(w, ORL_HID_CLAIM);
    uint32_t generation = w->host.last.generation;
    expect(w, ORL_HID_KEYS_HELD);
    host_grant(&w->host, id(w), generation);
    host_publish(&w->host, w->now / MS);
    tick(w, 2);
    assert_int_equal(w->x.port.claim, ORL_PORT_OURS);
    return w;
}

static void a_guest_without_input_is_left_alone(void **state)
{
    (void)state;
    static const uint32_t features[] = {ORL_FEATURE_INPUT, ORL_FEATURE_INPUT, 1 | 2 | 4 | 16};
    for (int release = 0; release < ORL_RELEASES; release++) {
        struct world *w = created((enum orl_release)release, features[release]);
        for (int i = 0; i < 200; i++) {
            tick(w, 10);
        }
        assert_true(w->x.source.open);
        assert_int_equal(orl_producer_subscribers(&w->host.producer, w->host.queue), 0);
        assert_int_equal(w->news, 0);
        assert_true(w->x.next_ns >= w->now + 400 * MS); /* and hardly looked at */
        destroy(w);
    }
}

static void main_hears_that_input_is_there(void **state)
{
    (void)state;
    struct world *w = created(ORL_MASTER, ORL_FEATURE_INPUT);
    w->host.status.leds_valid = true;
    w->host.status.leds = ORL_HID_LED_CAPS;
    until_ready(w);
    assert_int_equal(w->status.epoch, 1);
    assert_true(w->status.absolute);
    assert_false(w->status.taken);
    assert_true(w->status.leds_known);
    assert_int_equal(w->status.leds, ORL_LOCK_CAPS);
    uint32_t news = w->news;
    for (int i = 0; i < 100; i++) {
        tick(w, 10);
    }
    assert_int_equal(w->news, news); /* once */
    expect_nothing(w);               /* others may have it */
    w->host.status.capabilities = 5;
    w->host.status.leds = ORL_HID_LED_NUM | ORL_HID_LED_SCROLL;
    host_publish(&w->host, w->now / MS);
    tick(w, 10);
    assert_false(w->status.absolute);
    assert_int_equal(w->status.leds, ORL_LOCK_NUM | ORL_LOCK_SCROLL);
    w->host.status.leds_valid = false;
    host_publish(&w->host, w->now / MS);
    tick(w, 10);
    assert_false(w->status.leds_known);
    destroy(w);
}

static void the_first_report_follows_the_claim_at_once(void **state)
{
    (void)state;
    struct world *w = ready();
    push_key(w, 4, true);
    step(w);
    expect(w, ORL_HID_CLAIM);
    assert_int_equal(w->host.last.sequence, 1);
    assert_int_not_equal(w->host.last.generation, 0);
    uint32_t generation = w->host.last.generation;
    expect(w, ORL_HID_KEYS_HELD);
    assert_int_equal(w->host.last.sequence, 2);
    assert_int_equal(w->host.last.generation, generation);
    assert_int_equal(w->host.last.keys[0], 4);
    expect_nothing(w);
    assert_true(w->x.next_ns <= w->now + 2 * MS); /* looks soon whether it was granted */
    push_key(w, 4, false);
    step(w);
    expect(w, ORL_HID_KEYS_HELD);
    assert_int_equal(w->host.last.sequence, 3);
    assert_int_equal(w->host.last.keys[0], 0);
    destroy(w);
}

static void a_held_key_keeps_the_claim_alive(void **state)
{
    (void)state;
    struct world *w = owning();
    uint64_t last = w->now;
    for (int i = 0; i < 300; i++) {
        tick(w, 10);
        while (host_read(&w->host, id(w))) {
            assert_int_equal(w->host.last.type, ORL_HID_KEEPALIVE);
            assert_true(w->now - last <= 220 * MS);
            last = w->now;
        }
        assert_true(w->now - last <= 220 * MS);
    }
    assert_true(w->status.ready);
    assert_int_equal(w->status.epoch, 1);
    destroy(w);
}

static void an_idle_claim_is_given_back_and_taken_again(void **state)
{
    (void)state;
    struct world *w = owning();
    push_key(w, 4, false);
    step(w);
    expect(w, ORL_HID_KEYS_HELD);
    uint32_t generation = w->host.last.generation, sequence = w->host.last.sequence;
    uint64_t since = w->now;
    bool released = false;
    while (!released) {
        tick(w, 10);
        while (!released && host_read(&w->host, id(w))) {
            released = w->host.last.type == ORL_HID_RELEASE;
            assert_true(released || w->host.last.type == ORL_HID_KEEPALIVE);
            assert_int_equal(w->host.last.sequence, ++sequence);
        }
        assert_true(w->now - since < 500 * MS);
    }
    assert_true(w->now - since >= 390 * MS);
    assert_true(w->status.ready); /* for main nothing has changed */
    push_key(w, 5, true);         /* even before the guest has said that it is free */
    step(w);
    expect(w, ORL_HID_CLAIM);
    assert_int_not_equal(w->host.last.generation, generation);
    assert_int_equal(w->host.last.sequence, 1);
    expect(w, ORL_HID_KEYS_HELD);
    assert_int_equal(w->host.last.keys[0], 5);
    assert_int_equal(w->host.last.sequence, 2);
    assert_int_equal(w->status.epoch, 1);
    destroy(w);
}

static void sequences_wrap_to_one(void **state)
{
    (void)state;
    struct world *w = owning();
    w->x.port.sequence = UINT32_MAX - 1;
    for (uint16_t i = 0; i < 3; i++) {
        push_key(w, (uint16_t)(10 + i), true);
    }
    step(w);
    static const uint32_t want[] = {UINT32_MAX, 1, 2};
    for (int i = 0; i < 3; i++) {
        expect(w, ORL_HID_KEYS_HELD);
        assert_int_equal(w->host.last.sequence, want[i]);
    }
    destroy(w);
}

static void another_owner_silences_us(void **state)
{
    (void)state;
    struct world *w = owning();
    host_grant(&w->host, 4711, 1);
    host_publish(&w->host, w->now / MS);
    tick(w, 10);
    assert_false(w->status.ready);
    assert_true(w->status.taken);
    push_key(w, 5, true);
    step(w);
    tick(w, 1000);
    while (host_read(&w->host, id(w))) {
        fail_msg("wrote into another's claim");
    }
    host_free(&w->host);
    host_publish(&w->host, w->now / MS);
    tick(w, 10);
    assert_true(w->status.ready);
    assert_false(w->status.taken);
    assert_int_equal(w->status.epoch, 2);
    expect_nothing(w); /* what came meanwhile is void */
    push_key(w, 6, true);
    step(w);
    expect(w, ORL_HID_CLAIM);
    expect(w, ORL_HID_KEYS_HELD);
    assert_int_equal(w->host.last.keys[0], 6);
    assert_int_equal(w->host.last.keys[1], 0); /* 4 was held in another life */
    destroy(w);
}

static void a_claim_that_another_was_faster_with_is_taken(void **state)
{
    (void)state;
    struct world *w = ready();
    push_key(w, 4, true);
    step(w);
    host_grant(&w->host, 4711, 9);
    host_publish(&w->host, w->now / MS);
    tick(w, 2);
    assert_true(w->status.taken);
    assert_false(w->status.ready);
    destroy(w);
}

static void a_dropped_owner_starts_again(void **state)
{
    (void)state;
    struct world *w = owning();
    host_free(&w->host);
    host_publish(&w->host, w->now / MS);
    tick(w, 10);
    assert_false(w->status.ready);
    assert_false(w->status.taken);
    for (int i = 0; i < 30 && !w->status.ready; i++) {
        tick(w, 10);
    }
    assert_true(w->status.ready);
    assert_int_equal(w->status.epoch, 2);
    expect_nothing(w);
    push_key(w, 9, true);
    step(w);
    expect(w, ORL_HID_CLAIM);
    destroy(w);
}

static void a_claim_that_nobody_answers_is_given_up_for_longer_and_longer(void **state)
{
    (void)state;
    struct world *w = ready();
    uint64_t rests[6] = {0};
    for (int i = 0; i < 6; i++) {
        push_key(w, 4, true);
        step(w);
        while (w->status.ready) {
            tick(w, 10);
            while (host_read(&w->host, id(w))) {
            }
        }
        uint64_t from = w->now;
        while (!w->status.ready) {
            tick(w, 10);
            assert_true(w->now - from < 5000 * MS);
        }
        rests[i] = w->now - from;
        assert_int_equal(w->status.epoch, 2 + (uint32_t)i);
    }
    assert_true(rests[5] > 10 * rests[0]);
    destroy(w);
}

static void a_stale_status_does_not_undo_a_claim(void **state)
{
    (void)state;
    struct world *w = ready();
    push_key(w, 4, true);
    step(w);
    host_publish(&w->host, w->now / MS); /* written before the guest has read the claim */
    tick(w, 10);
    assert_true(w->status.ready);
    assert_int_equal(w->x.port.claim, ORL_PORT_ASKED);
    assert_int_equal(w->status.epoch, 1);
    destroy(w);
}

static void only_newer_statuses_count(void **state)
{
    (void)state;
    struct world *w = owning();
    uint32_t serial = w->host.serial;
    host_grant(&w->host, 4711, 1);
    for (int back = 1; back <= 3; back++) { /* the same, and older ones */
        w->host.serial = serial - (uint32_t)back;
        host_publish(&w->host, w->now / MS);
        tick(w, 10);
        assert_true(w->status.ready);
    }
    w->host.serial = serial + 0x80000010;
    host_publish(&w->host, w->now / MS);
    tick(w, 10);
    assert_true(w->status.ready);
    w->host.serial = serial;
    host_publish(&w->host, w->now / MS);
    tick(w, 10);
    assert_true(w->status.taken);
    destroy(w);
}

static void broken_statuses_change_nothing(void **state)
{
    (void)state;
    struct world *w = owning();
    host_grant(&w->host, 4711, 1);
    w->host.status.version = 4;
    host_publish(&w->host, w->now / MS);
    tick(w, 10);
    assert_true(w->status.ready);
    w->host.status.version = 3;
    struct orl_payload odd[] = {{w->host.status_off[0], ORL_LEN_hstat - 1, 100},
                                {w->host.status_off[0], ORL_LEN_hstat + 1, 101},
                                {w->host.status_off[0], 0, 102},
                                {HOST_BYTES - 4, ORL_LEN_hstat, 103},
                                {0xFFFFFFFF, ORL_LEN_hstat, 104},
                                {w->host.status_off[0], ORL_LEN_hstat, 0}};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_int_equal(orl_producer_post(&w->host.producer, w->host.queue, odd[i], NULL, 0,
                                           w->now / MS, NULL),
                         ORL_OK);
        tick(w, 10);
        assert_true(w->status.ready);
        assert_int_equal(orl_producer_used(&w->host.producer, w->host.queue), 0);
    }
    destroy(w);
}

static void changed_endpoints_are_attached_anew(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct world *w = owning();
        uint32_t before = w->status.epoch;
        struct orl_stream *end = host_end(&w->host, id(w));
        if (how == 0) {
            w->host.status.generation++;
        } else { /* bound again: the same place, and another one */
            uint32_t client = id(w);
            orl_stream_force_unbind(end);
            assert_int_equal(orl_stream_bind(how == 1 ? end : end + 1, client), ORL_OK);
        }
        host_free(&w->host);
        host_publish(&w->host, w->now / MS);
        tick(w, 10);
        assert_false(w->status.ready);
        until_ready(w);
        assert_int_equal(w->status.epoch, before + 1);
        push_key(w, 7, true);
        step(w);
        while (host_read(&w->host, id(w)) && w->host.last.type != ORL_HID_KEYS_HELD) {
        }
        assert_int_equal(w->host.last.keys[0], 7);
        assert_int_equal(w->host.last.keys[1], 0);
        destroy(w);
    }
}

static void a_binding_that_vanishes_is_noticed_when_writing(void **state)
{
    (void)state;
    struct world *w = owning();
    orl_stream_force_unbind(host_end(&w->host, id(w)));
    push_key(w, 7, true);
    step(w);
    assert_false(w->status.ready);
    destroy(w);
}

static void an_unavailable_input_is_not_ready(void **state)
{
    (void)state;
    struct world *w = owning();
    w->host.status.available = false;
    host_free(&w->host);
    host_publish(&w->host, w->now / MS);
    tick(w, 10);
    assert_false(w->status.ready);
    w->host.status.available = true;
    host_publish(&w->host, w->now / MS);
    until_ready(w);
    assert_int_equal(w->status.epoch, 2);
    destroy(w);
}

static void a_new_session_is_a_new_epoch(void **state)
{
    (void)state;
    struct world *w = owning();
    host_start(&w->host, ORL_FEATURE_INPUT, w->now / MS);
    push_key(w, 5, true);
    w->now += 60 * MS;
    step(w);
    assert_false(w->status.ready);
    until_ready(w);
    assert_int_equal(w->status.epoch, 2);
    expect_nothing(w);
    push_key(w, 6, true);
    step(w);
    expect(w, ORL_HID_CLAIM);
    expect(w, ORL_HID_KEYS_HELD);
    assert_int_equal(w->host.last.keys[1], 0);
    host_start(&w->host, 0, w->now / MS); /* and one that offers nothing */
    for (int i = 0; i < 200; i++) {
        tick(w, 10);
    }
    assert_false(w->status.ready);
    destroy(w);
}

static void a_dead_guest_silences_us(void **state)
{
    (void)state;
    struct world *w = owning();
    for (int i = 0; i < 40; i++) { /* no pass: the heartbeat stands still */
        w->now += 50 * MS;
        step(w);
    }
    assert_false(w->status.ready);
    assert_false(w->x.source.open);
    destroy(w);
}

static void a_late_subscriber_comes_back(void **state)
{
    (void)state;
    struct world *w = owning();
    host_publish(&w->host, w->now / MS);
    for (int i = 0; i < 3; i++) { /* we sleep, as a suspended machine does */
        w->now += 700 * MS;
        host_pass(&w->host, w->now / MS);
    }
    assert_int_equal(orl_producer_subscribers(&w->host.producer, w->host.queue), 0);
    host_free(&w->host);
    step(w);
    assert_false(w->status.ready);
    until_ready(w);
    assert_int_equal(orl_producer_subscribers(&w->host.producer, w->host.queue), 1);
    push_key(w, 8, true);
    step(w);
    expect(w, ORL_HID_CLAIM);
    destroy(w);
}

static void a_guest_that_reads_slowly_loses_nothing(void **state)
{
    (void)state;
    struct world *w = owning();
    uint32_t want = 0, sequence = w->host.last.sequence;
    int32_t sent = 0, got = 0;
    bool down = false, want_down = false;
    for (int i = 0; i < 400; i++) { /* three times what the stream holds */
        push(w, (struct orl_cmd){.kind = ORL_CMD_MOTION, .dx = i % 7 + 1, .dy = 0});
        push(w, (struct orl_cmd){
                    .kind = ORL_CMD_BUTTON, .code = ORL_BUTTON_LEFT, .down = down = !down});
        sent += i % 7 + 1;
        want++;
        if (i % 10 == 0) {
            tick(w, 1);
        }
    }
    uint32_t clicks = 0;
    for (int i = 0; i < 200; i++) {
        for (int k = 0; k < 20 && host_read(&w->host, id(w)); k++) {
            assert_int_equal(w->host.last.sequence, ++sequence);
            if (w->host.last.type != ORL_HID_MOUSE_RELATIVE) {
                continue;
            }
            got += w->host.last.dx;
            if ((w->host.last.buttons == 1) != want_down) {
                want_down = !want_down;
                clicks++;
            }
        }
        tick(w, 1);
    }
    assert_int_equal(got, sent);
    assert_int_equal(clicks, want);
    assert_true(w->status.ready);
    destroy(w);
}

static void a_guest_that_does_not_read_is_given_up(void **state)
{
    (void)state;
    struct world *w = owning();
    for (int i = 0; i < 300; i++) {
        push_key(w, 5, i % 2 == 0);
    }
    uint64_t from = w->now;
    while (w->status.ready) {
        tick(w, 5);
        assert_true(w->now - from < 1000 * MS);
    }
    assert_true(w->now - from >= 400 * MS);
    destroy(w);
}

static void release_all_lets_go_and_keeps_the_claim(void **state)
{
    (void)state;
    struct world *w = owning();
    push(w, (struct orl_cmd){.kind = ORL_CMD_RELEASE_ALL});
    step(w);
    expect(w, ORL_HID_RESET);
    assert_int_equal(w->x.port.claim, ORL_PORT_OURS);
    for (int i = 0; i < 60; i++) {
        tick(w, 10);
        host_read(&w->host, id(w));
    }
    assert_int_equal(w->x.port.claim, ORL_PORT_NONE);
    push(w, (struct orl_cmd){.kind = ORL_CMD_RELEASE_ALL});
    step(w);
    expect_nothing(w); /* no claim for nothing */
    destroy(w);
}

static void leaving_lets_go_and_gives_back(void **state)
{
    (void)state;
    struct world *w = owning();
    uint32_t sequence = w->host.last.sequence;
    while (host_read(&w->host, id(w))) {
        sequence = w->host.last.sequence;
    }
    assert_true(orl_injector_leave(&w->x, w->now));
    expect(w, ORL_HID_RESET);
    assert_int_equal(w->host.last.sequence, sequence + 1);
    expect(w, ORL_HID_RELEASE);
    assert_int_equal(w->host.last.sequence, sequence + 2);
    assert_true(orl_injector_leave(&w->x, w->now));
    expect_nothing(w);
    destroy(w);
}

static void lights_follow_our_own_taps_at_once(void **state)
{
    (void)state;
    struct world *w = created(ORL_MASTER, ORL_FEATURE_INPUT);
    w->host.status.leds_valid = true;
    until_ready(w);
    push(w, (struct orl_cmd){.kind = ORL_CMD_LOCKS, .code = ORL_LOCK_CAPS});
    push(w, (struct orl_cmd){.kind = ORL_CMD_LOCKS, .code = ORL_LOCK_CAPS});
    step(w);
    expect(w, ORL_HID_CLAIM);
    expect(w, ORL_HID_KEYS_HELD);
    assert_int_equal(w->host.last.keys[0], 0x39);
    expect(w, ORL_HID_KEYS_HELD);
    expect_nothing(w); /* not twice */
    assert_int_equal(w->status.leds, ORL_LOCK_CAPS);
    host_grant(&w->host, id(w), w->host.last.generation);
    host_publish(&w->host, w->now / MS); /* older than the tap */
    tick(w, 10);
    push(w, (struct orl_cmd){.kind = ORL_CMD_LOCKS, .code = ORL_LOCK_CAPS});
    step(w);
    expect_nothing(w);
    for (int i = 0; i < 40; i++) {
        tick(w, 10);
    }
    assert_int_equal(w->status.leds, 0); /* the guest never followed */
    destroy(w);
}

static void idle_means_few_looks(void **state)
{
    (void)state;
    struct world *w = ready();
    uint64_t end = w->now + 10000 * MS;
    uint32_t looks = 0;
    for (uint64_t pass = w->now; w->now < end; looks++) {
        while (pass < w->x.next_ns) {
            pass += 10 * MS;
            host_pass(&w->host, pass / MS);
        }
        w->now = w->x.next_ns;
        step(w);
    }
    assert_in_range(looks, 50, 110); /* 10 per second */
    destroy(w);
}

/* Whatever stands in the status and in the streams: steps end, and stay as rare as they should be. */
static void garbage_neither_crashes_nor_spins(void **state)
{
    (void)state;
    uint64_t rng = 23;
    uint32_t readies = 0;
    for (int round = 0; round < 60; round++) {
        struct world *w = ready();
        for (int i = 0; i < 150; i++) {
            w->now += (1 + random_below(&rng, 40)) * MS;
            if (random_below(&rng, 3)) {
                host_pass(&w->host, w->now / MS);
            }
            struct orl_stream *end = &w->host.ends[random_below(&rng, 2)];
            if (random_below(&rng, 3) == 0) {
                uint32_t words = random_below(&rng, 3) ? 64 : end->desc.region_bytes / 4;
                uint32_t v =
                    random_below(&rng, 2) ? random_below(&rng, 6) : (uint32_t)random_next(&rng);
                orl_put_u32(end->region + 4 * random_below(&rng, words), v);
            }
            if (random_below(&rng, 3) == 0 &&
                orl_producer_used(&w->host.producer, w->host.queue) < 4) {
                size_t at = w->host.status_off[(w->host.serial + 1) % HOST_STATUSES];
                host_publish(&w->host, w->now / MS);
                if (random_below(&rng, 2)) {
                    w->host.shm.base[at + random_below(&rng, ORL_LEN_hstat)] ^=
                        (uint8_t)(1u << random_below(&rng, 8));
                }
            }
            push_key(w, (uint16_t)(4 + random_below(&rng, 8)), random_below(&rng, 2));
            for (int k = 0; k < 5; k++) { /* as often as it wants to come again */
                step(w);
                w->now = w->x.next_ns < w->now + 10 * MS ? w->x.next_ns : w->now;
            }
            readies += w->status.ready;
        }
        destroy(w);
    }
    assert_true(readies > 500);
}

int main(void)
{
    if (orl_shm_guard() != ORL_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_without_input_is_left_alone),
        cmocka_unit_test(main_hears_that_input_is_there),
        cmocka_unit_test(the_first_report_follows_the_claim_at_once),
        cmocka_unit_test(a_held_key_keeps_the_claim_alive),
        cmocka_unit_test(an_idle_claim_is_given_back_and_taken_again),
        cmocka_unit_test(sequences_wrap_to_one),
        cmocka_unit_test(another_owner_silences_us),
        cmocka_unit_test(a_claim_that_another_was_faster_with_is_taken),
        cmocka_unit_test(a_dropped_owner_starts_again),
        cmocka_unit_test(a_claim_that_nobody_answers_is_given_up_for_longer_and_longer),
        cmocka_unit_test(a_stale_status_does_not_undo_a_claim),
        cmocka_unit_test(only_newer_statuses_count),
        cmocka_unit_test(broken_statuses_change_nothing),
        cmocka_unit_test(changed_endpoints_are_attached_anew),
        cmocka_unit_test(a_binding_that_vanishes_is_noticed_when_writing),
        cmocka_unit_test(an_unavailable_input_is_not_ready),
        cmocka_unit_test(a_new_session_is_a_new_epoch),
        cmocka_unit_test(a_dead_guest_silences_us),
        cmocka_unit_test(a_late_subscriber_comes_back),
        cmocka_unit_test(a_guest_that_reads_slowly_loses_nothing),
        cmocka_unit_test(a_guest_that_does_not_read_is_given_up),
        cmocka_unit_test(release_all_lets_go_and_keeps_the_claim),
        cmocka_unit_test(leaving_lets_go_and_gives_back),
        cmocka_unit_test(lights_follow_our_own_taps_at_once),
        cmocka_unit_test(idle_means_few_looks),
        cmocka_unit_test(garbage_neither_crashes_nor_spins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
