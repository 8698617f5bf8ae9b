/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/inspect.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "doctor/queue.h"
#include "doctor/writer.h"
#include "wire/wire.h"

#define LOOK_STEP_NS    (20 * ORL_NS_PER_MS)
#define LOOK_LONGEST_NS (600 * ORL_NS_PER_MS) /* master's heartbeats come every 250 ms */

/* What was found before anything is written. All copies. */
struct view {
    struct orl_mem mem; /* what the queues may use */
    struct orl_layout_found found;
    uint8_t header[ORL_BYTES_hdr];
    uint32_t user_data_size;
    bool has_recovery, twice, moves, recovery_moves;
    struct orl_recovery recovery;
    struct orl_session_info info;
    int info_err; /* of orl_session_info_read; ORL_EAGAIN: user data unusable */
};

static uint64_t get_heartbeat(struct orl_mem mem, const struct orl_layout *lay)
{
    uint8_t raw[8] = {0};
    return lay && orl_mem_copy(raw, mem, lay->hdr_heartbeat_ms, sizeof(raw)) ? orl_get_u64(raw)
                                                                             : 0;
}

/* Waits until all heartbeats have moved, at most LOOK_LONGEST_NS. */
static void look_again(struct view *v, struct orl_mem mem)
{
    uint64_t beat = get_heartbeat(mem, v->found.lay);
    uint64_t began_ns = orl_now_ns(), now_ns = began_ns;
    bool all = false;
    v->twice = true;
    while (!all && now_ns - began_ns < LOOK_LONGEST_NS) {
        orl_sleep_until(now_ns + LOOK_STEP_NS);
        now_ns = orl_now_ns();
        v->moves |= get_heartbeat(mem, v->found.lay) != beat;
        struct orl_recovery again;
        v->recovery_moves |= v->has_recovery && orl_recovery_read(&again, mem) == ORL_OK &&
                             again.session == v->recovery.session &&
                             again.heartbeat != v->recovery.heartbeat;
        all = v->moves && (v->recovery_moves || !v->has_recovery);
    }
}

static int read_info(struct view *v)
{
    const struct orl_layout *lay = v->found.lay;
    if (v->user_data_size > ORL_USER_DATA_MAX) {
        return ORL_EAGAIN;
    }
    uint8_t *data = malloc(v->user_data_size + 1u);
    int err = ORL_EAGAIN;
    if (data && orl_mem_copy(data, v->mem, lay->hdr_user_data, v->user_data_size)) {
        err = orl_session_info_read(&v->info, lay, data, v->user_data_size);
    }
    free(data);
    return err;
}

/* ORL_OK, ORL_EAGAIN, ORL_EVERSION, with the reasons in words. */
static int take_view(struct view *v, struct orl_mem mem, bool look_twice,
                     struct orl_problems *p)
{
    int err = orl_layout_probe(&v->found, mem);
    v->has_recovery = orl_recovery_read(&v->recovery, mem) == ORL_OK;
    if (look_twice && (err == ORL_OK || v->has_recovery)) {
        look_again(v, mem);
    }
    v->mem = mem;
    if (v->has_recovery && (v->recovery_moves || !v->twice)) {
        v->mem.size -= ORL_RECOVERY_BYTES;
    }
    const struct orl_layout *lay = v->found.lay;
    if (err != ORL_OK) {
        return err;
    }
    if (!orl_mem_copy(v->header, v->mem, 0, lay->hdr_bytes)) {
        orl_problems_add(p, "the memory ends inside the control block");
        return ORL_EAGAIN;
    }
    v->user_data_size = orl_get_u32(v->header + lay->hdr_user_data_size);
    v->info_err = read_info(v);
    if (orl_get_u32(v->header + lay->hdr_queue_count) > lay->max_queues) {
        orl_problems_add(p, "%" PRIu32 " queues, more than the release has: not opened",
                         orl_get_u32(v->header + lay->hdr_queue_count));
        return ORL_EAGAIN;
    }
    if (v->info_err == ORL_EVERSION) {
        orl_problems_add(p, "message protocol %" PRIu32 " instead of %" PRIu32 ": not opened",
                         v->info.kvmfr, lay->kvmfr);
        return ORL_EVERSION;
    }
    if (v->info_err != ORL_OK) {
        orl_problems_add(p, "session information is missing or damaged: not opened");
        return ORL_EAGAIN;
    }
    if (v->twice && !v->moves) {
        orl_problems_add(p, "the heartbeat stands still: the guest software is not running");
    }
    return ORL_OK;
}

