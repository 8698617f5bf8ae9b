/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the synthetic guest's barcode from the pixels of the X server and writes one line
 * "frame t_ns" whenever another frame number is visible: what a person in front of the screen
 * would see, not what the viewer believes. Resolution: half a millisecond.
 *
 * watch_x11 SECONDS X Y DIVISOR   the picture's top left corner on the root window; DIVISOR is how
 * many times the picture was reduced (1: 1:1, 3: 1080p in 640x360).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/shm.h>

/* Xlib's headers depend on this order. */
/* clang-format off */
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
/* clang-format on */

#include "base/clock.h"
#include "demo/picture.h"

#define STEP_NS     (500 * ORL_NS_PER_US)
#define MAX_RECORDS 65536

struct record {
    uint32_t frame;
    uint64_t t_ns;
};

struct watch {
    Display *display;
    XImage *image;
    XShmSegmentInfo shm;
    int x, y;
    unsigned divisor;
};

static int open_image(struct watch *w)
{
    unsigned width = ORL_DEMO_BARCODE_BITS * ORL_DEMO_BARCODE_PX / w->divisor;
    unsigned height = ORL_DEMO_BARCODE_PX / w->divisor;
    int screen = DefaultScreen(w->display);
    w->image = XShmCreateImage(w->display, DefaultVisual(w->display, screen), 24, ZPixmap, NULL,
                               &w->shm, width, height ? height : 1);
    if (!w->image) {
        return -1;
    }
    size_t bytes = (size_t)w->image->bytes_per_line * (size_t)w->image->height;
    w->shm.shmid = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
    w->shm.shmaddr = w->image->data = shmat(w->shm.shmid, NULL, 0);
    w->shm.readOnly = False;
    int attached = XShmAttach(w->display, &w->shm);
    XSync(w->display, False);
    shmctl(w->shm.shmid, IPC_RMID, NULL);
    return attached ? 0 : -1;
}

/* The centre of each block; green decides, as reduced pictures blur the edges. */
static uint32_t read_code(struct watch *w)
{
    XShmGetImage(w->display, DefaultRootWindow(w->display), w->image, w->x, w->y, AllPlanes);
    uint32_t code = 0;
    for (unsigned bit = 0; bit < ORL_DEMO_BARCODE_BITS; bit++) {
        unsigned x = (bit * 2 + 1) * ORL_DEMO_BARCODE_PX / 2 / w->divisor;
        unsigned y = ORL_DEMO_BARCODE_PX / 2 / w->divisor;
        const char *p = w->image->data + y * (unsigned)w->image->bytes_per_line + x * 4;
        code = code << 1 | ((unsigned char)p[1] >= 128 ? 1u : 0u);
    }
    return code;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: watch_x11 SECONDS X Y DIVISOR\n");
        return 2;
    }
    struct watch w = {.display = XOpenDisplay(NULL),
                      .x = atoi(argv[2]),
                      .y = atoi(argv[3]),
                      .divisor = (unsigned)atoi(argv[4])};
    static struct record records[MAX_RECORDS];
    uint32_t count = 0, last = UINT32_MAX;
    if (!w.display || w.divisor == 0 || open_image(&w)) {
        fprintf(stderr, "watch_x11: no X display with shared memory\n");
        return 1;
    }
    prctl(PR_SET_TIMERSLACK, 1UL);
    uint64_t now = orl_now_ns();
    uint64_t end = now + (uint64_t)(atof(argv[1]) * 1e9);
    while (now < end && count < MAX_RECORDS) {
        uint32_t code = read_code(&w);
        uint64_t seen = orl_now_ns();
        if (code != last) {
            records[count++] = (struct record){code, seen};
            last = code;
        }
        now += STEP_NS;
        if (now < seen) {
            now = seen;
        }
        orl_sleep_until(now);
    }
    for (uint32_t i = 0; i < count; i++) {
        printf("%u %llu\n", records[i].frame, (unsigned long long)records[i].t_ns);
    }
    return 0;
}
