/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The copy kind: OpenGL without a window on one side, an X window on the other, and between them
 * memory that the X server reads itself. Measured with Mesa 22.3 on Xvfb: an EGL swap on the
 * processor pushes the whole window through the socket, here only damage is moved, once.
 */
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <epoxy/egl.h>
/* XShm.h does not include what it needs, so the order matters. */
/* clang-format off */
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
/* clang-format on */

#include "win/surface_impl.h"

#define ORL_LOG_MODULE "win"
#include "base/log.h"

struct orl_surface_x11 {
    EGLDisplay egl;
    EGLContext context;
    /* A connection of our own, used by one thread at a time. */
    Display *dpy; /* owned; NULL before attach */
    Window window;
    Visual *visual;
    GC gc;
    bool use_shm;
    bool lost; /* the server went away */
    bool busy; /* the server may still be reading the memory */
    XShmSegmentInfo shm;
    XImage *image; /* owned; its data is the memory */
    uint32_t w, h;
};

bool orl_surface_is_software_certain(void)
{
    const char *forced = getenv("LIBGL_ALWAYS_SOFTWARE");
    if (forced && (strcmp(forced, "1") == 0 || strcasecmp(forced, "true") == 0)) {
        return true;
    }
    glob_t found = {0};
    bool any = glob("/dev/dri/renderD*", GLOB_NOSORT, NULL, &found) == 0;
    globfree(&found);
    return !any && access("/dev/nvidiactl", F_OK) != 0;
}

