/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyboard, mouse and tablet. Says:
 *   scan HH              each byte that the keyboard controller would get
 *   motion DX DY DZ BUTTONS        buttons BUTTONS         (server mouse mode)
 *   size W H   position X Y BUTTONS   wheel DZ BUTTONS   tbuttons BUTTONS    (client mouse mode)
 *   leds N               the guest's lamps after a lock key, where they follow it
 * Obeys: leds N (what the guest's lamps show), follow N (those whose keys the guest obeys, a moment
 * later; none at first), tablet 1|0 (plugs or unplugs the tablet; with the first one comes a blank
 * graphics card).
 * In BUTTONS, the library's own order: 1 left, 2 right, 4 middle, 64 side, 128 extra.
 */
#include <stdlib.h>
#include <string.h>

#include "fake/blank.h"

struct inputs {
    SpiceKbdInstance kbd;
    SpiceMouseInstance mouse;
    SpiceTabletInstance tablet;
    QXLInstance card;
    struct fake *fake;
    uint8_t leds, follow;
    bool has_card, has_tablet;
};

static struct inputs g; /* one server a process; the library's callbacks carry no argument */

#define ANSWER_MS 30 /* a guest's driver takes its time */

static void toggle(void *arg)
{
    g.leds = (uint8_t)(g.leds ^ (uintptr_t)arg);
    fake_say("leds %u", g.leds);
    spice_server_kbd_leds(&g.kbd, g.leds);
}

static void kbd_push(SpiceKbdInstance *sin, uint8_t byte)
{
    static const struct {
        uint8_t make, lamp; /* a bit of SPICE's */
    } locks[] = {{0x46, 1}, {0x45, 2}, {0x3a, 4}};
    (void)sin;
    fake_say("scan %02x", byte);
    for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
        if (byte == locks[i].make && g.follow & locks[i].lamp) {
            fake_after(g.fake, ANSWER_MS, toggle, (void *)(uintptr_t)locks[i].lamp);
        }
    }
}

static uint8_t kbd_leds(SpiceKbdInstance *sin)
{
    (void)sin;
    return g.leds;
}

static void mouse_motion(SpiceMouseInstance *sin, int dx, int dy, int dz, uint32_t buttons)
{
    (void)sin;
    fake_say("motion %d %d %d %u", dx, dy, dz, buttons);
}

static void mouse_buttons(SpiceMouseInstance *sin, uint32_t buttons)
{
    (void)sin;
    fake_say("buttons %u", buttons);
}

static void tablet_size(SpiceTabletInstance *sin, int w, int h)
{
    (void)sin;
    fake_say("size %d %d", w, h);
}

static void tablet_position(SpiceTabletInstance *sin, int x, int y, uint32_t buttons)
{
    (void)sin;
    fake_say("position %d %d %u", x, y, buttons);
}

static void tablet_wheel(SpiceTabletInstance *sin, int dz, uint32_t buttons)
{
    (void)sin;
    fake_say("wheel %d %u", dz, buttons);
}

static void tablet_buttons(SpiceTabletInstance *sin, uint32_t buttons)
{
    (void)sin;
    fake_say("tbuttons %u", buttons);
}

static const SpiceKbdInterface kbd_interface = {
    .base = {SPICE_INTERFACE_KEYBOARD, "fake keyboard", SPICE_INTERFACE_KEYBOARD_MAJOR,
             SPICE_INTERFACE_KEYBOARD_MINOR},
    .push_scan_freg = kbd_push,
    .get_leds = kbd_leds,
};
static const SpiceMouseInterface mouse_interface = {
    .base = {SPICE_INTERFACE_MOUSE, "fake mouse", SPICE_INTERFACE_MOUSE_MAJOR,
             SPICE_INTERFACE_MOUSE_MINOR},
    .motion = mouse_motion,
    .buttons = mouse_buttons,
};
static const SpiceTabletInterface tablet_interface = {
    .base = {SPICE_INTERFACE_TABLET, "fake tablet", SPICE_INTERFACE_TABLET_MAJOR,
             SPICE_INTERFACE_TABLET_MINOR},
    .set_logical_size = tablet_size,
    .position = tablet_position,
    .wheel = tablet_wheel,
    .buttons = tablet_buttons,
};

static void inputs_start(struct fake *f)
{
    g.fake = f;
    g.kbd.base.sif = &kbd_interface.base;
    g.mouse.base.sif = &mouse_interface.base;
    g.tablet.base.sif = &tablet_interface.base;
    spice_server_add_interface(f->server, &g.kbd.base);
    spice_server_add_interface(f->server, &g.mouse.base);
}

static bool inputs_command(struct fake *f, const char *verb, const char *args)
{
    if (strcmp(verb, "leds") == 0) {
        g.leds = (uint8_t)strtoul(args, NULL, 0);
        spice_server_kbd_leds(&g.kbd, g.leds);
        return true;
    }
    if (strcmp(verb, "follow") == 0) {
        g.follow = (uint8_t)strtoul(args, NULL, 0);
        return true;
    }
    if (strcmp(verb, "tablet") == 0) {
        bool want = args[0] == '1';
        if (want && !g.has_card) {
            fake_blank_add(f, &g.card);
            g.has_card = true;
        }
        if (want && !g.has_tablet) {
            spice_server_add_interface(f->server, &g.tablet.base);
        } else if (!want && g.has_tablet) {
            spice_server_remove_interface(&g.tablet.base);
        }
        g.has_tablet = want;
        return true;
    }
    return false;
}

const struct fake_part fake_inputs = {
    .name = "inputs",
    .start = inputs_start,
    .command = inputs_command,
};
