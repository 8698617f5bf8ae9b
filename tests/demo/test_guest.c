/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest in a thread, seen by the viewer's own reader (session, ring, frame header) and compared
 * pixel by pixel with the reference. Real time: each test waits for messages, at most LIMIT_NS.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "demo/picture.h"
#include "ring/mem.h"
#include "ring/ring.h"
#include "support/check.h"

#define LIMIT_NS (10 * ORL_NS_PER_S)

struct rig {
    struct orl_demo_conf conf;
    char path[64];
    struct orl_flag stop;
    struct orl_thread thread;
    int result;
    struct orl_shm shm;
    struct orl_session session;
    struct orl_ring frames, pointer;
    uint32_t attached;          /* how often; a busy machine may be too late for the guest */
    struct orl_frame_desc desc; /* last frame */
    struct orl_payload msg;
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
    r->attached++;
    uint64_t end = orl_now_ns() + LIMIT_NS;
    while (orl_attach_step(&a, &r->shm, orl_now_ns(), true, &r->session) != ORL_OK) {
        assert_true(orl_now_ns() < end);
        pause_a_little();
    }
    while (orl_ring_subscribe(&r->pointer, &r->session, ORL_QUEUE_POINTER) != ORL_OK ||
           orl_ring_subscribe(&r->frames, &r->session, ORL_QUEUE_FRAME) != ORL_OK) {
        assert_true(orl_now_ns() < end);
        pause_a_little();
    }
}

/* `r->conf` is filled by the caller. */
static void rig_start(struct rig *r)
{
    enum orl_shm_fault fault;
    strcpy(r->path, "/dev/shm/oriel-test-demo-XXXXXX");
    int fd = mkstemp(r->path);
    assert_true(fd >= 0);
    close(fd);
    r->conf.path = r->path;
    orl_flag_init(&r->stop);
    assert_int_equal(orl_thread_start(&r->thread, "guest", guest_main, r), ORL_OK);
    uint64_t end = orl_now_ns() + LIMIT_NS;
    while (orl_shm_open(&r->shm, r->path, ORL_SHM_READ_WRITE, &fault) != ORL_OK) {
        assert_true(orl_now_ns() < end);
        pause_a_little();
    }
    attach(r);
}

static void rig_stop(struct rig *r)
{
    orl_flag_raise(&r->stop);
    orl_thread_join(&r->thread);
    orl_shm_close(&r->shm);
    unlink(r->path);
    assert_int_equal(r->result, ORL_OK);
}

static struct rig *rig_new(void)
{
    struct rig *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    orl_demo_conf_init(&r->conf);
    r->conf.w = 300;
    r->conf.h = 170;
    r->conf.fps = 120;
    return r;
}

/* Waits for a frame header; the message stays ours. Malformed ones are finished and skipped. */
static void next_frame(struct rig *r)
{
    uint64_t end = orl_now_ns() + LIMIT_NS;
    for (;;) {
        int err = orl_ring_next(&r->frames, &r->msg);
        if (err == ORL_OK &&
            orl_frame_read(&r->desc, r->session.lay, r->session.mem, r->msg) == ORL_OK) {
            return;
        }
        if (err == ORL_OK || err == ORL_EMALFORMED) {
            (void)!orl_ring_done(&r->frames);
        } else if (err != ORL_EAGAIN) {
            attach(r); /* the session or our place in it is gone */
        }
        assert_true(orl_now_ns() < end);
        pause_a_little();
    }
}

static uint32_t written(const struct rig *r)
{
    return orl_w32_load(r->shm.base + r->desc.wp_off);
}

static void wait_pixels(struct rig *r, uint32_t bytes)
{
    uint64_t end = orl_now_ns() + LIMIT_NS;
    while (written(r) < bytes) {
        assert_true(orl_now_ns() < end);
        pause_a_little();
    }
}

static uint64_t frame_number(const struct rig *r)
{
    return r->desc.serial - (r->conf.release == ORL_MASTER ? 1u : 0u);
}

