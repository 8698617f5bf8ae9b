/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/import_share.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <epoxy/gl.h>

#include "../../kvmfr/selftest_importer.h"

#define PAGE_PRESENT (UINT64_C(1) << 63) /* pagemap, see the kernel's admin-guide/mm/pagemap */

uint64_t share_cpu_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- GL's part ----------------------------------------------------------------------------- */

/*
 * libepoxy calls everything through public pointers. They are written to here, after each has found
 * its function, and belong to the one thread with the context.
 */
static uint64_t gl_ns;
static PFNGLBLITFRAMEBUFFERPROC real_blit;
static PFNGLTEXSUBIMAGE2DPROC real_upload;
static PFNGLDRAWARRAYSPROC real_draw;
static PFNGLFLUSHPROC real_flush;
static PFNGLFENCESYNCPROC real_fence;
static PFNGLCLIENTWAITSYNCPROC real_wait;

static uint64_t begin(void)
{
    return share_cpu_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void end(uint64_t since)
{
    gl_ns += share_cpu_ns(CLOCK_THREAD_CPUTIME_ID) - since;
}

static void blit(GLint x0, GLint y0, GLint x1, GLint y1, GLint tx0, GLint ty0, GLint tx1,
                 GLint ty1, GLbitfield mask, GLenum filter)
{
    uint64_t t = begin();
    real_blit(x0, y0, x1, y1, tx0, ty0, tx1, ty1, mask, filter);
    end(t);
}

static void upload(GLenum target, GLint level, GLint x, GLint y, GLsizei w, GLsizei h,
                   GLenum format, GLenum type, const void *pixels)
{
    uint64_t t = begin();
    real_upload(target, level, x, y, w, h, format, type, pixels);
    end(t);
}

static void draw(GLenum mode, GLint first, GLsizei count)
{
    uint64_t t = begin();
    real_draw(mode, first, count);
    end(t);
}

static void flush(void)
{
    uint64_t t = begin();
    real_flush();
    end(t);
}

static GLsync fence(GLenum condition, GLbitfield flags)
{
    uint64_t t = begin();
    GLsync sync = real_fence(condition, flags);
    end(t);
    return sync;
}

static GLenum wait_sync(GLsync sync, GLbitfield flags, GLuint64 timeout)
{
    uint64_t t = begin();
    GLenum state = real_wait(sync, flags, timeout);
    end(t);
    return state;
}

void share_watch_gl(void)
{
    /* The first call through a pointer replaces it. */
    glBlitFramebuffer(0, 0, 0, 0, 0, 0, 0, 0, 0, GL_NEAREST);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, 0, 0, GL_RGBA, GL_UNSIGNED_BYTE, "");
    glDrawArrays(GL_POINTS, 0, 0);
    glFlush();
    GLsync sync = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
    glClientWaitSync(sync, 0, 0);
    glDeleteSync(sync);
    while (glGetError() != GL_NO_ERROR) {
    }
    real_blit = epoxy_glBlitFramebuffer;
    real_upload = epoxy_glTexSubImage2D;
    real_draw = epoxy_glDrawArrays;
    real_flush = epoxy_glFlush;
    real_fence = epoxy_glFenceSync;
    real_wait = epoxy_glClientWaitSync;
    epoxy_glBlitFramebuffer = blit;
    epoxy_glTexSubImage2D = upload;
    epoxy_glDrawArrays = draw;
    epoxy_glFlush = flush;
    epoxy_glFenceSync = fence;
    epoxy_glClientWaitSync = wait_sync;
}

uint64_t share_gl_ns(void)
{
    return gl_ns;
}

/* ---- Memory -------------------------------------------------------------------------------- */

size_t share_pages_touched(const uint8_t *from, size_t bytes)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), entry[512];
    uint64_t first = (uintptr_t)from / page, last = ((uintptr_t)from + bytes - 1) / page;
    size_t touched = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    for (uint64_t at = first; at <= last; at += 512) {
        ssize_t got = pread(fd, entry, sizeof(entry), (off_t)(at * 8));
        for (uint64_t i = 0; got > 0 && i < (uint64_t)got / 8 && at + i <= last; i++) {
            touched += (entry[i] & PAGE_PRESENT) != 0;
        }
    }
    close(fd);
    return touched;
}

uint64_t share_entries(int fd)
{
    struct importer_request request = {.fd = fd, .mask_bits = 64};
    int driver = open("/dev/kvmfr-importer", O_RDWR | O_CLOEXEC);
    if (driver < 0) {
        return 0;
    }
    int err = ioctl(driver, IMPORTER_MAP, &request);
    close(driver); /* lets go of it */
    return err ? 0 : request.entries;
}
