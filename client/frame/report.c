/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "frame"
#include "frame/report.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "ring/ivshmem.h"

#define LOG_GAP_NS (200 * ORL_NS_PER_MS)

static void publish(struct orl_report_out *r)
{
    struct orl_frame_link *link = r->link;
    link->status[link->status_mb.back] = r->now;
    orl_mailbox_publish(&link->status_mb);
    link->status_main[link->status_main_mb.back] = r->now;
    orl_mailbox_publish(&link->status_main_mb);
    if (link->render_wake) {
        orl_wake_set(link->render_wake, ORL_RENDER_STATUS);
    }
    if (link->wake_main) {
        link->wake_main(link->wake_main_arg);
    }
}

void orl_report_init(struct orl_report_out *r, struct orl_frame_link *link, const char *path)
{
    memset(r, 0, sizeof(*r));
    r->link = link;
    r->now.state = ORL_GUEST_NO_MEMORY;
    r->now.fault = ORL_SHM_FINE; /* nothing looked at yet */
    r->now.release = "";
    snprintf(r->now.path, sizeof(r->now.path), "%s", path);
}

static unsigned mib(size_t bytes)
{
    return (unsigned)(bytes >> 20);
}

/* ---- Waiting ------------------------------------------------------------------------------- */

/* The remedies are those of the guest software's own set-up notes. */
static const char *remedy(const char *path)
{
    if (orl_ivshmem_is(path)) {
        return "start the server with --group= and --mode=0660";
    }
    return strncmp(path, "/dev/kvmfr", strlen("/dev/kvmfr")) == 0
               ? "give the device to your group with a udev rule "
                 "(SUBSYSTEM==\"kvmfr\", GROUP=\"kvm\", MODE=\"0660\")"
               : "give the file to you with a line in /etc/tmpfiles.d (f PATH 0660 USER kvm -)";
}

static void log_denied(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        orl_warn("%s: permission denied to user %u; %s", path, (unsigned)geteuid(),
                 remedy(path));
        return;
    }
    orl_warn("%s: permission denied to user %u (owner %u, group %u, mode %04o); %s", path,
             (unsigned)geteuid(), (unsigned)st.st_uid, (unsigned)st.st_gid,
             (unsigned)(st.st_mode & 07777), remedy(path));
}

static void log_fault(const char *path, enum orl_shm_fault fault, int sys_errno)
{
    switch (fault) {
    case ORL_SHM_FINE: break;
    case ORL_SHM_MISSING:
        orl_info("%s does not exist yet: waiting for the %s to start", path,
                 orl_ivshmem_is(path) ? "server" : "virtual machine");
        break;
    case ORL_SHM_DENIED: log_denied(path); break;
    case ORL_SHM_NOT_MEMORY:
        orl_warn("%s is not shared memory: a memory file or a kvmfr device is needed", path);
        break;
    case ORL_SHM_EMPTY:
        orl_info("%s is empty: waiting for the virtual machine to size it", path);
        break;
    case ORL_SHM_NO_SERVER:
    case ORL_SHM_SERVER_SILENT:
    case ORL_SHM_SERVER_GONE:
        orl_info("%s: %s: trying again", path, orl_shm_fault_text(fault));
        break;
    case ORL_SHM_SERVER_VERSION:
    case ORL_SHM_SERVER_GARBAGE:
    case ORL_SHM_SERVER_BARE:
        orl_warn("%s: %s: trying again every second", path, orl_shm_fault_text(fault));
        break;
    case ORL_SHM_SYSTEM: {
        char text[128];
        orl_warn("%s cannot be opened: %s", path, strerror_r(sys_errno, text, sizeof(text)));
        break;
    }
    }
}