/* The stored rows of the present frame against the reference drawn with `conf`. */
static void assert_pixels(struct rig *r, const struct orl_demo_conf *conf)
{
    struct orl_demo_codec codec;
    uint8_t *want = malloc((size_t)conf->w * conf->h * 4), *row = malloc((size_t)conf->w * 4);
    assert_non_null(want);
    assert_non_null(row);
    assert_int_equal(r->desc.w, conf->w);
    assert_int_equal(r->desc.fmt, conf->fmt);
    orl_demo_codec_init(&codec, conf);
    assert_int_equal(orl_demo_picture_rgba(conf, frame_number(r), want), ORL_OK);
    wait_pixels(r, r->desc.rows * r->desc.pitch);
    for (uint32_t y = 0; y < r->desc.rows; y++) {
        const uint8_t *stored = r->shm.base + r->desc.pix_off + (size_t)y * r->desc.pitch;
        orl_demo_decode(&codec, stored, row, conf->w);
        assert_memory_equal(row, want + (size_t)y * conf->w * 4, (size_t)conf->w * 4);
    }
    free(row);
    free(want);
}

static void finish_frame(struct rig *r)
{
    int err = orl_ring_done(&r->frames);
    if (err == ORL_ELATE || err == ORL_ELOST) {
        attach(r); /* comparing took longer than the guest waits: a busy machine */
    } else {
        assert_int_equal(err, ORL_OK);
    }
}

static void every_release_shows_the_reference_picture(void **state)
{
    (void)state;
    for (uint32_t release = 0; release < ORL_RELEASES; release++) {
        struct rig *r = rig_new();
        r->conf.release = (enum orl_release)release;
        r->conf.damage = ORL_DEMO_RANDOM;
        rig_start(r);
        assert_int_equal(r->session.lay->release, release);
        uint32_t expected = 0, attached = 0;
        for (int i = 0; i < 40; i++) {
            next_frame(r);
            assert_true(r->attached != attached || r->desc.serial == expected);
            attached = r->attached;
            expected = r->desc.serial + 1;
            assert_pixels(r, &r->conf);
            finish_frame(r);
        }
        rig_stop(r);
        free(r);
    }
}

static void every_format_shows_the_reference_picture(void **state)
{
    (void)state;
    for (uint32_t fmt = 1; fmt <= 6; fmt++) {
        struct rig *r = rig_new();
        r->conf.fmt = (enum orl_pixfmt)fmt;
        r->conf.damage = ORL_DEMO_FULL;
        rig_start(r);
        for (int i = 0; i < 3; i++) {
            next_frame(r);
            assert_true(r->desc.damage.full);
            assert_pixels(r, &r->conf);
            finish_frame(r);
        }
        rig_stop(r);
        free(r);
    }
}

static void frames_without_damage_say_that_nothing_changed(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->conf.damage = ORL_DEMO_NONE;
    rig_start(r);
    next_frame(r);
    finish_frame(r);
    for (int i = 0; i < 4; i++) {
        next_frame(r);
        assert_true(orl_rects_empty(&r->desc.damage));
        assert_pixels(r, &r->conf);
        finish_frame(r);
    }
    rig_stop(r);
    free(r);
}

static void an_idle_guest_repeats_its_frame_for_a_new_viewer(void **state)
{
    (void)state;
    for (uint32_t release = 0; release < ORL_RELEASES; release++) {
        struct rig *r = rig_new();
        r->conf.release = (enum orl_release)release;
        r->conf.fps = 0;
        rig_start(r);
        next_frame(r);
        uint32_t serial = r->desc.serial;
        assert_pixels(r, &r->conf);
        finish_frame(r);
        orl_ring_unsubscribe(&r->frames);
        assert_int_equal(orl_ring_subscribe(&r->frames, &r->session, ORL_QUEUE_FRAME), ORL_OK);
        next_frame(r);
        assert_int_equal(r->desc.serial, serial);
        assert_pixels(r, &r->conf);
        finish_frame(r);
        rig_stop(r);
        free(r);
    }
}

