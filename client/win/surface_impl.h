/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two kinds of surface behind surface.h. Private to win/; main thread creates and destroys,
 * the render thread does the rest.
 */
#ifndef ORL_WIN_SURFACE_IMPL_H
#define ORL_WIN_SURFACE_IMPL_H

#include <stddef.h>

#include <SDL2/SDL.h>

#include "win/surface.h"

struct orl_surface_x11; /* the copy kind */

struct orl_surface {
    struct orl_surface_x11 *x11; /* owned; NULL: the swap kind, and the fields below hold */
    SDL_Window *window;          /* borrowed */
    SDL_GLContext gl;            /* owned */
    struct orl_surface_conf conf;
    /* Written by the render thread in make_current. */
    void *egl_display, *egl_surface;
    bool has_age;
    bool has_damage;
};

/* Adds what the swap kind needs to the attributes of the window about to be created. */
void orl_surface_want_attributes(void);

/* The swap kind on `window` (made with SDL_WINDOW_OPENGL). ORL_OK, ORL_ENOMEM, ORL_EUNSUPPORTED
 * (SDL_GetError() says more). The context is left current nowhere. */
ORL_MUST int orl_surface_create_swap(struct orl_surface **out, SDL_Window *window,
                                     const struct orl_surface_conf *conf);

/* The copy kind around `x11`, which is taken on success. ORL_OK or ORL_ENOMEM. */
ORL_MUST int orl_surface_create_copy(struct orl_surface **out, struct orl_surface_x11 *x11);
void orl_surface_destroy(struct orl_surface **s);

/* True when there is certainly no GPU to draw with. */
bool orl_surface_is_software_certain(void);

/* From now on no error of an X server's ends the process, on any connection of Xlib's. */
void orl_surface_x11_ignore_errors(void);

/* An OpenGL ES 3 context without a window. ORL_OK, ORL_ENOMEM, ORL_EUNSUPPORTED. */
ORL_MUST int orl_surface_x11_create(struct orl_surface_x11 **out);
void orl_surface_x11_destroy(struct orl_surface_x11 **x);

/*
 * Ties it to an X window: own connection to `display_name`, format check, shared memory or not.
 * ORL_OK or ORL_EUNSUPPORTED (the window's pixels are not B,G,R,X; no connection).
 */
ORL_MUST int orl_surface_x11_attach(struct orl_surface_x11 *x, const char *display_name,
                                    unsigned long window);

ORL_MUST int orl_surface_x11_make_current(struct orl_surface_x11 *x);
void orl_surface_x11_release_current(struct orl_surface_x11 *x);
uint8_t *orl_surface_x11_pixels(struct orl_surface_x11 *x, uint32_t w, uint32_t h,
                                uint32_t *pitch);
void orl_surface_x11_present(struct orl_surface_x11 *x, const struct orl_rects *damage);

#endif
