/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that takes input, one call at a time and with a clock that is a number: the tests decide
 * when it binds, what its status says and when it reads.
 */
#ifndef ORL_TESTS_INJECT_HOST_H
#define ORL_TESTS_INJECT_HOST_H

#include "ring/producer.h"
#include "ring/stream_bind.h"
#include "wire/hid.h"

#define HOST_BYTES    (512 * 1024)
#define HOST_STATUSES 8

struct host {
    char path[64];
    int fd;
    struct orl_shm shm;
    const struct orl_layout *lay;
    struct orl_producer producer;
    uint32_t queue;
    struct orl_stream ends[ORL_HID_ENDPOINTS];
    struct orl_hid_status status; /* what is published next; endpoints are filled in */
    size_t status_off[HOST_STATUSES];
    uint32_t serial;
    struct orl_hid_record last; /* read last */
    uint8_t raw[ORL_HID_SLOT_BYTES];
};

/* A new file, and a session of the release that offers `features`. */
void host_create(struct host *h, enum orl_release release, uint32_t features, uint64_t now_ms);
void host_destroy(struct host *h);
/* A new session in the same memory. */
void host_start(struct host *h, uint32_t features, uint64_t now_ms);

/* The periodic pass; binds every new subscriber and takes back what others have left. */
void host_pass(struct host *h, uint64_t now_ms);

/* Posts h->status with the next serial; false when the queue is full. */
bool host_publish(struct host *h, uint64_t now_ms);

/* The end bound to a viewer; NULL when there is none. */
struct orl_stream *host_end(struct host *h, uint32_t client_id);

/* The next record of a viewer into h->last; false when there is none. It must be whole. */
bool host_read(struct host *h, uint32_t client_id);

/* The viewer's claim is granted: says so in h->status (not published). */
void host_grant(struct host *h, uint32_t client_id, uint32_t generation);
void host_free(struct host *h);

#endif
