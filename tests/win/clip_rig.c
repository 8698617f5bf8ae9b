/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clip_rig.h"

#include <fcntl.h>
#include <png.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/check.h"
#include "support/random.h"
#include "win/clipboard_image.h"

#define PATIENCE_NS (30 * ORL_NS_PER_S)

/* One window for all tests of a program: what is below SDL leaks with each. */
static SDL_Window *the_window(void)
{
    static SDL_Window *window;
    if (!window) {
        assert_int_equal(SDL_InitSubSystem(SDL_INIT_VIDEO), 0);
        orl_win_ignore_events();
        window = SDL_CreateWindow("clipboard", 0, 0, 320, 200, 0);
        assert_non_null(window);
        /* On Wayland a window exists only once something is drawn. */
        SDL_FillRect(SDL_GetWindowSurface(window), NULL, 0x336699);
        SDL_UpdateWindowSurface(window);
    }
    return window;
}

int rig_start(void **state)
{
    struct rig *r = calloc(1, sizeof(*r));
    snprintf(r->dir, sizeof(r->dir), "/tmp/orl-clip.XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    assert_int_equal(chmod(r->dir, 0755), 0);
    r->win.window = the_window();
    r->win.wake_type = SDL_RegisterEvents(1);
    orl_win_open_data(&r->win);
    assert_int_equal(orl_win_clip_create(&r->clip, &r->win, RIG_MAX_BYTES), ORL_OK);
    *state = r;
    return 0;
}

int rig_stop(void **state)
{
    struct rig *r = *state;
    orl_win_clip_offer(r->clip, ORL_WIN_CLIP_TEXT); /* the next test shall find it empty */
    orl_win_clip_offer(r->clip, 0);
    rig_pass(r, 100);
    uint64_t before = orl_now_ns();
    orl_win_clip_destroy(&r->clip);
    orl_win_close_data(&r->win);
    assert_true(orl_now_ns() - before < 10 * ORL_NS_PER_S);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", r->dir);
    assert_int_equal(system(command), 0);
    rig_free(&r->text);
    rig_free(&r->png);
    rig_free(&r->bmp);
    rig_free(&r->got);
    free(r);
    return 0;
}

static void handle(struct rig *r, struct orl_win_clip_note *note)
{
    const struct rig_blob *own = note->types == ORL_WIN_CLIP_TEXT  ? &r->text
                                 : note->types == ORL_WIN_CLIP_PNG ? &r->png
                                                                   : &r->bmp;
    switch (note->kind) {
    case ORL_WIN_CLIP_OFFER:
        r->offer = note->types;
        r->offer_count++;
        break;
    case ORL_WIN_CLIP_REQUEST:
        r->request_count++;
        if (!r->deaf) {
            orl_win_clip_answer(r->clip, note->id, own->data, own->len);
        }
        break;
    case ORL_WIN_CLIP_DATA:
        rig_free(&r->got);
        r->got = (struct rig_blob){note->data, note->len};
        note->data = NULL;
        r->got_id = note->id;
        r->got_count++;
        break;
    }
    free(note->data);
}

static void turn(struct rig *r, uint64_t until_ns)
{
    (void)orl_win_wait(&r->win, until_ns);
    struct orl_win_clip_note note;
    while (orl_win_clip_next(r->clip, &note)) {
        handle(r, &note);
    }
}

void rig_pass(struct rig *r, uint32_t ms)
{
    uint64_t end = orl_now_ns() + ms * ORL_NS_PER_MS;
    while (orl_now_ns() < end) {
        turn(r, end);
    }
}

void rig_wait_offer(struct rig *r, uint32_t types)
{
    uint64_t end = orl_now_ns() + PATIENCE_NS;
    while ((r->offer != types || r->offer_count == 0) && orl_now_ns() < end) {
        turn(r, end);
    }
    assert_int_equal(r->offer, types);
    r->offer_count = 0;
}

bool rig_fetch(struct rig *r, uint32_t type)
{
    uint64_t id = ++r->last_id;
    uint32_t before = r->got_count;
    uint64_t end = orl_now_ns() + 2 * PATIENCE_NS;
    orl_win_clip_request(r->clip, (enum orl_win_clip_type)type, id);
    while (r->got_id != id && orl_now_ns() < end) {
        turn(r, end);
    }
    assert_int_equal(r->got_id, id);
    assert_int_equal(r->got_count, before + 1);
    return r->got.data != NULL;
}

pid_t rig_begin(struct rig *r, const char *command)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setpgid(0, 0);
        if (chdir(r->dir) == 0) {
            execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        }
        _exit(127);
    }
    setpgid(pid, pid);
    return pid;
}

