// SPDX-License-Identifier: GPL-2.0-or-later

layout(location = 0) in vec2 a_pos; // window pixels
layout(location = 1) in vec2 a_uv;
layout(location = 2) in vec4 a_color;
uniform vec4 u_map; // window to clip space: scale, offset
out vec2 v_uv;
out vec4 v_color;

void main()
{
    v_uv = a_uv;
    v_color = a_color;
    gl_Position = vec4(a_pos * u_map.xy + u_map.zw, 0.0, 1.0);
}
