/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <string.h>

#include "demo/picture.h"

#define SCRGB_NITS 80.0f    /* luminance of scRGB 1.0 */
#define PQ_NITS    10000.0f /* luminance of PQ 1.0 */

static float srgb_decode(float v)
{
    return v <= 0.04045f ? v / 12.92f : powf((v + 0.055f) / 1.055f, 2.4f);
}

static float srgb_encode(float v)
{
    return v <= 0.0031308f ? v * 12.92f : 1.055f * powf(v, 1.0f / 2.4f) - 0.055f;
}

/* SMPTE ST 2084, both ways; light 1.0 is 10000 nits. */
static float pq_encode(float light)
{
    float p = powf(fmaxf(light, 0), 0.1593017578125f);
    return powf((0.8359375f + 18.8515625f * p) / (1 + 18.6875f * p), 78.84375f);
}

static float pq_decode(float code)
{
    float p = powf(fmaxf(code, 0), 1 / 78.84375f);
    return powf(fmaxf(p - 0.8359375f, 0) / (18.8515625f - 18.6875f * p), 1 / 0.1593017578125f);
}

/* Linear BT.709 <-> BT.2020 (ITU-R BT.2087). */
static const float to_2020[9] = {0.627404f, 0.329283f, 0.043313f, 0.069097f, 0.919540f,
                                 0.011362f, 0.016391f, 0.088013f, 0.895595f};
static const float to_709[9] = {1.660491f,  -0.587641f, -0.072850f, -0.124550f, 1.132900f,
                                -0.008349f, -0.018151f, -0.100579f, 1.118730f};

static void multiply(const float m[9], float v[3])
{
    float in[3] = {v[0], v[1], v[2]};
    for (size_t i = 0; i < 3; i++) {
        v[i] = m[i * 3] * in[0] + m[i * 3 + 1] * in[1] + m[i * 3 + 2] * in[2];
    }
}

/* Positive, finite values only. Round to nearest; below 2^-14 the half float is subnormal. */
static uint16_t half_encode(float v)
{
    if (v < 6.103515625e-5f) {
        return (uint16_t)(v * 16777216.0f + 0.5f);
    }
    uint32_t bits;
    memcpy(&bits, &v, sizeof(bits));
    bits += 0x1000u; /* half of the last bit that stays */
    return bits >= 0x47800000u ? 0x7BFFu : (uint16_t)((bits - 0x38000000u) >> 13);
}

static float half_decode(uint16_t h)
{
    float mantissa = (float)(h & 0x3FFu);
    int exponent = h >> 10 & 31;
    float v = exponent ? ldexpf(mantissa + 1024, exponent - 25) : ldexpf(mantissa, -24);
    return h & 0x8000u ? -v : v;
}

static bool is_8bit(enum orl_pixfmt fmt)
{
    return fmt != ORL_PIX_RGB10A2 && fmt != ORL_PIX_RGBA16F;
}

enum orl_demo_transfer orl_demo_transfer_of(const struct orl_demo_conf *conf)
{
    /* Half floats are always told as HDR where the flag exists; B6 has no flag at all. */
    bool hdr = conf->release != ORL_B6 && conf->flags & ORL_FRAME_HDR;
    if (is_8bit(conf->fmt)) {
        return ORL_DEMO_SDR;
    }
    if (hdr && conf->flags & ORL_FRAME_HDR_PQ) {
        return ORL_DEMO_PQ;
    }
    if (conf->fmt == ORL_PIX_RGBA16F) {
        return ORL_DEMO_SCRGB;
    }
    if (!hdr) {
        return ORL_DEMO_SDR;
    }
    return conf->release == ORL_B7 ? ORL_DEMO_LINEAR_SDR : ORL_DEMO_SCRGB;
}

uint32_t orl_demo_white_nits(const struct orl_demo_conf *conf)
{
    enum orl_demo_transfer transfer = orl_demo_transfer_of(conf);
    if (conf->white_nits) {
        return conf->white_nits;
    }
    bool ends_at_80 = transfer == ORL_DEMO_SCRGB && conf->fmt == ORL_PIX_RGB10A2;
    return transfer == ORL_DEMO_SDR || ends_at_80 ? 80 : ORL_WHITE_NITS;
}

static uint16_t code_of(const struct orl_demo_codec *c, float value)
{
    if (c->fmt == ORL_PIX_RGBA16F) {
        return half_encode(value);
    }
    return (uint16_t)(fminf(fmaxf(value, 0), 1) * 1023 + 0.5f);
}

void orl_demo_codec_init(struct orl_demo_codec *codec, const struct orl_demo_conf *conf)
{
    codec->fmt = conf->fmt;
    codec->transfer = orl_demo_transfer_of(conf);
    codec->white_nits = (float)orl_demo_white_nits(conf);
    codec->unused = conf->os == ORL_OS_LINUX ? 0 : 255;
    float gain = codec->transfer == ORL_DEMO_SCRGB ? codec->white_nits / SCRGB_NITS : 1;
    for (uint32_t v = 0; v < 256; v++) {
        codec->linear[v] = srgb_decode((float)v / 255);
        codec->code[v] = codec->transfer == ORL_DEMO_SDR
                             ? (uint16_t)(v << 2 | v >> 6)
                             : code_of(codec, codec->linear[v] * gain);
    }
}