static enum orl_guest_state state_of(const struct orl_source *src)
{
    if (orl_source_is_corrupt(src)) {
        return ORL_GUEST_INVALID;
    }
    switch (src->attach.state) {
    case ORL_ATTACH_EMPTY: return ORL_GUEST_NO_SESSION;
    case ORL_ATTACH_VERSION: return ORL_GUEST_VERSION;
    case ORL_ATTACH_INVALID: return ORL_GUEST_INVALID;
    case ORL_ATTACH_DEAD:
    case ORL_ATTACH_OPEN: return ORL_GUEST_NOT_ALIVE;
    }
    return ORL_GUEST_NO_SESSION;
}

static void log_version(const struct orl_attach *a, const char *path)
{
    char text[192];
    size_t used = 0;
    for (int i = 0; i < ORL_RELEASES; i++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)i);
        int n = snprintf(text + used, sizeof(text) - used, "%s%s (LGMP %u, KVMFR %u)",
                         i ? ", " : "", lay->name, lay->lgmp, lay->kvmfr);
        used += n > 0 && (size_t)n < sizeof(text) - used ? (size_t)n : 0;
    }
    char kvmfr[24] = "KVMFR unknown";
    if (a->kvmfr) {
        snprintf(kvmfr, sizeof(kvmfr), "KVMFR %u", a->kvmfr);
    }
    orl_warn("%s: the guest software%s%s speaks LGMP %u, %s; this viewer speaks %s", path,
             a->host_version[0] ? " " : "", a->host_version, a->lgmp, kvmfr, text);
}

static void log_waiting(const struct orl_guest_status *s, const struct orl_attach *a)
{
    switch (s->state) {
    case ORL_GUEST_NO_SESSION:
        orl_info("%s (%u MiB) has no session: waiting for the guest software", s->path,
                 mib(s->memory_bytes));
        break;
    case ORL_GUEST_NOT_ALIVE:
        orl_info("%s has a session, but its heartbeat stands still: the guest software is not "
                 "running",
                 s->path);
        break;
    case ORL_GUEST_VERSION: log_version(a, s->path); break;
    case ORL_GUEST_INVALID:
        orl_warn("%s has a session that breaks the protocol: looking again every second",
                 s->path);
        break;
    default: break;
    }
}

static void waiting_for_memory(struct orl_report_out *r, const struct orl_source *src,
                               uint64_t now_ns)
{
    struct orl_guest_status *s = &r->now;
    unsigned changes = orl_status_no_session(s, ORL_GUEST_NO_MEMORY, now_ns);
    if (changes || s->fault != src->fault || s->sys_errno != src->sys_errno) {
        s->fault = src->fault;
        s->sys_errno = src->sys_errno;
        s->memory_bytes = 0;
        log_fault(s->path, s->fault, s->sys_errno);
        publish(r);
    }
}

void orl_report_waiting(struct orl_report_out *r, const struct orl_source *src, uint64_t now_ns)
{
    struct orl_guest_status *s = &r->now;
    if (!src->mapped) {
        waiting_for_memory(r, src, now_ns);
        return;
    }
    if (src->probing || now_ns >= src->retry_ns) {
        return;
    }
    bool resized = s->memory_bytes != src->shm.size;
    bool renamed = src->attach.state == ORL_ATTACH_VERSION &&
                   (s->lgmp != src->attach.lgmp || s->kvmfr != src->attach.kvmfr);
    s->fault = ORL_SHM_FINE;
    s->sys_errno = 0;
    s->memory_bytes = src->shm.size;
    s->lgmp = src->attach.lgmp;
    s->kvmfr = src->attach.kvmfr;
    unsigned changes = orl_status_no_session(s, state_of(src), now_ns);
    if (s->state == ORL_GUEST_VERSION) {
        memcpy(s->info.host_version, src->attach.host_version, sizeof(s->info.host_version));
    }
    if (changes || renamed) {
        log_waiting(s, &src->attach);
    }
    if (changes || renamed || resized) {
        publish(r);
    }
}

/* ---- Open ---------------------------------------------------------------------------------- */

