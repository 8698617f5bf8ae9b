/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <SDL2/SDL_syswm.h>

#include "base/thread.h"
#include "win/locks_x11.h"
#include "win/raw_x11.h"
#include "win/surface_impl.h"
#include "win/win_impl.h"

#define ORL_LOG_MODULE "win"
#include "base/log.h"

/* What SDL will choose, as far as the environment tells. */
static bool expects_x11(void)
{
    const char *driver = getenv("SDL_VIDEODRIVER");
    const char *wayland = getenv("WAYLAND_DISPLAY");
    return driver && driver[0] ? strcmp(driver, "x11") == 0 : !wayland || !wayland[0];
}

/*
 * Both cost a good part of the start. The compose table of Xlib (600 KB of text) serves text input,
 * which is not used. SDL asks for the session bus, to hold the screen saver off; where there is none,
 * libdbus would start a program to find one.
 */
void orl_win_prepare(void)
{
    char bus[256] = "";
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime) {
        snprintf(bus, sizeof(bus), "%s/bus", runtime);
    }
    if (expects_x11()) {
        setenv("XCOMPOSEFILE", "/dev/null", 0); /* the Wayland side would complain about it */
    }
    if (access(bus, F_OK) != 0) {
        setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:", 0);
    }
}

static void set_hints(const struct orl_win_conf *conf)
{
    const char *wayland = getenv("WAYLAND_DISPLAY");
    /*
     * The environment's SDL_VIDEODRIVER wins over a hint of normal priority. Without the hint SDL
     * would end up with a driver that shows nothing, when there is no desktop.
     */
    SDL_SetHint(SDL_HINT_VIDEODRIVER, wayland && wayland[0] ? "wayland,x11" : "x11,wayland");
    SDL_SetHint(SDL_HINT_APP_NAME, conf->app_id);
    SDL_SetHint("SDL_VIDEO_WAYLAND_WMCLASS", conf->app_id);
    SDL_SetHint("SDL_VIDEO_X11_WMCLASS", conf->app_id);
    /* GLX has neither buffer age nor the import of foreign buffers. */
    SDL_SetHint(SDL_HINT_VIDEO_X11_FORCE_EGL, "1");
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_QUIT_ON_LAST_WINDOW_CLOSE, "0");
    SDL_SetHint(SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, conf->no_screensaver ? "0" : "1");
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    /* The click that brings the focus is meant for the guest, too. */
    SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1");
    SDL_SetHint(SDL_HINT_MOUSE_RELATIVE_SYSTEM_SCALE, conf->raw_mouse ? "0" : "1");
    SDL_SetHint(SDL_HINT_MOUSE_RELATIVE_MODE_WARP, "0");
    SDL_SetHint(SDL_HINT_ALLOW_ALT_TAB_WHILE_GRABBED, "0");
    SDL_SetHint(SDL_HINT_GRAB_KEYBOARD, "1");
}

static bool create_window(struct orl_win *win, const struct orl_win_conf *conf, uint32_t flags)
{
    int x = conf->center ? (int)SDL_WINDOWPOS_CENTERED : conf->x;
    int y = conf->center ? (int)SDL_WINDOWPOS_CENTERED : conf->y;
    flags |= SDL_WINDOW_ALLOW_HIGHDPI |
             (conf->resizable ? (uint32_t)SDL_WINDOW_RESIZABLE : 0u) |
             (conf->borderless ? (uint32_t)SDL_WINDOW_BORDERLESS : 0u) |
             (conf->maximize ? (uint32_t)SDL_WINDOW_MAXIMIZED : 0u) |
             (conf->full_screen ? (uint32_t)SDL_WINDOW_FULLSCREEN_DESKTOP : 0u);
    win->window = SDL_CreateWindow(conf->title, x, y, conf->w, conf->h, flags);
    return win->window != NULL;
}

/*
 * Loading a software renderer takes as long as opening the display; it needs no window, so it runs
 * beside it.
 */
struct warm {
    struct orl_thread thread;
    struct orl_surface_x11 *x11;
    int err;
};

static void warm_up(void *arg)
{
    struct warm *w = arg;
    w->err = orl_surface_x11_create(&w->x11);
}

static bool expects_copy(const struct orl_win_conf *conf)
{
    return conf->soft_present && expects_x11() && orl_surface_is_software_certain();
}

/* A window whose pixels we write ourselves. False, with nothing left behind: use the other kind. */
static bool create_copy(struct orl_win *win, const struct orl_win_conf *conf, struct warm *warm)
{
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    bool window = create_window(win, conf, 0) && SDL_GetWindowWMInfo(win->window, &info) &&
                  info.subsystem == SDL_SYSWM_X11;
    orl_thread_join(&warm->thread);
    if (window && warm->err == ORL_OK &&
        orl_surface_x11_attach(warm->x11, NULL, info.info.x11.window) == ORL_OK &&
        orl_surface_create_copy(&win->surface, warm->x11) == ORL_OK) {
        return true;
    }
    orl_surface_x11_destroy(&warm->x11);
    if (win->window) {
        SDL_DestroyWindow(win->window);
        win->window = NULL;
    }
    return false;
}

static int create_swap(struct orl_win *win, const struct orl_win_conf *conf)
{
    orl_surface_want_attributes();
    if (!create_window(win, conf, SDL_WINDOW_OPENGL)) {
        return ORL_EUNSUPPORTED;
    }
    return orl_surface_create_swap(&win->surface, win->window, &conf->surface);
}