/* A guest that changes its mode after `delay_ns`, with its first frame at hand. */
static struct rig *before_mode_change(const struct orl_demo_conf *later, uint64_t delay_ns)
{
    struct rig *r = rig_new();
    r->conf.event_count = 2;
    r->conf.events[0] = (struct orl_demo_event){delay_ns, ORL_DEMO_DO_SIZE, later->w, later->h};
    r->conf.events[1] = (struct orl_demo_event){delay_ns, ORL_DEMO_DO_FORMAT, later->fmt, 0};
    rig_start(r);
    next_frame(r);
    return r;
}

static void a_mode_change_is_whole_from_its_first_frame(void **state)
{
    (void)state;
    struct orl_demo_conf later;
    orl_demo_conf_init(&later);
    later.w = 411;
    later.h = 97;
    later.fmt = ORL_PIX_BGR24_IN_32;
    later.fps = 120;
    uint64_t delay_ns = 300 * ORL_NS_PER_MS;
    struct rig *r = before_mode_change(&later, delay_ns);
    while (r->desc.w == later.w && delay_ns < LIMIT_NS) { /* a busy computer: seen too late */
        rig_stop(r);
        free(r);
        delay_ns *= 2;
        r = before_mode_change(&later, delay_ns);
    }
    uint32_t format_id = r->desc.format_id;
    while (r->desc.w == r->conf.w) {
        assert_int_equal(r->desc.format_id, format_id);
        finish_frame(r);
        next_frame(r);
    }
    assert_int_not_equal(r->desc.format_id, format_id);
    assert_true(r->desc.damage.full);
    for (int i = 0; i < 5; i++) {
        assert_pixels(r, &later);
        finish_frame(r);
        next_frame(r);
    }
    rig_stop(r);
    free(r);
}

static void the_viewer_may_ask_master_for_a_size(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    struct orl_demo_conf later = r->conf;
    uint8_t data[ORL_CLIENT_BYTES];
    uint32_t serial;
    r->conf.release = ORL_MASTER;
    later.release = ORL_MASTER;
    later.w = 500;
    later.h = 400;
    rig_start(r);
    next_frame(r);
    finish_frame(r);
    uint32_t len = orl_control_window_size(data, later.w, later.h);
    assert_int_equal(orl_ring_send(&r->pointer, data, len, &serial), ORL_OK);
    do {
        next_frame(r);
        if (r->desc.w == later.w) {
            assert_pixels(r, &later);
        }
        finish_frame(r);
    } while (r->desc.w != later.w);
    assert_true(orl_ring_acked(&r->pointer, serial));
    rig_stop(r);
    free(r);
}

/* The next pointer message that has what is asked for. */
static void next_pointer(struct rig *r, bool shape, struct orl_cursor_msg *cur)
{
    uint64_t end = orl_now_ns() + LIMIT_NS;
    for (;;) {
        struct orl_payload msg;
        int err = orl_ring_next(&r->pointer, &msg);
        if (err == ORL_OK) {
            assert_int_equal(orl_cursor_read(cur, r->session.lay, r->session.mem, msg), ORL_OK);
            assert_int_equal(orl_ring_done(&r->pointer), ORL_OK);
            if (shape ? cur->has_shape : cur->has_position) {
                return;
            }
        }
        assert_true(orl_now_ns() < end);
        pause_a_little();
    }
}

static void a_new_viewer_gets_shape_and_place_of_the_cursor(void **state)
{
    (void)state;
    for (uint32_t release = 0; release < ORL_RELEASES; release++) {
        struct rig *r = rig_new();
        struct orl_cursor_msg cur;
        r->conf.release = (enum orl_release)release;
        r->conf.cursor = ORL_DEMO_CURSOR_MASKED;
        r->conf.cursor_path = ORL_DEMO_PATH_FIXED;
        rig_start(r);
        next_pointer(r, true, &cur);
        assert_int_equal(cur.kind, ORL_CURSOR_MASKED);
        assert_int_equal(cur.w, 32);
        if (!cur.has_position) {
            next_pointer(r, false, &cur);
        }
        assert_true(cur.visible);
        assert_int_equal(cur.x, 150 - 15);
        assert_int_equal(cur.y, 85 - 15);
        rig_stop(r);
        free(r);
    }
}