static void log_open(const struct orl_guest_status *s)
{
    const struct orl_session_info *i = &s->info;
    const uint8_t *u = i->uuid;
    orl_info("session %u in %s (%u MiB): guest software %s %s (LGMP %u, KVMFR %u)%s%s",
             s->session, s->path, mib(s->memory_bytes), s->release, i->host_version, s->lgmp,
             s->kvmfr, i->has_os ? ", guest " : "", i->has_os ? i->os_name : "");
    if (i->has_vm) {
        orl_info("virtual machine %02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                 "%02x%02x%02x%02x%02x%02x, captured with %s, %s, %u CPUs",
                 u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11],
                 u[12], u[13], u[14], u[15], i->capture, i->model, i->cpus);
    }
}

static void say_open(struct orl_report_out *r, const struct orl_source *src, uint64_t now_ns)
{
    struct orl_guest_status *s = &r->now;
    r->unsaid = false;
    s->fault = ORL_SHM_FINE;
    s->sys_errno = 0;
    s->memory_bytes = src->shm.size;
    orl_status_open(s, &src->session, now_ns);
    if (orl_log_gate_open(&r->open_gate, now_ns, LOG_GAP_NS)) {
        log_open(s);
    }
    publish(r);
}

void orl_report_open(struct orl_report_out *r, const struct orl_source *src, uint64_t now_ns)
{
    /* A corrupt one opens and breaks every second: worth a line when a frame comes from it. */
    r->unsaid = orl_source_is_corrupt(src);
    if (!r->unsaid) {
        say_open(r, src, now_ns);
    }
}

void orl_report_lost(struct orl_report_out *r, int err, uint64_t now_ns)
{
    struct orl_guest_status *s = &r->now;
    if (!orl_status_enter(s, ORL_GUEST_LOST, now_ns)) {
        return;
    }
    if (!orl_log_gate_open(&r->lost_gate, now_ns, LOG_GAP_NS)) {
        orl_debug("session lost again: %s", orl_err_text(err));
    } else if (err == ORL_ESESSION) {
        orl_info("the guest's session ended: waiting for the next one");
    } else {
        orl_warn("the guest's session was dropped: %s", orl_err_text(err));
    }
    s->block_screensaver = false;
    publish(r);
}

static void log_mode(const struct orl_guest_status *s, const struct orl_frame_desc *f)
{
    orl_info("guest picture %u x %u %s, rotation %u", s->w, s->h, orl_pixfmt_name(s->fmt),
             s->rotation * 90);
    if (s->truncated) {
        orl_warn(
            "the picture is cut after %u rows: the memory has %u MiB, this mode needs %u MiB",
            f->rows, mib(s->memory_bytes), mib(s->needed_bytes));
    }
}

void orl_report_frame(struct orl_report_out *r, const struct orl_source *src,
                      const struct orl_frame_desc *f, uint64_t now_ns)
{
    struct orl_guest_status *s = &r->now;
    unsigned changes = orl_status_frame(s, src->session.lay->release, f);
    if (!changes) {
        return;
    }
    if ((changes & (ORL_STATUS_MODE | ORL_STATUS_TRUNCATED)) &&
        orl_log_gate_open(&r->mode_gate, now_ns, LOG_GAP_NS)) {
        log_mode(s, f);
    }
    publish(r);
}

void orl_report_streaming(struct orl_report_out *r, const struct orl_source *src,
                          uint64_t now_ns)
{
    if (r->unsaid) {
        say_open(r, src, now_ns);
    }
    if (orl_status_enter(&r->now, ORL_GUEST_STREAMING, now_ns)) {
        orl_debug("first frame shown");
        publish(r);
    }
}

void orl_report_video(struct orl_report_out *r, bool on, uint64_t now_ns)
{
    if (orl_status_enter(&r->now, on ? ORL_GUEST_NO_FRAME : ORL_GUEST_VIDEO_OFF, now_ns)) {
        orl_info("video %s", on ? "on" : "off");
        r->now.block_screensaver = false;
        publish(r);
    }
}
