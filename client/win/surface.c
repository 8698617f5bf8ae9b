/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/surface.h"

#include <stdlib.h>

#include <epoxy/egl.h>

#include "win/surface_impl.h"

#define ORL_LOG_MODULE "win"
#include "base/log.h"

void orl_surface_want_attributes(void)
{
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, SDL_GL_CONTEXT_PROFILE_ES);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, 3);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, 0);
    SDL_GL_SetAttribute(SDL_GL_RED_SIZE, 8);
    SDL_GL_SetAttribute(SDL_GL_GREEN_SIZE, 8);
    SDL_GL_SetAttribute(SDL_GL_BLUE_SIZE, 8);
    /* No alpha: a compositor would blend the desktop into the picture. */
    SDL_GL_SetAttribute(SDL_GL_ALPHA_SIZE, 0);
    SDL_GL_SetAttribute(SDL_GL_DEPTH_SIZE, 0);
    SDL_GL_SetAttribute(SDL_GL_STENCIL_SIZE, 0);
    SDL_GL_SetAttribute(SDL_GL_DOUBLEBUFFER, 1);
}

int orl_surface_create_swap(struct orl_surface **out, SDL_Window *window,
                            const struct orl_surface_conf *conf)
{
    struct orl_surface *s = calloc(1, sizeof(*s));
    if (!s) {
        return ORL_ENOMEM;
    }
    s->window = window;
    s->conf = *conf;
    s->gl = SDL_GL_CreateContext(window);
    if (!s->gl) {
        free(s);
        return ORL_EUNSUPPORTED;
    }
    SDL_GL_MakeCurrent(window, NULL);
    *out = s;
    return ORL_OK;
}

int orl_surface_create_copy(struct orl_surface **out, struct orl_surface_x11 *x11)
{
    struct orl_surface *s = calloc(1, sizeof(*s));
    if (!s) {
        return ORL_ENOMEM;
    }
    s->x11 = x11;
    *out = s;
    return ORL_OK;
}

void orl_surface_destroy(struct orl_surface **s)
{
    if (!*s) {
        return;
    }
    orl_surface_x11_destroy(&(*s)->x11);
    if ((*s)->gl) {
        SDL_GL_DeleteContext((*s)->gl);
    }
    free(*s);
    *s = NULL;
}

/* Which shortcuts the driver of the current surface offers. */
static void look_at_driver(struct orl_surface *s)
{
    s->egl_display = eglGetCurrentDisplay();
    s->egl_surface = eglGetCurrentSurface(EGL_DRAW);
    s->has_age = false;
    s->has_damage = false;
    if (!s->egl_display || !s->egl_surface) {
        return;
    }
    const char *driver = SDL_GetCurrentVideoDriver();
    /* SDL waits for a Wayland display inside its own swap only. */
    bool sdl_must_swap = s->conf.vsync && driver && strcmp(driver, "wayland") == 0;
    s->has_age =
        !s->conf.no_buffer_age && epoxy_has_egl_extension(s->egl_display, "EGL_EXT_buffer_age");
    s->has_damage =
        !s->conf.no_swap_damage && !sdl_must_swap &&
        (epoxy_has_egl_extension(s->egl_display, "EGL_KHR_swap_buffers_with_damage") ||
         epoxy_has_egl_extension(s->egl_display, "EGL_EXT_swap_buffers_with_damage"));
    orl_debug("surface: buffer age %s, swap damage %s", s->has_age ? "yes" : "no",
              s->has_damage ? "yes" : "no");
}

int orl_surface_make_current(struct orl_surface *s)
{
    if (s->x11) {
        return orl_surface_x11_make_current(s->x11);
    }
    if (SDL_GL_MakeCurrent(s->window, s->gl) != 0) {
        return ORL_EUNSUPPORTED;
    }
    SDL_GL_SetSwapInterval(s->conf.vsync ? 1 : 0);
    look_at_driver(s);
    return ORL_OK;
}

void orl_surface_release_current(struct orl_surface *s)
{
    if (s->x11) {
        orl_surface_x11_release_current(s->x11);
    } else {
        SDL_GL_MakeCurrent(s->window, NULL);
    }
}

bool orl_surface_wants_pixels(const struct orl_surface *s)
{
    return s->x11 != NULL;
}

uint8_t *orl_surface_pixels(struct orl_surface *s, uint32_t win_w, uint32_t win_h,
                            uint32_t *pitch)
{
    return orl_surface_x11_pixels(s->x11, win_w, win_h, pitch);
}

uint32_t orl_surface_age(struct orl_surface *s)
{
    EGLint age = 0;
    if (s->x11) {
        return 1;
    }
    if (!s->has_age ||
        !eglQuerySurface(s->egl_display, s->egl_surface, EGL_BUFFER_AGE_EXT, &age) || age < 0) {
        return 0;
    }
    return (uint32_t)age;
}

/* EGL counts rows from the bottom. */
static void swap_with_damage(struct orl_surface *s, const struct orl_rects *damage,
                             uint32_t win_h)
{
    EGLint list[ORL_RECTS_MAX * 4];
    for (size_t i = 0; i < damage->n; i++) {
        struct orl_rect r = damage->r[i];
        list[i * 4] = (EGLint)r.x;
        list[i * 4 + 1] = (EGLint)win_h - (EGLint)(r.y + r.h);
        list[i * 4 + 2] = (EGLint)r.w;
        list[i * 4 + 3] = (EGLint)r.h;
    }
    if (epoxy_has_egl_extension(s->egl_display, "EGL_KHR_swap_buffers_with_damage")) {
        eglSwapBuffersWithDamageKHR(s->egl_display, s->egl_surface, list, (EGLint)damage->n);
    } else {
        eglSwapBuffersWithDamageEXT(s->egl_display, s->egl_surface, list, (EGLint)damage->n);
    }
}

void orl_surface_present(struct orl_surface *s, const struct orl_rects *damage, uint32_t win_w,
                         uint32_t win_h)
{
    (void)win_w;
    if (s->x11) {
        orl_surface_x11_present(s->x11, damage);
    } else if (s->has_damage && !damage->full && damage->n > 0) {
        swap_with_damage(s, damage, win_h);
    } else {
        SDL_GL_SwapWindow(s->window);
    }
}