static void codes_of(const struct orl_demo_codec *c, const uint8_t *rgba, uint16_t out[3])
{
    if (c->transfer != ORL_DEMO_PQ) {
        for (int i = 0; i < 3; i++) {
            out[i] = c->code[rgba[i]];
        }
        return;
    }
    float v[3] = {c->linear[rgba[0]], c->linear[rgba[1]], c->linear[rgba[2]]};
    multiply(to_2020, v);
    for (int i = 0; i < 3; i++) {
        out[i] = code_of(c, pq_encode(v[i] * c->white_nits / PQ_NITS));
    }
}

/* Between R,G,B and the format's order of bytes; the same in both directions. */
static void reorder(const struct orl_demo_codec *c, const uint8_t *s, uint8_t *d)
{
    bool red_first = c->fmt == ORL_PIX_RGBA8 || c->fmt == ORL_PIX_RGB24;
    d[0] = red_first ? s[0] : s[2];
    d[1] = s[1];
    d[2] = red_first ? s[2] : s[0];
}

static void encode_pixel(const struct orl_demo_codec *c, const uint8_t *s, uint8_t *d)
{
    uint16_t code[3];
    switch (c->fmt) {
    case ORL_PIX_RGB10A2:
        codes_of(c, s, code);
        orl_put_u32(d, (uint32_t)code[0] | (uint32_t)code[1] << 10 | (uint32_t)code[2] << 20 |
                           (c->unused ? 3u << 30 : 0));
        return;
    case ORL_PIX_RGBA16F:
        codes_of(c, s, code);
        for (size_t i = 0; i < 3; i++) {
            orl_put_u16(d + i * 2, code[i]);
        }
        orl_put_u16(d + 6, c->unused ? 0x3C00u : 0);
        return;
    case ORL_PIX_BGRA8:
    case ORL_PIX_RGBA8: d[3] = c->unused; break;
    case ORL_PIX_BGR24_IN_32:
    case ORL_PIX_RGB24: break;
    }
    reorder(c, s, d);
}

void orl_demo_encode(const struct orl_demo_codec *codec, const uint8_t *rgba, uint8_t *stored,
                     uint32_t n)
{
    uint32_t bytes = orl_pixfmt_bytes(codec->fmt);
    if (codec->fmt == ORL_PIX_BGRA8) { /* the usual one */
        for (uint32_t i = 0; i < n; i++) {
            uint32_t v = orl_get_u32(rgba + (size_t)i * 4);
            orl_put_u32(stored + (size_t)i * 4, (v >> 16 & 255u) | (v & 0xFF00u) |
                                                    (v & 255u) << 16 |
                                                    (uint32_t)codec->unused << 24);
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        encode_pixel(codec, rgba + (size_t)i * 4, stored + (size_t)i * bytes);
    }
}

static void decode_codes(const struct orl_demo_codec *c, const uint16_t code[3], uint8_t *rgba)
{
    float v[3];
    for (int i = 0; i < 3; i++) {
        if (c->transfer == ORL_DEMO_SDR) {
            rgba[i] = (uint8_t)(code[i] >> 2);
            continue;
        }
        v[i] = c->fmt == ORL_PIX_RGBA16F ? half_decode(code[i]) : (float)code[i] / 1023;
    }
    if (c->transfer == ORL_DEMO_SDR) {
        return;
    }
    float gain = c->transfer == ORL_DEMO_SCRGB ? SCRGB_NITS / c->white_nits : 1;
    if (c->transfer == ORL_DEMO_PQ) {
        for (int i = 0; i < 3; i++) {
            v[i] = pq_decode(v[i]) * PQ_NITS / c->white_nits;
        }
        multiply(to_709, v);
    }
    for (int i = 0; i < 3; i++) {
        float s = srgb_encode(fminf(fmaxf(v[i] * gain, 0), 1));
        rgba[i] = (uint8_t)(s * 255 + 0.5f);
    }
}

static void decode_pixel(const struct orl_demo_codec *c, const uint8_t *s, uint8_t *d)
{
    uint16_t code[3];
    d[3] = 255;
    if (c->fmt == ORL_PIX_RGB10A2) {
        uint32_t v = orl_get_u32(s);
        for (int i = 0; i < 3; i++) {
            code[i] = (uint16_t)(v >> (10 * i) & 1023u);
        }
        decode_codes(c, code, d);
    } else if (c->fmt == ORL_PIX_RGBA16F) {
        for (size_t i = 0; i < 3; i++) {
            code[i] = orl_get_u16(s + i * 2);
        }
        decode_codes(c, code, d);
    } else {
        reorder(c, s, d);
    }
}

void orl_demo_decode(const struct orl_demo_codec *codec, const uint8_t *stored, uint8_t *rgba,
                     uint32_t n)
{
    uint32_t bytes = orl_pixfmt_bytes(codec->fmt);
    for (uint32_t i = 0; i < n; i++) {
        decode_pixel(codec, stored + (size_t)i * bytes, rgba + (size_t)i * 4);
    }
}

uint32_t orl_demo_pitch(enum orl_release release, enum orl_pixfmt fmt, uint32_t w)
{
    uint32_t row = w * orl_pixfmt_bytes(fmt);
    if (fmt == ORL_PIX_RGB24) {
        return (w + 255u) / 256u * 256u * 3u;
    }
    if (release == ORL_B6) {
        return row; /* a CPU copy without padding */
    }
    return (row + 255u) / 256u * 256u;
}
