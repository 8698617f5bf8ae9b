/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <glib.h>

#include "base/clock.h"
#include "bench/spice_ends.h"
#include "fake/core.h"

static struct bench_server
    *out; /* of this process; the library's callbacks carry no argument */

static void kbd_push(SpiceKbdInstance *sin, uint8_t byte)
{
    (void)sin;
    uint64_t n = orl_counter_get(&out->keys);
    if (n < BENCH_KEYS_MAX) {
        out->key_ns[n] = orl_now_ns();
        out->key[n] = byte;
        orl_counter_add(&out->keys, 1);
    }
}

static uint8_t kbd_leds(SpiceKbdInstance *sin)
{
    (void)sin;
    return 0;
}

static void mouse_motion(SpiceMouseInstance *sin, int dx, int dy, int dz, uint32_t buttons)
{
    (void)sin;
    (void)dz;
    (void)buttons;
    orl_counter_add(&out->x, (uint64_t)(int64_t)dx);
    orl_counter_add(&out->y, (uint64_t)(int64_t)dy);
    orl_counter_set(&out->moved_ns, orl_now_ns());
    orl_counter_add(&out->motions, 1);
}

static void mouse_buttons(SpiceMouseInstance *sin, uint32_t buttons)
{
    (void)sin;
    (void)buttons;
}

static void channel_event(int event, SpiceChannelEventInfo *info)
{
    if (info->type == SPICE_CHANNEL_INPUTS && event == SPICE_CHANNEL_EVENT_INITIALIZED) {
        orl_counter_add(&out->clients, 1);
    }
}

static void serve(const char *socket)
{
    static const SpiceKbdInterface keyboard = {
        .base = {SPICE_INTERFACE_KEYBOARD, "bench keyboard", SPICE_INTERFACE_KEYBOARD_MAJOR,
                 SPICE_INTERFACE_KEYBOARD_MINOR},
        .push_scan_freg = kbd_push,
        .get_leds = kbd_leds,
    };
    static const SpiceMouseInterface mouse = {
        .base = {SPICE_INTERFACE_MOUSE, "bench mouse", SPICE_INTERFACE_MOUSE_MAJOR,
                 SPICE_INTERFACE_MOUSE_MINOR},
        .motion = mouse_motion,
        .buttons = mouse_buttons,
    };
    static SpiceKbdInstance kbd_instance;
    static SpiceMouseInstance mouse_instance;
    static SpiceCoreInterface core;
    fake_core_fill(&core);
    core.channel_event = channel_event;
    SpiceServer *server = spice_server_new();
    spice_server_set_addr(server, socket, SPICE_ADDR_FLAG_UNIX_ONLY);
    spice_server_set_noauth(server);
    if (spice_server_init(server, &core) != 0) {
        return;
    }
    kbd_instance.base.sif = &keyboard.base;
    mouse_instance.base.sif = &mouse.base;
    spice_server_add_interface(server, &kbd_instance.base);
    spice_server_add_interface(server, &mouse_instance.base);
    spice_server_vm_start(server);
    orl_counter_set(&out->listens, 1);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
}

pid_t bench_server_fork(const char *socket, struct bench_server *s)
{
    unlink(socket);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        out = s;
        serve(socket);
        _exit(EXIT_FAILURE);
    }
    bench_await(&s->listens, 1, 10000, "a SPICE server does not start");
    return pid;
}