static void put_session(struct orl_writer *r, const struct view *v)
{
    const struct orl_layout *lay = v->found.lay;
    orl_writer_open(r, "session");
    orl_writer_text(r, "release", lay->name);
    orl_writer_number(r, "lgmp", lay->lgmp);
    orl_writer_number(r, "kvmfr", lay->kvmfr);
    orl_writer_number(r, "id", orl_get_u32(v->header + lay->hdr_session_id));
    orl_writer_number(r, "heartbeat_ms", orl_get_u64(v->header + lay->hdr_heartbeat_ms));
    if (v->twice) {
        orl_writer_bool(r, "heartbeat_moves", v->moves);
    }
    orl_writer_number(r, "queue_count", orl_get_u32(v->header + lay->hdr_queue_count));
    orl_writer_number(r, "user_data_bytes", v->user_data_size);
    if (lay->hdr_next_client_id != ORL_ABSENT) {
        orl_writer_number(r, "next_client_id",
                          orl_get_u32(v->header + lay->hdr_next_client_id));
    }
    orl_writer_number(r, "usable_bytes", v->mem.size);
    orl_writer_close(r);
}

static void put_feature_names(struct orl_writer *r, uint32_t features)
{
    static const char *const names[] = {"set_cursor_pos", "window_size", "frame_schedule",
                                        "input", "clipboard"};
    char text[128] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (features >> i & 1) {
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "", names[i]);
        }
    }
    orl_writer_text(r, "feature_names", text);
}

static void put_guest(struct orl_writer *r, const struct orl_session_info *info)
{
    static const char *const systems[] = {"Linux", "BSD", "OSX", "Windows", "other"};
    orl_writer_open(r, "guest");
    orl_writer_text(r, "version", info->host_version);
    orl_writer_number(r, "kvmfr", info->kvmfr);
    orl_writer_number(r, "features", info->features);
    put_feature_names(r, info->features);
    orl_writer_number(r, "records", info->records);
    if (info->has_vm) {
        orl_writer_text(r, "capture", info->capture);
        orl_writer_bytes(r, "uuid", info->uuid, sizeof(info->uuid));
        orl_writer_number(r, "cpus", info->cpus);
        orl_writer_number(r, "cores", info->cores);
        orl_writer_number(r, "sockets", info->sockets);
        orl_writer_text(r, "model", info->model);
    }
    if (info->has_os) {
        orl_writer_text(r, "os",
                        info->os < sizeof(systems) / sizeof(systems[0]) ? systems[info->os]
                                                                        : "unknown");
        orl_writer_text(r, "os_name", info->os_name);
    }
    orl_writer_close(r);
}

/* What the fallback display is doing, for who asks by the viewer's key. */
static void put_switching(struct orl_writer *r, const struct orl_recovery *rec)
{
    static const char *const states[] = {"unknown", "normal", "switching", "active", "failed"};
    static const char *const errors[] = {
        "none", "unsupported", "helper unavailable", "topology failed", "no fallback display",
        "busy", "capacity"};
    orl_writer_bool(r, "can_switch", rec->capabilities & ORL_RECOVERY_CAN_SWITCH);
    orl_writer_text(r, "state", rec->state < 5 ? states[rec->state] : "unknown");
    orl_writer_number(r, "error", rec->error);
    if (rec->error) {
        orl_writer_text(r, "error_name", rec->error < 7 ? errors[rec->error] : "unknown");
    }
    if (rec->ack_serial) {
        orl_writer_number(r, "answered", rec->ack_serial);
        orl_writer_number(r, "answered_request", rec->ack_request);
    }
}

