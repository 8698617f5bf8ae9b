// SPDX-License-Identifier: GPL-2.0-or-later
//
// Frame and cursor share this function, so that the cursor is mixed with the very value that the
// frame alone would have had.

uniform sampler2D u_frame;
// Fragment position to texture coordinates: rotation, scale and place of the picture.
uniform vec4 u_frame_axes; // per step in x: xy, per step in y: zw
uniform vec2 u_frame_origin;

vec3 picture()
{
    vec2 st = u_frame_origin + u_frame_axes.xy * gl_FragCoord.x + u_frame_axes.zw * gl_FragCoord.y;
    return to_srgb(texture(u_frame, st).rgb);
}
