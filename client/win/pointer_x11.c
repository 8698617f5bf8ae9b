/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the X server lets us have the pointer: asked on a connection of our own. */
#include <stdlib.h>
#include <xcb/xcb.h>

#include "win/win_impl.h"

/* Takes the pointer and gives it back at once. A window that is not shown is not looked at. */
static bool is_held(xcb_connection_t *c, xcb_window_t window)
{
    xcb_grab_pointer_cookie_t asked =
        xcb_grab_pointer(c, 1, window, 0, XCB_GRAB_MODE_ASYNC, XCB_GRAB_MODE_ASYNC, XCB_NONE,
                         XCB_NONE, XCB_CURRENT_TIME);
    xcb_ungrab_pointer(c, XCB_CURRENT_TIME);
    xcb_get_input_focus_cookie_t done = xcb_get_input_focus(c);
    xcb_grab_pointer_reply_t *grab = xcb_grab_pointer_reply(c, asked, NULL);
    bool held = grab && (grab->status == XCB_GRAB_STATUS_ALREADY_GRABBED ||
                         grab->status == XCB_GRAB_STATUS_FROZEN);
    free(grab);
    free(xcb_get_input_focus_reply(c, done, NULL)); /* SDL asks after it is given back */
    return held;
}

enum orl_win_refusal orl_pointer_probe_x11(uint32_t window)
{
    xcb_connection_t *c = xcb_connect(NULL, NULL);
    bool held = !xcb_connection_has_error(c) && is_held(c, window);
    xcb_disconnect(c);
    return held ? ORL_WIN_HELD : ORL_WIN_GRANTED;
}
