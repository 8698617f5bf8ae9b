/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/check.h"

void host_start(struct host *h, uint32_t features, uint64_t now_ms)
{
    uint8_t data[512];
    struct orl_session_info info = {
        .kvmfr = h->lay->kvmfr, .features = features, .host_version = "test-host"};
    size_t len = orl_session_info_write(data, sizeof(data), h->lay, &info);
    struct orl_producer *p = &h->producer;
    assert_int_equal(
        orl_producer_start(p, h->shm.base, h->shm.size, h->lay, data, (uint32_t)len, 0, now_ms),
        ORL_OK);
    assert_int_equal(orl_producer_add_queue(p, ORL_QUEUE_INPUT, 4, 1000, &h->queue), ORL_OK);
    struct orl_stream_desc d = {.direction = ORL_STREAM_TO_GUEST,
                                .slot_count = ORL_HID_SLOT_COUNT,
                                .slot_bytes = ORL_HID_SLOT_BYTES};
    assert_int_equal(orl_stream_desc_complete(&d), ORL_OK);
    for (uint32_t i = 0; i < ORL_HID_ENDPOINTS; i++) {
        d.off = (uint32_t)orl_producer_alloc(p, d.region_bytes, 64);
        assert_int_not_equal(d.off, 0);
        orl_stream_create(&h->ends[i], h->shm.base, p->session_id, &d);
    }
    for (uint32_t i = 0; i < HOST_STATUSES; i++) {
        h->status_off[i] = orl_producer_alloc(p, ORL_LEN_hstat, 64);
        assert_int_not_equal(h->status_off[i], 0);
    }
    h->serial = 0;
    h->status = (struct orl_hid_status){.version = 3,
                                        .capabilities = 7,
                                        .available = true,
                                        .generation = 1,
                                        .lease_ms = ORL_HID_LEASE_MS,
                                        .max_buttons = 32,
                                        .stream_generation = 1};
}

void host_create(struct host *h, enum orl_release release, uint32_t features, uint64_t now_ms)
{
    memset(h, 0, sizeof(*h));
    snprintf(h->path, sizeof(h->path), "/tmp/orl-test-inject-XXXXXX");
    h->fd = mkstemp(h->path);
    assert_true(h->fd >= 0);
    assert_int_equal(ftruncate(h->fd, HOST_BYTES), 0);
    assert_int_equal(orl_shm_map_fd(&h->shm, dup(h->fd), HOST_BYTES, ORL_SHM_READ_WRITE),
                     ORL_OK);
    h->lay = orl_layout_get(release);
    host_start(h, features, now_ms);
}

void host_destroy(struct host *h)
{
    orl_shm_close(&h->shm);
    close(h->fd);
    unlink(h->path);
}

struct orl_stream *host_end(struct host *h, uint32_t client_id)
{
    for (uint32_t i = 0; i < ORL_HID_ENDPOINTS; i++) {
        if (h->ends[i].client_id == client_id) {
            return &h->ends[i];
        }
    }
    return NULL;
}

static bool subscribed(const uint32_t *ids, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++) {
        if (ids[i] == id) {
            return true;
        }
    }
    return false;
}

void host_pass(struct host *h, uint64_t now_ms)
{
    uint32_t ids[ORL_MAX_SUBSCRIBERS];
    assert_int_equal(orl_producer_pass(&h->producer, now_ms), ORL_OK);
    uint32_t count = orl_producer_clients(&h->producer, h->queue, ids);
    bool changed = false;
    for (uint32_t i = 0; i < ORL_HID_ENDPOINTS; i++) {
        struct orl_stream *end = &h->ends[i];
        if (end->client_id && !subscribed(ids, count, end->client_id)) {
            orl_stream_force_unbind(end);
            changed = true;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!host_end(h, ids[i])) {
            struct orl_stream *free_end = host_end(h, 0);
            assert_non_null(free_end);
            changed = true;
            if (orl_stream_bind(free_end, ids[i]) != ORL_OK) {
                orl_stream_force_unbind(free_end); /* a test has spoiled it */
            }
        }
    }
    if (changed || orl_producer_new_subscribers(&h->producer, h->queue) > 0) {
        h->status.stream_generation++;
        host_publish(h, now_ms);
    }
}

bool host_publish(struct host *h, uint64_t now_ms)
{
    uint8_t raw[ORL_LEN_hstat];
    for (uint32_t i = 0; i < ORL_HID_ENDPOINTS; i++) {
        const struct orl_stream *s = &h->ends[i];
        h->status.endpoints[i] = (struct orl_hid_endpoint){s->desc, s->client_id, s->epoch};
    }
    orl_hid_status_write(raw, &h->status);
    h->serial++;
    size_t off = h->status_off[h->serial % HOST_STATUSES];
    memcpy(h->shm.base + off, raw, sizeof(raw));
    struct orl_payload msg = {off, ORL_LEN_hstat, h->serial};
    int err = orl_producer_post(&h->producer, h->queue, msg, NULL, 0, now_ms, NULL);
    assert_true(err == ORL_OK || err == ORL_ENOSPC);
    return err == ORL_OK;
}

bool host_read(struct host *h, uint32_t client_id)
{
    uint32_t len;
    struct orl_stream *end = host_end(h, client_id);
    assert_non_null(end);
    int err = orl_stream_read(end, h->raw, sizeof(h->raw), &len);
    if (err == ORL_EAGAIN) {
        return false;
    }
    assert_int_equal(err, ORL_OK);
    assert_int_equal(orl_hid_record_read(&h->last, h->raw, len), ORL_OK);
    return true;
}

void host_grant(struct host *h, uint32_t client_id, uint32_t generation)
{
    h->status.has_owner = true;
    h->status.owner_client_id = client_id;
    h->status.owner_generation = generation;
}

void host_free(struct host *h)
{
    h->status.has_owner = false;
    h->status.owner_client_id = 0;
    h->status.owner_generation = 0;
}