void rig_kill(pid_t pid)
{
    kill(-pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

int rig_end(struct rig *r, pid_t pid)
{
    uint64_t end = orl_now_ns() + 2 * PATIENCE_NS;
    while (orl_now_ns() < end) {
        int status = 0;
        if (waitpid(pid, &status, WNOHANG) == pid) {
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        turn(r, orl_now_ns() + 20 * ORL_NS_PER_MS);
    }
    rig_kill(pid);
    return -1;
}

int rig_run(struct rig *r, const char *command)
{
    return rig_end(r, rig_begin(r, command));
}

static void path_of(const struct rig *r, const char *name, char path[160])
{
    snprintf(path, 160, "%s/%s", r->dir, name);
}

void rig_write(struct rig *r, const char *name, const void *data, size_t len)
{
    char path[160];
    path_of(r, name, path);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

struct rig_blob rig_read(struct rig *r, const char *name)
{
    char path[160];
    path_of(r, name, path);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    struct rig_blob b = {malloc(2 * RIG_MAX_BYTES), 0};
    b.len = fread(b.data, 1, 2 * RIG_MAX_BYTES, f);
    fclose(f);
    return b;
}

struct rig_blob rig_text(size_t len)
{
    uint64_t seed = len;
    struct rig_blob b = {malloc(len + 1), len};
    for (size_t i = 0; i < len; i++) {
        b.data[i] = (uint8_t)(random_below(&seed, 40) ? ' ' + random_below(&seed, 94) : '\n');
    }
    return b;
}

/* Noise does not compress: the file is about as long as its pixels. */
struct rig_blob rig_png(size_t len)
{
    uint64_t seed = len;
    uint32_t side = 1;
    while ((size_t)side * side * 3 < len) {
        side++;
    }
    uint8_t *rgb = malloc((size_t)side * side * 3);
    for (size_t i = 0; i < (size_t)side * side * 3; i++) {
        rgb[i] = (uint8_t)random_next(&seed);
    }
    png_image png = {
        .version = PNG_IMAGE_VERSION, .width = side, .height = side, .format = PNG_FORMAT_RGB};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
    struct rig_blob b = {malloc(size), 0};
    assert_true(png_image_write_to_memory(&png, b.data, &size, 0, rgb, 0, NULL));
    b.len = size;
    free(rgb);
    return b;
}

void rig_same(struct rig_blob a, struct rig_blob b)
{
    assert_non_null(a.data);
    assert_non_null(b.data);
    assert_int_equal(a.len, b.len);
    assert_true(memcmp(a.data, b.data, a.len) == 0); /* no dump of megabytes */
}

void rig_same_picture(struct rig_blob png, struct rig_blob bmp)
{
    png_image head = {.version = PNG_IMAGE_VERSION};
    struct orl_win_image image;
    assert_true(png_image_begin_read_from_memory(&head, png.data, png.len));
    assert_int_equal(orl_win_bmp_read(bmp.data, bmp.len, &image), ORL_OK);
    assert_int_equal(head.width, image.w);
    assert_int_equal(head.height, image.h);
    head.format = PNG_FORMAT_RGBA;
    uint8_t *rgba = malloc((size_t)image.w * image.h * 4);
    assert_true(png_image_finish_read(&head, NULL, rgba, 0, NULL));
    assert_true(memcmp(rgba, image.rgba, (size_t)image.w * image.h * 4) == 0);
    free(rgba);
    free(image.rgba);
}

void rig_free(struct rig_blob *b)
{
    free(b->data);
    *b = (struct rig_blob){NULL, 0};
}
