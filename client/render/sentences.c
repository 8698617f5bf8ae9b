/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "render/sentences.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "frame/way.h"
#include "ring/ivshmem.h"

#define MIB (1024.0 * 1024.0)

#define KNOWN_GUESTS                                                                           \
    "Known are B6 (LGMP 5, KVMFR 19), B7 (6, 20) and master (12, 34): install one of them in " \
    "the guest."

/* Room for a path in a headline; the end of a path says more than its beginning. */
static const char *path_tail(const char *path)
{
    size_t len = strlen(path);
    return len > 100 ? path + (len - 100) : path;
}

/* False: it is no ivshmem server's memory, or nothing is special about that. */
static bool say_server(struct orl_sentences *out, const struct orl_guest_status *s)
{
    const char *hint = NULL;
    if (!orl_ivshmem_is(s->path)) {
        return false;
    }
    switch (s->fault) {
    case ORL_SHM_MISSING:
        hint = "There is no such socket yet. Is the server running, for example "
               "oriel-ivshmem-server? It is tried again.";
        break;
    case ORL_SHM_DENIED:
        hint = "Your user may not use the server's socket: see its options --mode and --group.";
        break;
    case ORL_SHM_NO_SERVER:
        hint = "Its socket is left from an earlier run. Start the server again, for example "
               "oriel-ivshmem-server.";
        break;
    case ORL_SHM_SERVER_SILENT:
        hint = "Something listens at that socket, but it does not answer within a second.";
        break;
    case ORL_SHM_SERVER_GONE:
        hint =
            "It may serve as many peers as it can already, or it has just ended: its log says "
            "more.";
        break;
    case ORL_SHM_SERVER_VERSION:
        hint = "Version 0 is known here, which QEMU speaks since its release 2.5.";
        break;
    case ORL_SHM_SERVER_GARBAGE:
        hint = "app:shmFile must name the socket of an ivshmem server. Is it the socket of "
               "another "
               "program?";
        break;
    case ORL_SHM_SERVER_BARE: hint = "It was started without a memory, or has lost it."; break;
    default: return false;
    }
    snprintf(out->status, sizeof(out->status), "%.100s: %s", path_tail(s->path),
             orl_shm_fault_text(s->fault));
    snprintf(out->hint, sizeof(out->hint), "%s", hint);
    return true;
}

static void say_no_memory(struct orl_sentences *out, const struct orl_guest_status *s)
{
    if (say_server(out, s)) {
        return;
    }
    const char *path = path_tail(s->path);
    switch (s->fault) {
    case ORL_SHM_DENIED:
        snprintf(out->status, sizeof(out->status), "No permission for %.100s", path);
        snprintf(
            out->hint, sizeof(out->hint),
            "Give your user read and write access to it, for example: sudo chown $USER %.100s",
            path);
        break;
    case ORL_SHM_NOT_MEMORY:
        snprintf(out->status, sizeof(out->status), "%.100s is not a shared memory", path);
        snprintf(out->hint, sizeof(out->hint),
                 "Name the memory file of the virtual machine or a kvmfr device with -f.");
        break;
    case ORL_SHM_EMPTY:
        snprintf(out->status, sizeof(out->status), "Waiting for %.100s to get its size", path);
        snprintf(out->hint, sizeof(out->hint),
                 "The file is empty. The virtual machine gives it its size when it starts.");
        break;
    case ORL_SHM_SYSTEM:
        snprintf(out->status, sizeof(out->status), "Cannot open %.100s", path);
        snprintf(out->hint, sizeof(out->hint), "The system says: %s.", strerror(s->sys_errno));
        break;
    default: /* ORL_SHM_MISSING, or not looked at yet */
        snprintf(out->status, sizeof(out->status), "Waiting for the shared memory %.100s",
                 path);
        snprintf(out->hint, sizeof(out->hint),
                 "There is no such file. Is the virtual machine running, and does its shared "
                 "memory use this file? Another one is named with -f.");
        break;
    }
}

static void say_version(struct orl_sentences *out, const struct orl_guest_status *s)
{
    char host[64] = "";
    char kvmfr[16] = "unknown";
    if (s->kvmfr) {
        snprintf(kvmfr, sizeof(kvmfr), "%u", s->kvmfr);
    }
    if (s->info.host_version[0]) {
        snprintf(host, sizeof(host), ", guest software %.32s", s->info.host_version);
    }
    snprintf(out->status, sizeof(out->status),
             "The guest speaks a version that is not known here");
    snprintf(out->hint, sizeof(out->hint), "Found: LGMP %u, KVMFR %s%s. " KNOWN_GUESTS, s->lgmp,
             kvmfr, host);
}

