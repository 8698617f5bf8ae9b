/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock keys of a real X server, beside another program that looks at them and changes them. */
#include <stdlib.h>
#include <time.h>
#include <X11/keysym.h>
#include <X11/XKBlib.h>
#include <X11/Xlib.h>

#include "input/event.h"
#include "support/check.h"
#include "win/locks_x11.h"

#define PATIENCE_S 20

struct rig {
    struct orl_locks_x11 *x;
    Display *other;
    unsigned num; /* its modifier */
};

static unsigned locked(Display *dpy)
{
    XkbStateRec state;
    assert_int_equal(XkbGetState(dpy, XkbUseCoreKbd, &state), Success);
    return state.locked_mods;
}

static void lock(struct rig *r, unsigned mask, unsigned on)
{
    XkbLockModifiers(r->other, XkbUseCoreKbd, mask, on);
    XSync(r->other, False);
}

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof(*r));
    *state = r;
    r->other = XOpenDisplay(NULL);
    r->num = r->other ? XkbKeysymToModifiers(r->other, XK_Num_Lock) : 0;
    if (!r->num) {
        return -1;
    }
    lock(r, 0xff, 0);
    r->x = orl_locks_x11_open(NULL);
    return r->x ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    orl_locks_x11_close(&r->x);
    XCloseDisplay(r->other);
    free(r);
    return 0;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static void wait_for(struct rig *r, uint8_t locks)
{
    time_t end = time(NULL) + PATIENCE_S;
    while (orl_locks_x11_get(r->x) != locks) {
        assert_true(time(NULL) < end);
        nap();
    }
}

static void wait_for_server(struct rig *r, unsigned modifiers)
{
    time_t end = time(NULL) + PATIENCE_S;
    while (locked(r->other) != modifiers) {
        assert_true(time(NULL) < end);
        nap();
    }
}

static void locks_are_set_and_known_at_once(void **state)
{
    struct rig *r = *state;
    assert_int_equal(orl_locks_x11_able(r->x) & ORL_LOCK_CAPS, ORL_LOCK_CAPS);
    assert_int_equal(orl_locks_x11_able(r->x) & ORL_LOCK_NUM, ORL_LOCK_NUM);
    orl_locks_x11_set(r->x, ORL_LOCK_CAPS | ORL_LOCK_NUM, ORL_LOCK_CAPS);
    assert_int_equal(orl_locks_x11_get(r->x), ORL_LOCK_CAPS);
    wait_for_server(r, LockMask);
    orl_locks_x11_set(r->x, ORL_LOCK_NUM, 7);
    wait_for_server(r, LockMask | r->num);
    orl_locks_x11_set(r->x, 7, 0);
    wait_for_server(r, 0);
    assert_int_equal(orl_locks_x11_get(r->x), 0);
}

static void other_modifiers_are_left_alone(void **state)
{
    struct rig *r = *state;
    lock(r, ShiftMask, ShiftMask);
    orl_locks_x11_set(r->x, ORL_LOCK_CAPS, ORL_LOCK_CAPS);
    wait_for_server(r, ShiftMask | LockMask);
    wait_for(r, ORL_LOCK_CAPS);
    lock(r, 0xff, 0);
}

static void what_others_change_is_heard(void **state)
{
    struct rig *r = *state;
    assert_int_equal(orl_locks_x11_get(r->x), 0);
    lock(r, LockMask | r->num, LockMask | r->num);
    wait_for(r, ORL_LOCK_CAPS | ORL_LOCK_NUM);
    for (int i = 0; i < 1000; i++) { /* nobody looked for long */
        lock(r, LockMask, i % 2 ? LockMask : 0);
    }
    lock(r, 0xff, r->num);
    wait_for(r, ORL_LOCK_NUM);
    struct orl_locks_x11 *second = orl_locks_x11_open(NULL);
    assert_non_null(second);
    assert_int_equal(orl_locks_x11_get(second), ORL_LOCK_NUM); /* from the beginning */
    orl_locks_x11_close(&second);
    lock(r, 0xff, 0);
}

static void give_scroll_lock(struct rig *r, bool give)
{
    KeyCode key = XKeysymToKeycode(r->other, XK_Scroll_Lock);
    assert_int_not_equal(key, 0);
    XModifierKeymap *map = XGetModifierMapping(r->other);
    map = give ? XInsertModifiermapEntry(map, key, Mod3MapIndex)
               : XDeleteModifiermapEntry(map, key, Mod3MapIndex);
    assert_int_equal(XSetModifierMapping(r->other, map), MappingSuccess);
    XFreeModifiermap(map);
    XSync(r->other, False);
}

static void scroll_lock_is_there_when_the_keymap_has_it(void **state)
{
    struct rig *r = *state;
    assert_int_equal(orl_locks_x11_able(r->x) & ORL_LOCK_SCROLL, 0);
    orl_locks_x11_set(r->x, ORL_LOCK_SCROLL, ORL_LOCK_SCROLL);
    assert_int_equal(orl_locks_x11_get(r->x), 0);
    give_scroll_lock(r, true);
    time_t end = time(NULL) + PATIENCE_S;
    while (!(orl_locks_x11_able(r->x) & ORL_LOCK_SCROLL)) {
        assert_true(time(NULL) < end);
        (void)orl_locks_x11_get(r->x);
        nap();
    }
    orl_locks_x11_set(r->x, ORL_LOCK_SCROLL, ORL_LOCK_SCROLL);
    wait_for_server(r, Mod3Mask);
    lock(r, 0xff, 0);
    give_scroll_lock(r, false);
}

static void a_wayland_compositors_server_is_left_alone(void **state)
{
    (void)state;
    setenv("WAYLAND_DISPLAY", "wayland-0", 1);
    assert_null(orl_locks_x11_open(NULL));
    unsetenv("WAYLAND_DISPLAY");
    assert_null(orl_locks_x11_open(":77.nowhere"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(locks_are_set_and_known_at_once),
        CASE(other_modifiers_are_left_alone),
        CASE(what_others_change_is_heard),
        CASE(scroll_lock_is_there_when_the_keymap_has_it),
        cmocka_unit_test(a_wayland_compositors_server_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
