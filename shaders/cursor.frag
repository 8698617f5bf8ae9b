// SPDX-License-Identifier: GPL-2.0-or-later
//
// The pointer over the picture, in whole 8-bit numbers because AND and XOR of colours have no
// meaning in anything else; blending could do neither. The numbers are kept in floats, which hold
// them exactly, and nothing is skipped by branches: with whole numbers inside branches llvmpipe
// 22.3 draws wrong pixels (the tests tell).

uniform highp sampler2D u_shape;
uniform vec4 u_shape_axes; // fragment position to shape pixels, as u_frame_axes
uniform vec2 u_shape_origin;
uniform ivec2 u_shape_size; // the texture may be larger
uniform bool u_masked;      // AND mask in A, XOR colour in RGB; else premultiplied colour
uniform float u_dim;
out vec4 o_color;

void main()
{
    vec3 dst = floor(picture() * 255.0 + 0.5);
    ivec2 p = ivec2(floor(u_shape_origin + u_shape_axes.xy * gl_FragCoord.x +
                          u_shape_axes.zw * gl_FragCoord.y));
    bool inside = all(greaterThanEqual(p, ivec2(0))) && all(lessThan(p, u_shape_size));
    vec4 src = floor(texelFetch(u_shape, clamp(p, ivec2(0), u_shape_size - 1), 0) * 255.0 + 0.5);
    // Half a step more keeps the quotient clear of the next whole number: rounding is exact.
    vec3 color = min(src.rgb + floor((dst * (255.0 - src.a) + 127.5) / 255.0), 255.0);
    vec3 masked = vec3((ivec3(dst) & int(src.a)) ^ ivec3(src.rgb));
    vec3 mixed = u_masked ? masked : color;
    o_color = vec4((inside ? mixed : dst) / 255.0 * u_dim, 1.0);
}