static void decorate(struct orl_win *win)
{
    SDL_Surface *icon = orl_win_icon();
    if (icon) {
        SDL_SetWindowIcon(win->window, icon);
        SDL_FreeSurface(icon);
    }
}

static int create_all(struct orl_win *win, const struct orl_win_conf *conf)
{
    struct warm warm = {.err = ORL_EUNSUPPORTED};
    bool copy = expects_copy(conf) &&
                orl_thread_start(&warm.thread, "oriel-warm", warm_up, &warm) == ORL_OK;
    set_hints(conf);
    if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0) {
        orl_thread_join(&warm.thread);
        orl_surface_x11_destroy(&warm.x11);
        return ORL_EUNSUPPORTED;
    }
    win->wake_type = SDL_RegisterEvents(1);
    win->screensaver_held = conf->no_screensaver;
    win->raw_mouse = conf->raw_mouse;
    orl_win_ignore_events();
    orl_win_filter_events(win);
    if (copy) {
        copy = create_copy(win, conf, &warm);
    }
    int err = copy ? ORL_OK : create_swap(win, conf);
    if (err) {
        return err;
    }
    decorate(win);
    orl_win_open_data(win);
    orl_debug("%s window, %s", SDL_GetCurrentVideoDriver(),
              copy ? "pictures through shared memory" : "pictures through EGL");
    return ORL_OK;
}

int orl_win_create(struct orl_win **out, const struct orl_win_conf *conf, char *why, size_t cap)
{
    struct orl_win *win = calloc(1, sizeof(*win));
    if (!win) {
        return ORL_ENOMEM;
    }
    int err = create_all(win, conf);
    if (err) {
        const char *text = SDL_GetError();
        snprintf(why, cap, "%s", text[0] ? text : "no reason was given");
        orl_win_destroy(&win);
        return err;
    }
    *out = win;
    return ORL_OK;
}

void orl_win_destroy(struct orl_win **pwin)
{
    struct orl_win *win = *pwin;
    if (!win) {
        return;
    }
    orl_win_finish_pointer(win);
    orl_win_close_data(win);
    orl_win_finish_drops(win);
    orl_locks_x11_close(&win->locks);
    orl_raw_x11_close(&win->raw);
    orl_surface_destroy(&win->surface);
    if (win->window) {
        SDL_DestroyWindow(win->window);
    }
    SDL_Quit();
    free(win);
    *pwin = NULL;
}

struct orl_surface *orl_win_surface(struct orl_win *win)
{
    return win->surface;
}

struct orl_win_info orl_win_info(struct orl_win *win)
{
    struct orl_win_info info = {.driver = SDL_GetCurrentVideoDriver()};
    int w = 0;
    int h = 0;
    int w_px = 0;
    int h_px = 0;
    SDL_GetWindowSize(win->window, &w, &h);
    SDL_GetWindowSizeInPixels(win->window, &w_px, &h_px);
    info.w = w > 0 ? (uint32_t)w : 1;
    info.h = h > 0 ? (uint32_t)h : 1;
    info.w_px = w_px > 0 ? (uint32_t)w_px : info.w;
    info.h_px = h_px > 0 ? (uint32_t)h_px : info.h;
    info.scale = (float)info.w_px / (float)info.w;
    uint32_t flags = SDL_GetWindowFlags(win->window);
    info.full_screen = (flags & (uint32_t)SDL_WINDOW_FULLSCREEN_DESKTOP) != 0;
    info.maximized = (flags & (uint32_t)SDL_WINDOW_MAXIMIZED) != 0;
    SDL_DisplayMode mode;
    SDL_Rect room;
    int display = SDL_GetWindowDisplayIndex(win->window);
    if (display >= 0 && SDL_GetCurrentDisplayMode(display, &mode) == 0 &&
        mode.refresh_rate > 0) {
        info.refresh_hz = (uint32_t)mode.refresh_rate;
    }
    if (display >= 0 && SDL_GetDisplayUsableBounds(display, &room) == 0 && room.w > 0 &&
        room.h > 0) {
        info.max_w_px = (uint32_t)((float)room.w * info.scale);
        info.max_h_px = (uint32_t)((float)room.h * info.scale);
    }
    return info;
}

void orl_win_set_title(struct orl_win *win, const char *title)
{
    SDL_SetWindowTitle(win->window, title);
}

void orl_win_set_size(struct orl_win *win, uint32_t w, uint32_t h)
{
    SDL_SetWindowSize(win->window, (int)w, (int)h);
}

void orl_win_set_full_screen(struct orl_win *win, bool on)
{
    SDL_SetWindowFullscreen(win->window, on ? (uint32_t)SDL_WINDOW_FULLSCREEN_DESKTOP : 0u);
}

void orl_win_hold_screensaver(struct orl_win *win, bool hold)
{
    if (hold == win->screensaver_held) {
        return;
    }
    win->screensaver_held = hold;
    if (hold) {
        SDL_DisableScreenSaver();
    } else {
        SDL_EnableScreenSaver();
    }
}

void orl_win_call(struct orl_win *win, enum orl_win_call call)
{
    switch (call) {
    case ORL_WIN_MINIMIZE: SDL_MinimizeWindow(win->window); break;
    case ORL_WIN_ATTENTION: SDL_FlashWindow(win->window, SDL_FLASH_UNTIL_FOCUSED); break;
    }
}

void orl_win_key_label(uint16_t scancode, char *dst, size_t cap)
{
    const char *name = SDL_GetKeyName(SDL_GetKeyFromScancode((SDL_Scancode)scancode));
    snprintf(dst, cap, "%s", name);
}
