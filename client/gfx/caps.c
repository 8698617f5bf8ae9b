/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "gl"
#include "gfx/caps.h"

#include <string.h>

#include <epoxy/gl.h>

#include "base/log.h"
#include "base/str.h"

static bool is_software(const char *renderer)
{
    static const char *const names[] = {"llvmpipe", "softpipe", "swrast", "SwiftShader",
                                        "Software"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strstr(renderer, names[i])) {
            return true;
        }
    }
    return false;
}

int orl_caps_read(struct orl_caps *out, bool window)
{
    const char *renderer = (const char *)glGetString(GL_RENDERER);
    if (!renderer || epoxy_is_desktop_gl() || epoxy_gl_version() < 30) {
        return ORL_EUNSUPPORTED;
    }
    struct orl_caps c = {
        .software = is_software(renderer),
        .bgra = epoxy_has_gl_extension("GL_EXT_texture_format_BGRA8888"),
        .read_bgra = epoxy_has_gl_extension("GL_EXT_read_format_bgra"),
        .buffer_storage = epoxy_has_gl_extension("GL_EXT_buffer_storage"),
        .debug = epoxy_has_gl_extension("GL_KHR_debug"),
    };
    GLint side = 0, alpha = 0;
    glGetIntegerv(GL_MAX_TEXTURE_SIZE, &side);
    c.max_side = side > 0 ? (uint32_t)side : 0;
    if (window) {
        glBindFramebuffer(GL_FRAMEBUFFER, 0);
        glGetIntegerv(GL_ALPHA_BITS, &alpha);
        c.opaque_window = alpha == 0;
    }
    orl_str_copy(c.renderer, sizeof(c.renderer), renderer);
    *out = c;
    return ORL_OK;
}

static void GLAPIENTRY on_message(GLenum source, GLenum type, GLuint id, GLenum severity,
                                  GLsizei length, const GLchar *text, const void *arg)
{
    (void)source;
    (void)id;
    (void)severity;
    (void)arg;
    enum orl_log_level level = type == GL_DEBUG_TYPE_ERROR_KHR ? ORL_LOG_WARN : ORL_LOG_DEBUG;
    orl_log(level, "%.*s", length < 0 ? (int)strlen(text) : (int)length, text);
}

void orl_caps_start_debug(void)
{
    glEnable(GL_DEBUG_OUTPUT_KHR);
    /* On the thread and inside the call that caused it, so that a debugger shows which. */
    glEnable(GL_DEBUG_OUTPUT_SYNCHRONOUS_KHR);
    glDebugMessageCallbackKHR(on_message, NULL);
}