static void say_waiting(struct orl_sentences *out, const struct orl_guest_status *s)
{
    const char *path = path_tail(s->path);
    switch (s->state) {
    case ORL_GUEST_NO_SESSION:
        snprintf(out->status, sizeof(out->status), "Waiting for the guest software");
        snprintf(
            out->hint, sizeof(out->hint),
            "The memory %.100s (%.0f MiB) is there, but nothing in the virtual machine has "
            "written to it yet. Is the Looking Glass host program running in the guest?",
            path, (double)s->memory_bytes / MIB);
        break;
    case ORL_GUEST_NOT_ALIVE:
        snprintf(out->status, sizeof(out->status), "The guest software does not run");
        snprintf(
            out->hint, sizeof(out->hint),
            "An earlier session stands in %.100s, but its heartbeat does not move. Start the "
            "Looking Glass host program in the guest, or look into its log there.",
            path);
        break;
    case ORL_GUEST_INVALID:
        snprintf(out->status, sizeof(out->status), "The session in %.100s breaks a rule", path);
        snprintf(
            out->hint, sizeof(out->hint),
            "It is looked at again. If this stays, start the guest software again, and check "
            "that no other program writes to this memory.");
        break;
    default:
        snprintf(out->status, sizeof(out->status), "Connected to %s guest software %.32s",
                 s->release && s->release[0] ? s->release : "the", s->info.host_version);
        snprintf(out->hint, sizeof(out->hint),
                 "Waiting for its first picture. Is the display of the guest switched on?");
        break;
    }
}

/* The headline gets the age of the state, in steps of ten seconds, minutes, hours. */
static void add_age(struct orl_sentences *out, uint64_t since_ns, uint64_t now_ns)
{
    uint64_t age_s = (now_ns - since_ns) / ORL_NS_PER_S;
    uint64_t step_s = age_s < 60 ? 10 : age_s < 3600 ? 60 : 3600;
    out->next_ns = since_ns + (age_s / step_s + 1) * step_s * ORL_NS_PER_S;
    if (age_s < 10) {
        return;
    }
    size_t used = strlen(out->status);
    const char *unit = step_s == 10 ? "s" : step_s == 60 ? "min" : "h";
    uint64_t number = step_s == 10 ? age_s / 10 * 10 : age_s / step_s;
    snprintf(out->status + used, sizeof(out->status) - used, ", for %llu %s",
             (unsigned long long)number, unit);
}

void orl_sentences_make(struct orl_sentences *out, const struct orl_guest_status *s,
                        uint64_t now_ns)
{
    memset(out, 0, sizeof(*out)); /* callers compare the whole of it */
    out->next_ns = UINT64_MAX;
    if (s->state == ORL_GUEST_STREAMING) {
        return;
    }
    if (now_ns < s->since_ns + ORL_SENTENCES_GRACE_NS) {
        out->next_ns = s->since_ns + ORL_SENTENCES_GRACE_NS;
        return;
    }
    switch (s->state) {
    case ORL_GUEST_NO_MEMORY: say_no_memory(out, s); break;
    case ORL_GUEST_VERSION: say_version(out, s); break;
    case ORL_GUEST_LOST:
        orl_str_copy(out->status, sizeof(out->status), "The guest has stopped sending");
        orl_str_copy(
            out->hint, sizeof(out->hint),
            "This is its last picture. A new one appears by itself as soon as the guest "
            "software runs again.");
        break;
    case ORL_GUEST_VIDEO_OFF:
        orl_str_copy(out->status, sizeof(out->status), "The video is switched off");
        orl_str_copy(out->hint, sizeof(out->hint), "The escape key and V switch it on again.");
        return;
    default: say_waiting(out, s); break;
    }
    add_age(out, s->since_ns, now_ns);
}

uint64_t orl_sentences_alert(char dst[ORL_OSD_LINE], const struct orl_guest_status *old,
                             const struct orl_guest_status *now)
{
    if (now->truncated && (!old->truncated || old->needed_bytes != now->needed_bytes)) {
        snprintf(
            dst, ORL_OSD_LINE,
            "The shared memory is too small: %ux%u needs %.0f MiB, there are %.0f MiB. The "
            "lower part of the picture is missing.",
            now->w, now->h, (double)now->needed_bytes / MIB, (double)now->memory_bytes / MIB);
        return 15 * ORL_NS_PER_S;
    }
    if (now->session > 1 && now->session != old->session) {
        snprintf(dst, ORL_OSD_LINE, "The guest software has started again");
        return 3 * ORL_NS_PER_S;
    }
    return 0;
}

void orl_sentences_display(char dst[ORL_OSD_LINE], const struct orl_guest_status *s)
{
    const char *why = "";
    char version[96];
    switch (s->state) {
    case ORL_GUEST_NO_MEMORY: why = "the shared memory cannot be opened"; break;
    case ORL_GUEST_NO_SESSION:
    case ORL_GUEST_NOT_ALIVE: why = "the guest's capture program is not running"; break;
    case ORL_GUEST_VERSION:
        snprintf(version, sizeof(version),
                 "the guest's capture program speaks an unknown version: LGMP %u, KVMFR %u",
                 s->lgmp, s->kvmfr);
        why = version;
        break;
    case ORL_GUEST_INVALID: why = "the session in the shared memory breaks a rule"; break;
    case ORL_GUEST_NO_FRAME:
    case ORL_GUEST_STREAMING: why = "the guest's capture program sends no picture yet"; break;
    case ORL_GUEST_LOST: why = "the guest's capture program has stopped"; break;
    case ORL_GUEST_VIDEO_OFF: why = "the video is switched off"; break;
    }
    snprintf(dst, ORL_OSD_LINE, "SPICE display (%s)", why);
}

void orl_sentences_way(char dst[ORL_OSD_LINE], uint64_t way)
{
    char text[ORL_WAY_LINE];
    orl_way_text(text, way);
    snprintf(dst, ORL_OSD_LINE, "Frames: %s", text);
}
