/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The display channel against QEMU: SeaBIOS writes on an emulated card, and what arrives in the
 * mailbox is compared with QEMU's own screendump, pixel by pixel.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "frame/link.h"
#include "spice/qmp.h"
#include "spice/rig.h"
#include "support/check.h"

/* What render would have: a texture that only uploads change. */
struct viewer {
    struct rig rig;
    struct orl_wake wake;
    struct orl_fallback display;
    struct qmp qmp;
    char dump[96];
    enum orl_slot_kind kind;
    uint32_t w, h, slots, sizes, serial;
    uint64_t
        from_ns; /* `wanted` stays as it is since then, each raise brings a copy at once; 0 no */
    uint32_t from; /* the last serial before */
    uint8_t *texture;
};

static struct viewer v;

/* The machine stands still until it is told to go on. */
static void start_machine(const char *card)
{
    char spice[160], monitor[96], qmp[128];
    snprintf(spice, sizeof(spice), "unix=on,addr=%s,disable-ticketing=on", v.rig.socket);
    snprintf(monitor, sizeof(monitor), "%s/qmp", v.rig.dir);
    snprintf(qmp, sizeof(qmp), "unix:%s,server=on,wait=off", monitor);
    const char *const argv[] = {"/usr/bin/env",
                                "qemu-system-x86_64",
                                "-S",
                                "-accel",
                                "tcg",
                                "-machine",
                                "pc",
                                "-m",
                                "32",
                                "-vga",
                                "none",
                                "-nodefaults",
                                "-no-user-config",
                                "-display",
                                "none",
                                "-device",
                                card,
                                "-spice",
                                spice,
                                "-qmp",
                                qmp,
                                NULL};
    rig_spawn(&v.rig.server, (char *const *)(uintptr_t)argv); /* exec's type lacks a const */
    qmp_open(&v.qmp, monitor);
}

static void begin(const char *card)
{
    memset(&v, 0, sizeof(v));
    rig_init(&v.rig);
    orl_wake_init(&v.wake);
    orl_fallback_init(&v.display, &v.wake);
    v.rig.link.fallback = &v.display;
    v.rig.conf.input = v.rig.conf.clipboard = v.rig.conf.audio = false;
    v.rig.conf.microphone = v.rig.conf.files = false;
    snprintf(v.dump, sizeof(v.dump), "%s/screen.ppm", v.rig.dir);
    start_machine(card);
    orl_fallback_want(&v.display, true);
    rig_connect(&v.rig);
}

/* Also after a test that failed: threads and machines must not outlive it. */
static int end(void **state)
{
    (void)state;
    if (v.qmp.fd > 0) {
        qmp_close(&v.qmp);
    }
    rig_finish(&v.rig);
    orl_fallback_finish(&v.display);
    free(v.texture);
    return 0;
}

static void upload(const struct orl_slot *slot)
{
    struct orl_rects set = slot->upload;
    if (v.w != slot->desc.w || v.h != slot->desc.h) {
        v.w = slot->desc.w;
        v.h = slot->desc.h;
        v.sizes++;
        free(v.texture);
        v.texture = calloc((size_t)v.w * v.h, 4);
        assert_non_null(v.texture);
    }
    if (set.full) {
        set = (struct orl_rects){.n = 1, .r = {{0, 0, v.w, v.h}}};
    }
    for (uint32_t i = 0; i < set.n; i++) {
        for (uint32_t y = set.r[i].y; y < set.r[i].y + set.r[i].h; y++) {
            size_t at = ((size_t)y * v.w + set.r[i].x) * 4;
            memcpy(v.texture + at, slot->map + at, (size_t)set.r[i].w * 4);
        }
    }
}

/* Takes what comes within `ms`; true when something came. */
static bool look(uint64_t ms)
{
    orl_wake_wait(&v.wake, orl_now_ns() + ms * ORL_NS_PER_MS);
    if (!orl_mailbox_take(&v.display.frame_mb)) {
        return false;
    }
    const struct orl_slot *slot = &v.display.frame[v.display.frame_mb.front];
    v.kind = slot->kind;
    v.slots++;
    if (slot->kind == ORL_SLOT_STAGED) {
        /* However fast the card is drawn on, this many copies a second are enough. */
        v.serial = slot->desc.serial;
        if (v.from_ns) { /* one may have been on its way */
            uint64_t most = (orl_now_ns() - v.from_ns) / (8 * ORL_NS_PER_MS) + 2;
            assert_in_range(v.serial - v.from, 1, most);
        }
        assert_int_equal(slot->desc.fmt, ORL_PIX_BGRA8);
        upload(slot);
    }
    return true;
}

/* Number of pixels that differ from `rgb`; all of them when the sizes do. */
static uint32_t differences(const uint8_t *rgb, uint32_t w, uint32_t h)
{
    if (!v.texture || w != v.w || h != v.h) {
        return UINT32_MAX;
    }
    uint32_t n = 0;
    for (size_t i = 0; i < (size_t)w * h; i++) {
        n += rgb[3 * i] != v.texture[4 * i + 2] || rgb[3 * i + 1] != v.texture[4 * i + 1] ||
             rgb[3 * i + 2] != v.texture[4 * i];
    }
    return n;
}

/* Pixels that are not like the first one: a screen with text has many. */
static uint32_t ink(void)
{
    uint32_t n = 0;
    for (size_t i = 0; v.texture && i < (size_t)v.w * v.h; i++) {
        n += memcmp(v.texture + i * 4, v.texture, 3) != 0;
    }
    return n;
}

