/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GLSL ES 3.00 files of this folder as NUL-terminated strings. None has a #version line: a
 * stage is made of version, defines, parts (*.glsl) and the file with its main(), in this order.
 */
#ifndef ORL_SHADERS_SHADERS_H
#define ORL_SHADERS_SHADERS_H

extern const char orl_shader_color_glsl[];   /* stored value -> sRGB, by COLOR */
extern const char orl_shader_picture_glsl[]; /* the guest's picture at a fragment */
extern const char orl_shader_rect_vert[];    /* one rectangle, no attributes */
extern const char orl_shader_frame_frag[];
extern const char orl_shader_cursor_frag[];
extern const char orl_shader_import_frag[]; /* imported image -> texture */
extern const char orl_shader_overlay_vert[];
extern const char orl_shader_overlay_frag[];

#endif