int orl_surface_x11_create(struct orl_surface_x11 **out)
{
    static const EGLint config_want[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE,
                                         EGL_OPENGL_ES3_BIT, EGL_NONE};
    static const EGLint context_want[] = {EGL_CONTEXT_CLIENT_VERSION, 3, EGL_NONE};
    if (!epoxy_has_egl_extension(EGL_NO_DISPLAY, "EGL_MESA_platform_surfaceless")) {
        return ORL_EUNSUPPORTED;
    }
    struct orl_surface_x11 *x = calloc(1, sizeof(*x));
    if (!x) {
        return ORL_ENOMEM;
    }
    x->egl = eglGetPlatformDisplayEXT(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    EGLConfig config = NULL;
    EGLint count = 0;
    if (!x->egl || !eglInitialize(x->egl, NULL, NULL) ||
        !epoxy_has_egl_extension(x->egl, "EGL_KHR_surfaceless_context") ||
        !eglBindAPI(EGL_OPENGL_ES_API) ||
        !eglChooseConfig(x->egl, config_want, &config, 1, &count) || count < 1) {
        orl_surface_x11_destroy(&x);
        return ORL_EUNSUPPORTED;
    }
    x->context = eglCreateContext(x->egl, config, EGL_NO_CONTEXT, context_want);
    if (!x->context) {
        orl_surface_x11_destroy(&x);
        return ORL_EUNSUPPORTED;
    }
    *out = x;
    return ORL_OK;
}

static void free_image(struct orl_surface_x11 *x)
{
    if (!x->image) {
        return;
    }
    if (x->use_shm) {
        if (!x->lost) {
            XShmDetach(x->dpy, &x->shm);
            XSync(x->dpy, False);
        }
        shmdt(x->shm.shmaddr);
        x->image->data = NULL; /* XDestroyImage would free() it */
    }
    XDestroyImage(x->image); /* frees the data of a plain image, which is malloc'ed */
    x->image = NULL;
    x->w = 0;
    x->h = 0;
    x->busy = false;
}

void orl_surface_x11_destroy(struct orl_surface_x11 **px)
{
    struct orl_surface_x11 *x = *px;
    if (!x) {
        return;
    }
    free_image(x);
    if (x->dpy && !x->lost) {
        XFreeGC(x->dpy, x->gc);
        XCloseDisplay(x->dpy);
    }
    if (x->context) {
        eglDestroyContext(x->egl, x->context);
    }
    if (x->egl) {
        eglTerminate(x->egl);
    }
    free(x);
    *px = NULL;
}

/*
 * Xlib ends the process on every protocol error unless told otherwise, and a window that vanishes
 * between two requests is no reason to. The handler has no state, so it serves SDL's connection too.
 */
static int ignore_error(Display *dpy, XErrorEvent *error)
{
    (void)dpy;
    orl_debug("X error %d on request %d.%d", (int)error->error_code, (int)error->request_code,
              (int)error->minor_code);
    return 0;
}

void orl_surface_x11_ignore_errors(void)
{
    XSetErrorHandler(ignore_error);
}

static void on_server_gone(Display *dpy, void *arg)
{
    struct orl_surface_x11 *x = arg;
    (void)dpy;
    x->lost = true;
}

/* B,G,R,X bytes: what the picture is read back as. */
static bool is_bgrx(const XImage *image)
{
    return image->bits_per_pixel == 32 && image->byte_order == LSBFirst &&
           image->red_mask == 0xff0000 && image->green_mask == 0xff00 &&
           image->blue_mask == 0xff;
}

static bool make_plain(struct orl_surface_x11 *x, uint32_t w, uint32_t h)
{
    x->image = XCreateImage(x->dpy, x->visual, 24, ZPixmap, 0, NULL, w, h, 32, (int)(w * 4));
    if (!x->image) {
        return false;
    }
    x->image->data = calloc((size_t)w * h, 4);
    if (!x->image->data) {
        XDestroyImage(x->image);
        x->image = NULL;
        return false;
    }
    return true;
}

static bool make_shared(struct orl_surface_x11 *x, uint32_t w, uint32_t h)
{
    x->image = XShmCreateImage(x->dpy, x->visual, 24, ZPixmap, NULL, &x->shm, w, h);
    if (!x->image) {
        return false;
    }
    size_t bytes = (size_t)x->image->bytes_per_line * h;
    x->shm.shmid = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
    void *mem = x->shm.shmid == -1 ? (void *)-1 : shmat(x->shm.shmid, NULL, 0);
    if (mem == (void *)-1) {
        if (x->shm.shmid != -1) {
            shmctl(x->shm.shmid, IPC_RMID, NULL);
        }
        XDestroyImage(x->image);
        x->image = NULL;
        return false;
    }
    x->shm.shmaddr = mem;
    x->shm.readOnly = False;
    x->image->data = mem;
    XShmAttach(x->dpy, &x->shm);
    XSync(x->dpy, False);
    /* Gone as soon as both sides have let go of it, also when we crash. */
    shmctl(x->shm.shmid, IPC_RMID, NULL);
    return true;
}

/*
 * Whether the server can reach our memory: the request to fill it fails when the attach before it
 * did (other machine, other IPC namespace), and unlike the attach it has an answer.
 */
static bool shm_works(struct orl_surface_x11 *x)
{
    if (!XShmQueryExtension(x->dpy)) {
        return false;
    }
    x->use_shm = true;
    if (!make_shared(x, 1, 1)) {
        x->use_shm = false;
        return false;
    }
    Status got = XShmGetImage(x->dpy, DefaultRootWindow(x->dpy), x->image, 0, 0, AllPlanes);
    free_image(x);
    x->use_shm = got != 0;
    return x->use_shm;
}

int orl_surface_x11_attach(struct orl_surface_x11 *x, const char *display_name,
                           unsigned long window)
{
    orl_surface_x11_ignore_errors();
    x->dpy = XOpenDisplay(display_name);
    if (!x->dpy) {
        return ORL_EUNSUPPORTED;
    }
    XSetIOErrorExitHandler(x->dpy, on_server_gone, x);
    x->window = window;
    XWindowAttributes attr;
    x->gc = XCreateGC(x->dpy, window, 0, NULL);
    if (!XGetWindowAttributes(x->dpy, window, &attr) || attr.depth != 24) {
        return ORL_EUNSUPPORTED;
    }
    x->visual = attr.visual;
    if (!make_plain(x, 1, 1)) {
        return ORL_EUNSUPPORTED;
    }
    bool fits = is_bgrx(x->image);
    free_image(x);
    if (!fits) {
        return ORL_EUNSUPPORTED;
    }
    if (!shm_works(x)) {
        orl_info("the X server cannot read our memory: pictures go through the connection");
    }
    return ORL_OK;
}

int orl_surface_x11_make_current(struct orl_surface_x11 *x)
{
    eglBindAPI(EGL_OPENGL_ES_API); /* a property of the calling thread */
    return eglMakeCurrent(x->egl, EGL_NO_SURFACE, EGL_NO_SURFACE, x->context)
               ? ORL_OK
               : ORL_EUNSUPPORTED;
}

void orl_surface_x11_release_current(struct orl_surface_x11 *x)
{
    eglMakeCurrent(x->egl, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    eglReleaseThread();
}

uint8_t *orl_surface_x11_pixels(struct orl_surface_x11 *x, uint32_t w, uint32_t h,
                                uint32_t *pitch)
{
    if (x->busy && !x->lost) {
        XSync(x->dpy, False);
        x->busy = false;
    }
    if (x->lost) {
        return NULL;
    }
    if (x->w != w || x->h != h) {
        free_image(x);
        if (!(x->use_shm ? make_shared(x, w, h) : make_plain(x, w, h))) {
            return NULL;
        }
        x->w = w;
        x->h = h;
    }
    *pitch = (uint32_t)x->image->bytes_per_line;
    return (uint8_t *)x->image->data;
}

static void put(struct orl_surface_x11 *x, struct orl_rect r)
{
    int left = (int)r.x;
    int top = (int)r.y;
    if (x->use_shm) {
        XShmPutImage(x->dpy, x->window, x->gc, x->image, left, top, left, top, r.w, r.h, False);
    } else {
        XPutImage(x->dpy, x->window, x->gc, x->image, left, top, left, top, r.w, r.h);
    }
}

void orl_surface_x11_present(struct orl_surface_x11 *x, const struct orl_rects *damage)
{
    if (x->lost || !x->image) {
        return;
    }
    if (damage->full) {
        put(x, (struct orl_rect){0, 0, x->w, x->h});
    }
    for (uint32_t i = 0; i < damage->n; i++) {
        put(x, damage->r[i]);
    }
    XFlush(x->dpy);
    x->busy = x->use_shm;
}
