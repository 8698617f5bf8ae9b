// SPDX-License-Identifier: GPL-2.0-or-later
//
// Frame and cursor share this function, so that the cursor is mixed with the very value that the
// frame alone would have had.

uniform sampler2D u_frame;
// Fragment position to texture coordinates: rotation, scale and place of the picture.
uniform vec4 u_frame_axes; // per step in x: xy, per step in y: zw
uniform vec2 u_frame_origin;

// Night vision: 0 off. The luma Y of a pixel becomes Y^(1 - u_night), its colours keep their ratios
// until one is full: black and white stay, what lies between comes up, dark parts most. Below one step
// of 8 bits the factor does not grow: noise would be all that is left. Luma: ITU-R BT.709.
uniform float u_night;

vec3 night_vision(vec3 c)
{
    float luma = max(dot(c, vec3(0.2126, 0.7152, 0.0722)), 1.0 / 255.0);
    return min(c * pow(luma, -u_night), 1.0);
}

vec3 picture()
{
    vec2 st = u_frame_origin + u_frame_axes.xy * gl_FragCoord.x + u_frame_axes.zw * gl_FragCoord.y;
    vec3 c = to_srgb(texture(u_frame, st).rgb);
    return u_night > 0.0 ? night_vision(c) : c;
}
