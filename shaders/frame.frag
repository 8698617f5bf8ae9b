// SPDX-License-Identifier: GPL-2.0-or-later

uniform float u_dim; // 1: as it is
out vec4 o_color;

void main()
{
    o_color = vec4(picture() * u_dim, 1.0);
}
