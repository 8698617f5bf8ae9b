/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "gfx"
#include "gfx/upload.h"

#include <stdlib.h>
#include <string.h>

#include <epoxy/gl.h>

#include "base/clock.h"
#include "base/log.h"

#define ALIGN        64 /* whole cache lines for the copy that fills the buffers */
#define PROBE_SIDE   512
#define PROBE_ROUNDS 4
#define PROBE_LIMIT  (3 * ORL_NS_PER_MS)
#define FENCE_STEP   (500 * ORL_NS_PER_MS)
#define FENCE_STEPS  6

/* READ too: rows that GL cannot address inside the buffer are given to it from the mapping. */
static const GLbitfield map_flags =
    GL_MAP_READ_BIT | GL_MAP_WRITE_BIT | GL_MAP_PERSISTENT_BIT_EXT | GL_MAP_COHERENT_BIT_EXT;

static uint8_t *map_new_buffer(uint32_t *pbo, size_t bytes)
{
    glGenBuffers(1, pbo);
    glBindBuffer(GL_PIXEL_UNPACK_BUFFER, *pbo);
    glBufferStorageEXT(GL_PIXEL_UNPACK_BUFFER, (GLsizeiptr)bytes, NULL, map_flags);
    uint8_t *map = glMapBufferRange(GL_PIXEL_UNPACK_BUFFER, 0, (GLsizeiptr)bytes, map_flags);
    glBindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
    if (!map || (uintptr_t)map % ALIGN != 0) {
        glDeleteBuffers(1, pbo); /* unmaps */
        *pbo = 0;
        while (glGetError() != GL_NO_ERROR) {
        }
        return NULL;
    }
    return map;
}

/* Time from the call until GL is finished, the shortest of some. */
static uint64_t probe_one(const uint8_t *pixels, uint64_t give_up_ns)
{
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < PROBE_ROUNDS; i++) {
        uint64_t start = orl_now_ns();
        if (start > give_up_ns) {
            break;
        }
        glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, PROBE_SIDE, PROBE_SIDE, GL_RGBA,
                        GL_UNSIGNED_BYTE, pixels);
        glFinish();
        uint64_t took = orl_now_ns() - start;
        best = took < best ? took : best;
    }
    return best;
}

/* True when pixel buffers are not slower. A tie goes to them: their copy leaves our thread. */
static bool probe(void)
{
    const size_t bytes = (size_t)PROBE_SIDE * PROBE_SIDE * 4;
    uint32_t pbo = 0, tex = 0;
    uint8_t *plain = calloc(1, bytes);
    uint8_t *mapped = map_new_buffer(&pbo, bytes);
    bool better = false;
    if (plain && mapped) {
        glGenTextures(1, &tex);
        glBindTexture(GL_TEXTURE_2D, tex);
        glTexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, PROBE_SIDE, PROBE_SIDE);
        memset(mapped, 0, bytes);
        glFinish();
        uint64_t now = orl_now_ns();
        glBindBuffer(GL_PIXEL_UNPACK_BUFFER, pbo);
        uint64_t buffer_ns = probe_one(NULL, now + PROBE_LIMIT / 2);
        glBindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
        uint64_t direct_ns = probe_one(plain, now + PROBE_LIMIT);
        better = buffer_ns != UINT64_MAX && buffer_ns <= direct_ns;
        orl_debug("1 MiB uploads in %llu us from a pixel buffer, %llu us directly",
                  (unsigned long long)(buffer_ns / ORL_NS_PER_US),
                  (unsigned long long)(direct_ns / ORL_NS_PER_US));
    }
    glDeleteTextures(1, &tex);
    glDeleteBuffers(1, &pbo);
    free(plain);
    return better;
}

void orl_upload_init(struct orl_upload *u, const struct orl_caps *caps)
{
    memset(u, 0, sizeof(*u));
    u->pixel_buffer = caps->buffer_storage && !caps->software && probe();
}

static struct orl_upload_set *find(struct orl_upload *u, uint64_t generation)
{
    for (uint32_t i = 0; i < ORL_UPLOAD_POOLS; i++) {
        if (u->sets[i].generation == generation) {
            return &u->sets[i];
        }
    }
    return NULL;
}

static void release(const uint32_t pbo[3], uint8_t *const map[3])
{
    for (int i = 0; i < 3; i++) {
        if (pbo[i]) {
            glDeleteBuffers(1, &pbo[i]);
        } else {
            free(map[i]);
        }
    }
}

int orl_upload_alloc(struct orl_upload *u, size_t bytes, struct orl_pool *out)
{
    struct orl_upload_set *set = find(u, 0);
    if (!set || bytes == 0 || bytes > SIZE_MAX / 2) {
        return ORL_ENOMEM;
    }
    struct orl_upload_set fresh = {.bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN};
    struct orl_pool pool = {.bytes = bytes};
    for (int i = 0; i < 3; i++) {
        if (u->pixel_buffer) {
            pool.map[i] = map_new_buffer(&fresh.pbo[i], fresh.bytes);
        }
        if (!pool.map[i]) {
            pool.map[i] = aligned_alloc(ALIGN, fresh.bytes);
        }
        if (!pool.map[i]) {
            release(fresh.pbo, pool.map);
            return ORL_ENOMEM;
        }
    }
    fresh.generation = pool.generation = ++u->last_generation;
    *set = fresh;
    *out = pool;
    return ORL_OK;
}

void orl_upload_free(struct orl_upload *u, struct orl_pool *pool)
{
    struct orl_upload_set *set = pool->generation ? find(u, pool->generation) : NULL;
    if (set) {
        orl_upload_settle(u);
        release(set->pbo, pool->map);
        memset(set, 0, sizeof(*set));
    }
    memset(pool, 0, sizeof(*pool));
}

const uint8_t *orl_upload_bind(struct orl_upload *u, const struct orl_slot *slot, size_t need)
{
    struct orl_upload_set *set = slot->pool ? find(u, slot->pool) : NULL;
    if (!set || slot->buffer > 2 || !set->pbo[slot->buffer] || need > set->bytes) {
        return slot->map;
    }
    glBindBuffer(GL_PIXEL_UNPACK_BUFFER, set->pbo[slot->buffer]);
    return NULL;
}

void orl_upload_unbind(struct orl_upload *u, const uint8_t *bound, const struct orl_slot *slot)
{
    if (bound == slot->map) {
        return;
    }
    glBindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
    if (u->fence) {
        glDeleteSync(u->fence); /* the new one comes later in the same stream of commands */
    }
    u->fence = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
}

void orl_upload_settle(struct orl_upload *u)
{
    if (!u->fence) {
        return;
    }
    GLenum state = GL_TIMEOUT_EXPIRED;
    for (int i = 0; i < FENCE_STEPS && state == GL_TIMEOUT_EXPIRED; i++) {
        state = glClientWaitSync(u->fence, GL_SYNC_FLUSH_COMMANDS_BIT, FENCE_STEP);
    }
    if (state == GL_TIMEOUT_EXPIRED || state == GL_WAIT_FAILED) {
        orl_warn("the driver did not finish reading a picture within 3 s");
    }
    glDeleteSync(u->fence);
    u->fence = NULL;
}

void orl_upload_finish(struct orl_upload *u)
{
    orl_upload_settle(u);
}
