// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stored values to sRGB for an SDR window, clipped: what is brighter than SDR white becomes white.
//
// COLOR 0: already encoded: 8-bit types, 10-bit SDR.
// COLOR 1: linear light, BT.709. u_gain = luminance of the value 1.0 / luminance of SDR white:
//   half floats are scRGB, 1.0 = 80 nits, so the gain is 80 / white level. Where the guest release
//   sends no level it is 203 nits (ITU-R BT.2408), as for PQ.
//   10-bit linear was scaled by the guest to 1.0 = SDR white: the gain is 1.
// COLOR 2: SMPTE ST 2084 (PQ), BT.2020 primaries. u_gain = 10000 nits / luminance of SDR white.

uniform float u_gain;

vec3 srgb_encode(vec3 linear)
{
    vec3 l = clamp(linear, 0.0, 1.0);
    vec3 curve = 1.055 * pow(l, vec3(1.0 / 2.4)) - 0.055;
    return mix(curve, 12.92 * l, lessThanEqual(l, vec3(0.0031308)));
}

vec3 pq_decode(vec3 e)
{
    vec3 p = pow(clamp(e, 0.0, 1.0), vec3(1.0 / 78.84375));
    return pow(max(p - 0.8359375, 0.0) / (18.8515625 - 18.6875 * p), vec3(1.0 / 0.1593017578125));
}

// ITU-R BT.2087; the constructor takes columns.
const mat3 bt2020_to_bt709 = mat3(1.660491, -0.124550, -0.018151,
                                  -0.587641, 1.132900, -0.100579,
                                  -0.072850, -0.008349, 1.118730);

vec3 to_srgb(vec3 stored)
{
#if COLOR == 0
    return stored;
#elif COLOR == 1
    return srgb_encode(stored * u_gain);
#else
    return srgb_encode(bt2020_to_bt709 * pq_decode(stored) * u_gain);
#endif
}