static void set_cursor_pos_moves_the_hot_spot(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    struct orl_cursor_msg cur;
    uint8_t data[ORL_CLIENT_BYTES];
    uint32_t serial;
    rig_start(r);
    next_pointer(r, true, &cur);
    uint32_t len = orl_control_set_cursor_pos(data, 40, 30);
    assert_int_equal(orl_ring_send(&r->pointer, data, len, &serial), ORL_OK);
    do {
        next_pointer(r, false, &cur);
    } while (cur.x != 38 || cur.y != 28);
    assert_true(orl_ring_acked(&r->pointer, serial));
    rig_stop(r);
    free(r);
}

static void a_wish_for_the_pointer_ends_at_the_edge_of_the_desktop(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    struct orl_cursor_msg cur;
    uint8_t data[ORL_CLIENT_BYTES];
    r->conf.rotation = 1; /* the desktop is 170 wide */
    rig_start(r);
    next_pointer(r, true, &cur);
    uint32_t len = orl_control_set_cursor_pos(data, INT32_MAX, INT32_MIN);
    assert_int_equal(orl_ring_send(&r->pointer, data, len, NULL), ORL_OK);
    do {
        next_pointer(r, false, &cur);
    } while (cur.x != 169 - 2 || cur.y != 0 - 2);
    rig_stop(r);
    free(r);
}

static void features_are_those_of_the_release(void **state)
{
    (void)state;
    static const struct {
        enum orl_release release;
        enum orl_guest_os os;
        bool input;
        uint32_t features;
    } cases[] = {
        {ORL_B6, ORL_OS_WINDOWS, true, 1},      {ORL_B7, ORL_OS_WINDOWS, true, 1},
        {ORL_B7, ORL_OS_LINUX, true, 0},        {ORL_MASTER, ORL_OS_LINUX, true, 0},
        {ORL_MASTER, ORL_OS_WINDOWS, false, 3}, {ORL_MASTER, ORL_OS_WINDOWS, true, 11}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig *r = rig_new();
        r->conf.release = cases[i].release;
        r->conf.os = cases[i].os;
        r->conf.input = cases[i].input;
        rig_start(r);
        assert_int_equal(r->session.info.features, cases[i].features);
        rig_stop(r);
        free(r);
    }
}

static void slow_pixels_appear_in_steps_that_are_already_right(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->conf.slow_write_ms = 200;
    r->conf.fps = 2;
    rig_start(r);
    next_frame(r);
    uint32_t all = r->desc.rows * r->desc.pitch, seen = 0, last = 0;
    uint64_t end = orl_now_ns() + LIMIT_NS;
    while (last < all) {
        uint32_t now = written(r);
        assert_true(now >= last && now % r->desc.pitch == 0);
        seen += now != last ? 1u : 0u;
        last = now;
        assert_true(orl_now_ns() < end);
        pause_a_little();
    }
    assert_in_range(seen, 5, 17);
    assert_pixels(r, &r->conf);
    finish_frame(r);
    rig_stop(r);
    free(r);
}

/* B6 and B7 promise rows beyond the slot; what is left after the reader's cut must be right. */
static void a_small_memory_gives_truncated_frames(void **state)
{
    (void)state;
    for (uint32_t release = 0; release < ORL_RELEASES; release++) {
        struct rig *r = rig_new();
        r->conf.release = (enum orl_release)release;
        r->conf.w = 640;
        r->conf.h = 600;
        r->conf.mem_bytes = UINT64_C(5) << 20;
        rig_start(r);
        for (int i = 0; i < 3; i++) {
            next_frame(r);
            assert_true(r->desc.flags & ORL_FRAME_TRUNCATED);
            assert_in_range(r->desc.rows, 100, 500);
            struct orl_demo_conf cut = r->conf;
            assert_pixels(r, &cut);
            finish_frame(r);
        }
        rig_stop(r);
        free(r);
    }
}