/*
 * Until the picture here is QEMU's, of the height wanted and with that much on it. Again and again,
 * because between the two the machine goes on and its text cursor blinks.
 */
static void wait_for_same_screen(uint32_t height, uint32_t least_ink)
{
    uint64_t end_ns = orl_now_ns() + RIG_MS * ORL_NS_PER_MS;
    uint32_t n = UINT32_MAX;
    bool good = false;
    while (!good && orl_now_ns() < end_ns) {
        look(50);
        if (v.h != height || ink() < least_ink) {
            continue;
        }
        uint32_t w = 0, h = 0;
        uint8_t *rgb = qmp_screen(&v.qmp, v.dump, &w, &h);
        while (look(20)) {
        }
        n = differences(rgb, w, h);
        free(rgb);
        good = n == 0;
    }
    if (!good) {
        fail_msg("%u pixels differ at last; %ux%u, ink %u, %u slots", n, v.w, v.h, ink(),
                 v.slots);
    }
}

/* The machine stands still; what SPICE sends then is a screen on which nothing is drawn. */
static void wait_for_blank_screen(void)
{
    uint64_t end_ns = orl_now_ns() + RIG_MS * ORL_NS_PER_MS;
    while (v.slots == 0 && orl_now_ns() < end_ns) {
        look(100);
    }
    assert_int_equal(v.w, 640);
    assert_int_equal(v.h, 480);
}

static void wait_for_no_picture(void)
{
    uint64_t end_ns = orl_now_ns() + RIG_MS * ORL_NS_PER_MS;
    while (v.kind != ORL_SLOT_NONE && orl_now_ns() < end_ns) {
        look(100);
    }
    assert_int_equal(v.kind, ORL_SLOT_NONE);
}

static bool has_text_mode(const struct orl_spice_status *s)
{
    return (s->has & ORL_SPICE_HAS_DISPLAY) && s->display_w == 720 && s->display_h == 400;
}

static bool has_no_display(const struct orl_spice_status *s)
{
    return !(s->has & ORL_SPICE_HAS_DISPLAY) && s->display_w == 0;
}

/*
 * Before it runs, the firmware's text (another mode), a second client thread, and the machine's end.
 * Not a reset: QEMU 7.2 makes a new surface then and sends only what differs from the old one.
 */
static void live_a_life(const char *card)
{
    begin(card);
    wait_for_blank_screen();
    v.from = v.serial;
    v.from_ns = orl_now_ns();
    qmp_do(&v.qmp, "cont", "");
    wait_for_same_screen(400, 2000); /* some lines of text */
    assert_true(v.sizes >= 2);
    rig_wait(&v.rig, has_text_mode);

    rig_disconnect(&v.rig);
    wait_for_no_picture();
    v.from = 0; /* a new thread begins to count */
    v.from_ns = orl_now_ns();
    rig_connect(&v.rig); /* the server draws all of it again */
    wait_for_same_screen(400, 2000);

    rig_reap(&v.rig.server, SIGKILL);
    wait_for_no_picture();
    rig_wait(&v.rig, has_no_display);
}

static void the_firmwares_screen_on_a_std_vga_arrives_exactly(void **state)
{
    (void)state;
    live_a_life("VGA");
}

static void the_firmwares_screen_on_a_qxl_arrives_exactly(void **state)
{
    (void)state;
    live_a_life("qxl-vga");
}

static void the_firmwares_screen_on_a_virtio_vga_arrives_exactly(void **state)
{
    (void)state;
    live_a_life("virtio-vga");
}

static void nothing_is_copied_while_nobody_wants_it(void **state)
{
    (void)state;
    begin("VGA");
    wait_for_blank_screen();
    orl_fallback_want(&v.display, false);
    while (look(300)) { /* what was on its way */
    }
    uint32_t slots = v.slots;
    qmp_do(&v.qmp, "cont", "");
    uint64_t until_ns = orl_now_ns() + 2 * ORL_NS_PER_S;
    while (orl_now_ns() < until_ns) {
        look(100);
        assert_true(v.slots == slots || v.kind == ORL_SLOT_NONE); /* a new mode may be told */
        slots = v.slots;
    }
    orl_fallback_want(&v.display, true);
    wait_for_same_screen(400, 2000);
    for (int i = 0; i < 5; i++) { /* whole, and even when nothing has changed */
        orl_fallback_want(&v.display, false);
        orl_fallback_want(&v.display, true);
        memset(v.texture, 0x77, (size_t)v.w * v.h * 4);
        wait_for_same_screen(400, 2000);
    }
}

static void a_machine_without_a_card_has_no_picture(void **state)
{
    (void)state;
    begin("usb-ehci");
    rig_wait(&v.rig, rig_is_ready);
    qmp_do(&v.qmp, "cont", "");
    uint64_t until_ns = orl_now_ns() + ORL_NS_PER_S;
    while (orl_now_ns() < until_ns) {
        look(100);
    }
    assert_int_not_equal(v.kind, ORL_SLOT_STAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_firmwares_screen_on_a_std_vga_arrives_exactly, end),
        cmocka_unit_test_teardown(the_firmwares_screen_on_a_qxl_arrives_exactly, end),
        cmocka_unit_test_teardown(the_firmwares_screen_on_a_virtio_vga_arrives_exactly, end),
        cmocka_unit_test_teardown(nothing_is_copied_while_nobody_wants_it, end),
        cmocka_unit_test_teardown(a_machine_without_a_card_has_no_picture, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
