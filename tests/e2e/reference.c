/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the window must show, computed on the processor: the synthetic guest's picture after its
 * way through the pixel format, turned clockwise, with the cursor composed by the formulas of the
 * wire format's description. Written as a binary PPM.
 *
 * reference OUT.ppm FRAME TURNS [oriel-guest option...]
 *
 * FRAME: frame number; TURNS: the viewer's own quarter turns (the guest's come from --rotation).
 * The cursor stands at step 0 of its path; pass --cursor=none for pictures without one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo/demo.h"
#include "demo/picture.h"

struct picture {
    uint32_t w, h;
    uint8_t *rgba;
};

static struct picture picture_make(uint32_t w, uint32_t h)
{
    return (struct picture){w, h, calloc((size_t)w * h, 4)};
}

static uint8_t *at(const struct picture *p, uint32_t x, uint32_t y)
{
    return p->rgba + ((size_t)y * p->w + x) * 4;
}

static void through_the_format(struct picture *p, const struct orl_demo_conf *conf)
{
    struct orl_demo_codec codec;
    uint8_t *stored = calloc((size_t)p->w, 8);
    orl_demo_codec_init(&codec, conf);
    for (uint32_t y = 0; y < p->h && stored; y++) {
        orl_demo_encode(&codec, at(p, 0, y), stored, p->w);
        orl_demo_decode(&codec, stored, at(p, 0, y), p->w);
    }
    free(stored);
}

static struct picture turned(struct picture in, uint32_t turns)
{
    for (; turns % 4; turns--) {
        struct picture out = picture_make(in.h, in.w);
        for (uint32_t y = 0; y < in.h; y++) {
            for (uint32_t x = 0; x < in.w; x++) {
                memcpy(at(&out, in.h - 1 - y, x), at(&in, x, y), 4);
            }
        }
        free(in.rgba);
        in = out;
    }
    return in;
}

static uint8_t compose(uint8_t dst, uint8_t src, uint8_t alpha, bool color)
{
    if (color) {
        unsigned sum = src + (dst * (255u - alpha) + 127) / 255;
        return (uint8_t)(sum > 255 ? 255 : sum);
    }
    return (uint8_t)((dst & alpha) ^ src);
}

static void draw_cursor(struct picture *p, const struct orl_demo_conf *conf)
{
    struct orl_cursor_msg cur = {0};
    static uint8_t stored[ORL_DEMO_SHAPE_BYTES];
    int32_t hot_x, hot_y;
    if (conf->cursor == ORL_DEMO_CURSOR_HIDDEN || conf->cursor == ORL_DEMO_CURSOR_NONE) {
        return;
    }
    orl_demo_cursor_shape(conf->cursor, &cur, stored);
    orl_demo_cursor_place(conf, 0, &hot_x, &hot_y);
    uint8_t *shape = malloc((size_t)cur.w * cur.h * 4);
    orl_cursor_unpack(shape, &cur, stored);
    for (uint32_t y = 0; y < cur.h; y++) {
        for (uint32_t x = 0; x < cur.w; x++) {
            int64_t px = hot_x - cur.hot_x + (int64_t)x, py = hot_y - cur.hot_y + (int64_t)y;
            if (px < 0 || py < 0 || px >= p->w || py >= p->h) {
                continue;
            }
            uint8_t *dst = at(p, (uint32_t)px, (uint32_t)py);
            const uint8_t *src = shape + ((size_t)y * cur.w + x) * 4;
            for (int i = 0; i < 3; i++) {
                dst[i] = compose(dst[i], src[i], src[3], cur.kind == ORL_CURSOR_COLOR);
            }
        }
    }
    free(shape);
}

static int write_ppm(const char *path, const struct picture *p)
{
    FILE *f = fopen(path, "wb");
    if (!f) {
        perror(path);
        return 1;
    }
    fprintf(f, "P6\n%u %u\n255\n", p->w, p->h);
    for (size_t i = 0; i < (size_t)p->w * p->h; i++) {
        fwrite(p->rgba + i * 4, 1, 3, f);
    }
    return fclose(f) ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: reference OUT.ppm FRAME TURNS [oriel-guest option...]\n");
        return 2;
    }
    struct orl_demo_conf conf;
    char *args[64] = {argv[0], argv[1]};
    int n = 2;
    for (int i = 4; i < argc && n < 63; i++) {
        args[n++] = argv[i];
    }
    orl_demo_conf_init(&conf);
    if (orl_demo_parse(&conf, n, args, stdout, stderr) != ORL_DEMO_GO) {
        return 2;
    }
    struct picture p = picture_make(conf.w, conf.h);
    if (!p.rgba ||
        orl_demo_picture_rgba(&conf, strtoull(argv[2], NULL, 10), p.rgba) != ORL_OK) {
        fprintf(stderr, "reference: out of memory\n");
        return 1;
    }
    through_the_format(&p, &conf);
    p = turned(p, conf.rotation);
    draw_cursor(&p, &conf);
    p = turned(p, (uint32_t)atoi(argv[3]));
    int failed = write_ppm(argv[1], &p);
    free(p.rgba);
    return failed;
}
