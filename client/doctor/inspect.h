/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shows what a shared memory holds, of a running guest or a saved image, without subscribing and
 * without writing a byte. The content is untrusted: everything is copied, checked and bounded.
 *
 * JSON form: one object. Members marked ? may be absent; numbers are the raw values unless said
 * otherwise; a list "problems" of sentences stands in each object where something is odd.
 *
 *   memory_bytes, result ("found", "no session", "version not supported"), problems?
 *   lgmp?            queue protocol number found
 *   memory?          (absent for orl_inspect_mem) from ("file", "kvmfr device", "ivshmem server"),
 *                    zero_copy (how a GPU may read it in place: "kvmfr device", "udmabuf", "memory
 *                    only: no udmabuf" for software GL, "no: it can shrink"); peer?, doorbell? (of
 *                    an ivshmem server: our number, whether we can be rung)
 *   session?         release, lgmp, kvmfr, id, heartbeat_ms, heartbeat_moves? (absent for a single
 *                    look), queue_count, user_data_bytes, next_client_id?, usable_bytes
 *   guest?           version, kvmfr, features, feature_names, records, capture?, uuid?, cpus?,
 *                    cores?, sockets?, model?, os?, os_name?
 *   queues?          list of: id, name, ring_len, ring_offset, timeout_ms, new_sub_count, head,
 *                    tail, used, head_deadline, lock, c_lock, c_free, c_write, c_sent, c_acked,
 *                    subs_on, subs_bad, problems?, subscribers, messages, client_messages
 *     subscribers    list of: slot, client_id, deadline, state ("active", "late", "stale")
 *     messages       list, oldest first, at most 64: slot, tag, size, offset, pending, problems?,
 *                    frame?, cursor?
 *     frame          format_ver, serial, pixel_type, pixel_name, screen_w, screen_h, data_w?,
 *                    data_h?, frame_w, frame_h, rotation, pitch, fb_offset, flags, damage_count,
 *                    sdr_white_nits?, capture_ns?, copy_ns?, ready_ns?, timing_valid?,
 *                    sched_epoch?, sched_deadline_serial?, accepted, rows?, written?, damage?
 *                    (list of x, y, w, h after clipping; absent: everything), problems?
 *     cursor         flags, x?, y?, shape_type?, hot_x?, hot_y?, width?, height?, pitch?,
 *                    sdr_white_nits?, accepted, visible?, has_shape?, has_transform?, problems?
 *     client_messages  list of those not yet read: slot, size, sender?, type? (name), x?, y?,
 *                    width?, height?, data
 *   recovery?        lgmp, kvmfr, version, session, uuid, heartbeat, heartbeat_moves?, capabilities,
 *                    can_switch, state, error, error_name?, answered?, answered_request? (ticket and
 *                    kind of the request that was answered last)
 *
 * Text form: the same, one line per object, problems on lines that start with "!".
 */
#ifndef ORL_DOCTOR_INSPECT_H
#define ORL_DOCTOR_INSPECT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/err.h"
#include "ring/shm.h"

/*
 * Describes the memory on `out`. Looks twice, for at most 600 ms, to see whether heartbeats move.
 * ORL_OK: a session was found; ORL_EAGAIN: none; ORL_EVERSION: one that is not spoken here.
 * Any thread; needs no write access.
 */
ORL_MUST int orl_inspect(FILE *out, const struct orl_shm *shm, bool json);

/* The same for any memory; `look_twice` false takes one look and never sleeps (still images). */
ORL_MUST int orl_inspect_mem(FILE *out, struct orl_mem mem, bool json, bool look_twice);

#endif