static void a_restart_is_a_new_session_that_works(void **state)
{
    (void)state;
    for (uint32_t release = 0; release < ORL_RELEASES; release++) {
        struct rig *r = rig_new();
        r->conf.release = (enum orl_release)release;
        /* Several: a busy computer may attach us only after the first ones. */
        r->conf.event_count = 3;
        for (uint64_t i = 0; i < 3; i++) {
            r->conf.events[i] = (struct orl_demo_event){(1 + 10 * i) * 400 * ORL_NS_PER_MS,
                                                        ORL_DEMO_DO_RESTART, 0, 0};
        }
        rig_start(r);
        uint32_t first = r->session.id;
        uint64_t end = orl_now_ns() + LIMIT_NS;
        while (r->session.id == first) {
            next_frame(r);
            (void)!orl_ring_done(&r->frames);
            assert_true(orl_now_ns() < end);
        }
        for (int i = 0; i < 3; i++) {
            next_frame(r);
            assert_pixels(r, &r->conf);
            finish_frame(r);
        }
        rig_stop(r);
        free(r);
    }
}

/* Whatever the guest does, good frames come through in between. */
static void hostile_frames_alternate_with_good_ones(void **state)
{
    (void)state;
    static const uint32_t kinds[] = {ORL_DEMO_BAD_HEADER, ORL_DEMO_BAD_OUTSIDE,
                                     ORL_DEMO_BAD_DAMAGE, ORL_DEMO_BAD_HUGE};
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct rig *r = rig_new();
        r->conf.hostile = kinds[k];
        rig_start(r);
        int good = 0;
        uint64_t end = orl_now_ns() + LIMIT_NS;
        while (good < 10) {
            next_frame(r);
            if (r->desc.serial % 2 == 0 && r->desc.w == r->conf.w) {
                assert_pixels(r, &r->conf);
                good++;
            }
            (void)!orl_ring_done(&r->frames);
            assert_true(orl_now_ns() < end);
        }
        rig_stop(r);
        free(r);
    }
}

static void a_spawned_guest_lives_until_it_is_reaped(void **state)
{
    (void)state;
    struct orl_demo_conf conf;
    struct orl_demo_child child = {.pid = 0};
    struct stat st;
    orl_demo_conf_init(&conf);
    assert_int_equal(orl_demo_spawn(&child, &conf), ORL_OK);
    assert_true(orl_demo_alive(&child));
    assert_int_equal(stat(child.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 32 << 20);
    char path[256];
    strcpy(path, child.path);
    orl_demo_reap(&child);
    assert_false(orl_demo_alive(&child));
    assert_int_not_equal(stat(path, &st), 0);
    orl_demo_reap(&child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spawned_guest_lives_until_it_is_reaped),
        cmocka_unit_test(every_release_shows_the_reference_picture),
        cmocka_unit_test(every_format_shows_the_reference_picture),
        cmocka_unit_test(frames_without_damage_say_that_nothing_changed),
        cmocka_unit_test(an_idle_guest_repeats_its_frame_for_a_new_viewer),
        cmocka_unit_test(a_mode_change_is_whole_from_its_first_frame),
        cmocka_unit_test(the_viewer_may_ask_master_for_a_size),
        cmocka_unit_test(a_new_viewer_gets_shape_and_place_of_the_cursor),
        cmocka_unit_test(set_cursor_pos_moves_the_hot_spot),
        cmocka_unit_test(a_wish_for_the_pointer_ends_at_the_edge_of_the_desktop),
        cmocka_unit_test(features_are_those_of_the_release),
        cmocka_unit_test(slow_pixels_appear_in_steps_that_are_already_right),
        cmocka_unit_test(a_small_memory_gives_truncated_frames),
        cmocka_unit_test(a_restart_is_a_new_session_that_works),
        cmocka_unit_test(hostile_frames_alternate_with_good_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