static void put_recovery(struct orl_writer *r, const struct view *v)
{
    const struct orl_recovery *rec = &v->recovery;
    orl_writer_open(r, "recovery");
    orl_writer_number(r, "lgmp", rec->lgmp);
    orl_writer_number(r, "kvmfr", rec->kvmfr);
    orl_writer_text(r, "version", rec->version);
    orl_writer_number(r, "session", rec->session);
    orl_writer_bytes(r, "uuid", rec->uuid, sizeof(rec->uuid));
    orl_writer_number(r, "heartbeat", rec->heartbeat);
    if (v->twice) {
        orl_writer_bool(r, "heartbeat_moves", v->recovery_moves);
    }
    orl_writer_number(r, "capabilities", rec->capabilities);
    put_switching(r, rec);
    orl_writer_close(r);
}

static void put_queues(struct orl_writer *r, const struct view *v)
{
    const struct orl_layout *lay = v->found.lay;
    size_t rings_from = (size_t)lay->hdr_user_data + v->user_data_size;
    uint32_t count = orl_get_u32(v->header + lay->hdr_queue_count);
    orl_writer_list(r, "queues");
    for (uint32_t i = 0; i < count; i++) {
        orl_queue_describe(r, lay, v->mem, i, rings_from);
    }
    orl_writer_close(r);
}

/* Where the memory comes from, and whether a GPU may read it in place. */
static void put_memory(struct orl_writer *r, const struct orl_shm *shm)
{
    static const char *const ways[] = {[ORL_EXPORT_NONE] = "no: it can shrink",
                                       [ORL_EXPORT_KVMFR] = "kvmfr device",
                                       [ORL_EXPORT_UDMABUF] = "udmabuf",
                                       [ORL_EXPORT_MEMORY] = "memory only: no udmabuf"};
    orl_writer_open(r, "memory");
    orl_writer_text(r, "from",
                    shm->server >= 0 ? "ivshmem server"
                    : shm->is_device ? "kvmfr device"
                                     : "file");
    orl_writer_text(r, "zero_copy", ways[shm->export_by]);
    if (shm->server >= 0) {
        orl_writer_signed(r, "peer", shm->peer);
        orl_writer_bool(r, "doorbell", shm->doorbell >= 0);
    }
    orl_writer_close(r);
}

/* `shm` may be NULL: only the content is known. */
static int inspect(FILE *out, const struct orl_shm *shm, struct orl_mem mem, bool json,
                   bool look_twice)
{
    struct view v = {.info_err = ORL_EAGAIN};
    struct orl_problems problems = {0};
    struct orl_writer r;
    int err = take_view(&v, mem, look_twice, &problems);
    orl_writer_begin(&r, out, json);
    orl_writer_number(&r, "memory_bytes", mem.size);
    orl_writer_text(&r, "result",
                    err == ORL_OK         ? "found"
                    : err == ORL_EVERSION ? "version not supported"
                                          : "no session");
    if (v.found.lgmp) {
        orl_writer_number(&r, "lgmp", v.found.lgmp);
    }
    orl_writer_problems(&r, &problems);
    if (shm) {
        put_memory(&r, shm);
    }
    if (err == ORL_OK) {
        put_session(&r, &v);
    }
    if (v.info_err == ORL_OK || v.info_err == ORL_EVERSION) {
        put_guest(&r, &v.info);
    }
    if (err == ORL_OK) {
        put_queues(&r, &v);
    }
    if (v.has_recovery) {
        put_recovery(&r, &v);
    }
    orl_writer_end(&r);
    return err;
}

int orl_inspect_mem(FILE *out, struct orl_mem mem, bool json, bool look_twice)
{
    return inspect(out, NULL, mem, json, look_twice);
}

int orl_inspect(FILE *out, const struct orl_shm *shm, bool json)
{
    return inspect(out, shm, orl_shm_mem(shm), json, true);
}
