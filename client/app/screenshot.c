/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_impl.h"
#include "base/clock.h"

#define ORL_LOG_MODULE "app"
#include "base/log.h"

#define PATIENCE_NS (3 * ORL_NS_PER_S)

/* Waits for the picture that was asked for. */
static bool wait_for_shot(struct orl_app *app, struct orl_shot *shot)
{
    uint64_t end_ns = orl_now_ns() + PATIENCE_NS;
    while (orl_now_ns() < end_ns) {
        orl_app_step(app, end_ns);
        if (orl_spsc_pull(&app->drawing.shots, shot)) {
            return true;
        }
    }
    return false;
}

/* The fourth byte of a pixel means nothing, but PNG knows only R,G,B and R,G,B,A. */
static bool write_png(const struct orl_shot *shot, const char *path)
{
    png_image image;
    memset(&image, 0, sizeof(image));
    image.version = PNG_IMAGE_VERSION;
    image.width = shot->w;
    image.height = shot->h;
    image.format = PNG_FORMAT_BGRA;
    image.flags = PNG_IMAGE_FLAG_FAST;
    for (size_t i = 0; i < (size_t)shot->w * shot->h; i++) {
        shot->bgrx[i * 4 + 3] = 255;
    }
    int row_bytes = (int)(shot->w * 4);
    bool done = png_image_write_to_file(&image, path, 0, shot->bgrx, row_bytes, NULL) != 0;
    if (!done) {
        orl_error("cannot write %s: %s", path, errno ? strerror(errno) : image.message);
    }
    return done;
}

bool orl_app_screenshot(struct orl_app *app, const char *path)
{
    struct orl_shot shot;
    app->view.screenshot_serial++;
    app->view_changed = true;
    if (!wait_for_shot(app, &shot)) {
        orl_error("no picture for %s: drawing does not answer", path);
        return false;
    }
    errno = 0;
    bool done = write_png(&shot, path);
    free(shot.bgrx);
    return done;
}
