/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the synthetic guest shows, as pure functions: the reference that tests compare with.
 *
 * A picture is R,G,B,A bytes (A = 255), sRGB, rows of w * 4 bytes without padding, in stored
 * orientation. A codec is the way from there to the bytes of a pixel format and back.
 * Any thread.
 */
#ifndef ORL_DEMO_PICTURE_H
#define ORL_DEMO_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "demo/demo.h"

/*
 * The picture of frame number `frame` (0-based in each session; B6, B7: the serial, master: the
 * serial less 1). Uses release, w, h, fps, fmt, pattern, color, damage, seed of `conf`, which an
 * event may have changed meanwhile. `rgba`: h rows of w * 4 bytes. ORL_OK or ORL_ENOMEM.
 */
ORL_MUST int orl_demo_picture_rgba(const struct orl_demo_conf *conf, uint64_t frame,
                                   uint8_t *rgba);

/*
 * The barcode: 32 blocks of 8 x 8 pixels from (0, 0) to the right, most significant bit first,
 * white is 1. Pictures under 256 x 8 and solid ones have none. `bgrx`: at least 8 * scale rows
 * of `pitch` bytes; `scale`: how many times the picture was enlarged, at least 1.
 */
#define ORL_DEMO_BARCODE_BITS 32
#define ORL_DEMO_BARCODE_PX   8
uint32_t orl_demo_read_barcode(const uint8_t *bgrx, size_t pitch, uint32_t scale);

/* What the numbers of a stored pixel mean. */
enum orl_demo_transfer {
    ORL_DEMO_SDR,        /* sRGB; 10 bits: v << 2 | v >> 6 */
    ORL_DEMO_SCRGB,      /* linear, BT.709, 1.0 = 80 nits, white at white_nits / 80 */
    ORL_DEMO_LINEAR_SDR, /* linear, BT.709, 1.0 = SDR white (B7's 10 bits with HDR) */
    ORL_DEMO_PQ          /* BT.2020, SMPTE ST 2084, white at white_nits */
};

enum orl_demo_transfer orl_demo_transfer_of(const struct orl_demo_conf *conf);

/*
 * Luminance at which SDR white is encoded, and what a master frame says: conf->white_nits, or 80
 * for SDR and for master's linear 10 bits (which end there), or ORL_WHITE_NITS.
 */
uint32_t orl_demo_white_nits(const struct orl_demo_conf *conf);

struct orl_demo_codec {
    enum orl_pixfmt fmt;
    enum orl_demo_transfer transfer;
    float white_nits;
    uint8_t unused;     /* value of the X byte: 255 Windows, 0 Linux */
    float linear[256];  /* sRGB decoded */
    uint16_t code[256]; /* component as stored, all but PQ: 10 bits or half float */
};

void orl_demo_codec_init(struct orl_demo_codec *codec, const struct orl_demo_conf *conf);

/* `n` pixels; the stored side has n * orl_pixfmt_bytes(fmt) bytes. The way back is exact for
 * 8-bit types, 10-bit SDR and half floats (not PQ); within 1 for greys in PQ, where a dark
 * component beside a bright one may be off by 16; LINEAR_SDR loses dark tones. */
void orl_demo_encode(const struct orl_demo_codec *codec, const uint8_t *rgba, uint8_t *stored,
                     uint32_t n);
void orl_demo_decode(const struct orl_demo_codec *codec, const uint8_t *stored, uint8_t *rgba,
                     uint32_t n);

/* Bytes from row to row, padded as the guest software of the release does. */
uint32_t orl_demo_pitch(enum orl_release release, enum orl_pixfmt fmt, uint32_t w);

/* A cursor shape as it is sent: `cur` has kind, w, h, pitch, hot_x, hot_y, shape_bytes filled. */
#define ORL_DEMO_SHAPE_BYTES ((size_t)32 * 32 * 4)
void orl_demo_cursor_shape(enum orl_demo_cursor kind, struct orl_cursor_msg *cur,
                           uint8_t stored[ORL_DEMO_SHAPE_BYTES]);

/* Size of the guest's desktop in screen pixels, turned as the guest is. */
void orl_demo_desktop(const struct orl_demo_conf *conf, uint32_t *w, uint32_t *h);

/* Hot spot on step `k` of the path, guest screen pixels. */
void orl_demo_cursor_place(const struct orl_demo_conf *conf, uint64_t k, int32_t *x,
                           int32_t *y);

#endif
