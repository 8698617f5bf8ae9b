// SPDX-License-Identifier: GPL-2.0-or-later
//
// A rectangle of an imported image into our texture, value by value.
//
// SAMPLER: sampler2D or samplerExternalOES.
// PACKED 1: pixels of three bytes, seen through an image whose pixels are four bytes: the three
// bytes stand in one or two neighbours.

uniform highp SAMPLER u_image;
uniform ivec2 u_shift; // image pixel minus pixel of the target
uniform int u_last;    // the image's last row where its rows are turned over, else -1
out vec4 o_color;

void main()
{
    ivec2 p = ivec2(gl_FragCoord.xy) + u_shift;
    p.y = u_last < 0 ? p.y : u_last - p.y;
#if PACKED
    int first = p.x * 3;
    vec4 a = texelFetch(u_image, ivec2(first >> 2, p.y), 0);
    vec4 b = texelFetch(u_image, ivec2((first + 2) >> 2, p.y), 0);
    int part = first & 3;
    vec3 low = part == 0 ? a.rgb : a.gba;
    vec3 high = part == 2 ? vec3(a.ba, b.r) : vec3(a.a, b.rg);
    o_color = vec4(part < 2 ? low : high, 1.0);
#else
    o_color = texelFetch(u_image, p, 0);
#endif
}
