/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/check.h"

enum orl_release rig_releases[ORL_RELEASES] = {ORL_B6, ORL_B7, ORL_MASTER};

void rig_user_data(uint8_t *data, const struct orl_layout *lay)
{
    memset(data, 0, lay->info_bytes);
    memcpy(data, ORL_KVMFR_MAGIC, 8);
    orl_put_u32(data + lay->info_version, lay->kvmfr);
    memcpy(data + lay->info_host_version, "rig", 3);
}

struct orl_shm rig_memory(size_t bytes)
{
    struct orl_shm shm;
    int fd = memfd_create("oriel-test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    assert_int_equal(orl_shm_map_fd(&shm, fd, bytes, ORL_SHM_READ_WRITE), ORL_OK);
    return shm;
}

static void start_session(struct rig *r)
{
    uint8_t data[64];
    rig_user_data(data, r->lay);
    assert_int_equal(orl_producer_start(&r->p, r->shm.base, r->shm.size, r->lay, data,
                                        r->lay->info_bytes, 0, r->now_ms),
                     ORL_OK);
    assert_int_equal(
        orl_producer_add_queue(&r->p, ORL_QUEUE_FRAME, RIG_CAPACITY, RIG_TIMEOUT, &r->frame),
        0);
    assert_int_equal(
        orl_producer_add_queue(&r->p, ORL_QUEUE_POINTER, 16, RIG_TIMEOUT, &r->pointer), 0);
    r->payload = orl_producer_alloc(&r->p, 4096, 4096);
    assert_int_not_equal(r->payload, 0);
}

void rig_start(struct rig *r, enum orl_release release)
{
    *r = (struct rig){
        .shm = rig_memory(RIG_BYTES), .lay = orl_layout_get(release), .now_ms = 10000};
    start_session(r);
}

void rig_restart(struct rig *r)
{
    start_session(r);
}

void rig_stop(struct rig *r)
{
    orl_shm_close(&r->shm);
}

struct orl_session rig_attach(struct rig *r)
{
    struct orl_attach a = {0};
    struct orl_session s;
    assert_int_equal(orl_attach_step(&a, &r->shm, 0, false, &s), ORL_OK);
    assert_int_equal(a.state, ORL_ATTACH_OPEN);
    return s;
}

struct orl_ring rig_subscribe(struct orl_session *s, uint32_t queue_id)
{
    struct orl_ring ring;
    assert_int_equal(orl_ring_subscribe(&ring, s, queue_id), ORL_OK);
    return ring;
}

int rig_post(struct rig *r)
{
    struct orl_payload msg = {.off = r->payload, .size = 64, .tag = r->posted};
    int err = orl_producer_post(&r->p, r->frame, msg, NULL, 0, r->now_ms, NULL);
    r->posted += err == ORL_OK;
    return err;
}

void rig_pass(struct rig *r, uint64_t ms)
{
    r->now_ms += ms;
    assert_int_equal(orl_producer_pass(&r->p, r->now_ms), ORL_OK);
}

uint8_t *rig_block(const struct rig *r)
{
    return r->shm.base + r->lay->hdr_queues + (size_t)r->frame * r->lay->queue_bytes;
}

uint8_t *rig_slot(const struct rig *r, uint32_t i)
{
    return r->shm.base + r->p.queues[r->frame].ring_offset + (size_t)i * r->lay->slot_bytes;
}

uint32_t rig_get(const struct rig *r, uint32_t field)
{
    return orl_get_u32(rig_block(r) + field);
}

void rig_put(struct rig *r, uint32_t field, uint32_t value)
{
    orl_put_u32(rig_block(r) + field, value);
}

uint8_t *rig_snapshot(const struct rig *r)
{
    uint8_t *copy = malloc(r->shm.size);
    assert_non_null(copy);
    memcpy(copy, r->shm.base, r->shm.size);
    return copy;
}

void rig_expect_next(struct orl_ring *ring, uint64_t tag)
{
    struct orl_payload msg = {0};
    assert_int_equal(orl_ring_next(ring, &msg), ORL_OK);
    assert_int_equal(msg.tag, tag);
}

void rig_expect_nothing(struct orl_ring *ring)
{
    struct orl_payload msg;
    assert_int_equal(orl_ring_next(ring, &msg), ORL_EAGAIN);
}
