/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "gl"
#include "gfx/program.h"

#include <stdio.h>
#include <string.h>

#include <epoxy/gl.h>

#include "base/log.h"
#include "shaders/shaders.h"

#define MAX_PARTS 4

static GLuint compile(GLenum stage, const char *const *parts, GLsizei n)
{
    GLuint id = glCreateShader(stage);
    glShaderSource(id, n, parts, NULL);
    glCompileShader(id);
    GLint ok = 0;
    glGetShaderiv(id, GL_COMPILE_STATUS, &ok);
    if (!ok) {
        char text[512] = "";
        glGetShaderInfoLog(id, sizeof(text), NULL, text);
        orl_error("a shader does not compile: %s", text);
        glDeleteShader(id);
        return 0;
    }
    return id;
}

static GLuint link(GLuint vertex, GLuint fragment)
{
    if (!vertex || !fragment) {
        return 0;
    }
    GLuint id = glCreateProgram();
    glAttachShader(id, vertex);
    glAttachShader(id, fragment);
    glLinkProgram(id);
    GLint ok = 0;
    glGetProgramiv(id, GL_LINK_STATUS, &ok);
    if (!ok) {
        char text[512] = "";
        glGetProgramInfoLog(id, sizeof(text), NULL, text);
        orl_error("a shader program does not link: %s", text);
        glDeleteProgram(id);
        return 0;
    }
    return id;
}

static void find_uniforms(struct orl_program *p)
{
    p->rect = glGetUniformLocation(p->id, "u_rect");
    p->frame_axes = glGetUniformLocation(p->id, "u_frame_axes");
    p->frame_origin = glGetUniformLocation(p->id, "u_frame_origin");
    p->gain = glGetUniformLocation(p->id, "u_gain");
    p->night = glGetUniformLocation(p->id, "u_night");
    p->dim = glGetUniformLocation(p->id, "u_dim");
    p->shape_axes = glGetUniformLocation(p->id, "u_shape_axes");
    p->shape_origin = glGetUniformLocation(p->id, "u_shape_origin");
    p->shape_size = glGetUniformLocation(p->id, "u_shape_size");
    p->masked = glGetUniformLocation(p->id, "u_masked");
    p->map = glGetUniformLocation(p->id, "u_map");
    p->shift = glGetUniformLocation(p->id, "u_shift");
    p->last = glGetUniformLocation(p->id, "u_last");
    glUseProgram(p->id);
    glUniform1i(glGetUniformLocation(p->id, "u_frame"), 0);
    glUniform1i(glGetUniformLocation(p->id, "u_image"), 0);
    glUniform1i(glGetUniformLocation(p->id, "u_shape"), 1);
    glUniform1i(glGetUniformLocation(p->id, "u_atlas"), 2);
}

/* `with_picture`: the fragment stage reads the guest picture. */
static int build(struct orl_program *p, enum orl_color_mode mode, const char *vertex,
                 const char *fragment, bool with_picture)
{
    if (p->id) {
        return ORL_OK;
    }
    char head[96];
    snprintf(head, sizeof(head), "#version 300 es\nprecision highp float;\n#define COLOR %d\n",
             (int)mode);
    const char *vert[] = {head, vertex};
    const char *frag[MAX_PARTS] = {head};
    GLsizei n = 1;
    if (with_picture) {
        frag[n++] = orl_shader_color_glsl;
        frag[n++] = orl_shader_picture_glsl;
    }
    frag[n++] = fragment;
    GLuint vs = compile(GL_VERTEX_SHADER, vert, 2);
    GLuint fs = compile(GL_FRAGMENT_SHADER, frag, n);
    p->id = link(vs, fs);
    glDeleteShader(vs);
    glDeleteShader(fs);
    if (!p->id) {
        return ORL_EUNSUPPORTED;
    }
    find_uniforms(p);
    return ORL_OK;
}

int orl_programs_prepare(struct orl_programs *p, enum orl_color_mode mode)
{
    int err = build(&p->frame[mode], mode, orl_shader_rect_vert, orl_shader_frame_frag, true);
    if (!err) {
        err = build(&p->cursor[mode], mode, orl_shader_rect_vert, orl_shader_cursor_frag, true);
    }
    if (!err) {
        err = build(&p->overlay, mode, orl_shader_overlay_vert, orl_shader_overlay_frag, false);
    }
    return err;
}

int orl_programs_prepare_import(struct orl_programs *p, bool external, bool packed)
{
    struct orl_program *prog = &p->import[external][packed];
    if (prog->id) {
        return ORL_OK;
    }
    char head[192];
    snprintf(
        head, sizeof(head),
        "#version 300 es\n%sprecision highp float;\n#define SAMPLER %s\n#define PACKED %d\n",
        external ? "#extension GL_OES_EGL_image_external_essl3 : require\n" : "",
        external ? "samplerExternalOES" : "sampler2D", (int)packed);
    const char *vert[] = {"#version 300 es\nprecision highp float;\n", orl_shader_rect_vert};
    const char *frag[] = {head, orl_shader_import_frag};
    GLuint vs = compile(GL_VERTEX_SHADER, vert, 2);
    GLuint fs = compile(GL_FRAGMENT_SHADER, frag, 2);
    prog->id = link(vs, fs);
    glDeleteShader(vs);
    glDeleteShader(fs);
    if (!prog->id) {
        return ORL_EUNSUPPORTED;
    }
    find_uniforms(prog);
    return ORL_OK;
}

void orl_programs_finish(struct orl_programs *p)
{
    for (int i = 0; i < ORL_COLOR_MODES; i++) {
        glDeleteProgram(p->frame[i].id);
        glDeleteProgram(p->cursor[i].id);
    }
    for (int i = 0; i < 4; i++) {
        glDeleteProgram(p->import[i / 2][i % 2].id);
    }
    glDeleteProgram(p->overlay.id);
    memset(p, 0, sizeof(*p));
}
