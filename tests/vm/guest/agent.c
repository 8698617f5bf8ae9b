/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The framing of the agent's protocol: chunks with a port number around messages, of which the
 * capabilities, the client's leaving, monitors and pointer are handled here.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <spice/vd_agent.h>

#include "guest.h"

enum { MESSAGE_MAX = 128 * 1024 * 1024, CHUNK_MAX = 64 * 1024 };

static const unsigned own_caps[] = {VD_AGENT_CAP_MOUSE_STATE,
                                    VD_AGENT_CAP_MONITORS_CONFIG,
                                    VD_AGENT_CAP_REPLY,
                                    VD_AGENT_CAP_CLIPBOARD_BY_DEMAND,
                                    VD_AGENT_CAP_CLIPBOARD_SELECTION,
                                    VD_AGENT_CAP_SPARSE_MONITORS_CONFIG,
                                    VD_AGENT_CAP_GUEST_LINEEND_LF,
                                    VD_AGENT_CAP_MAX_CLIPBOARD,
                                    VD_AGENT_CAP_MONITORS_CONFIG_POSITION,
                                    VD_AGENT_CAP_FILE_XFER_DETAILED_ERRORS};

void agent_init(struct agent *a, int report)
{
    memset(a, 0, sizeof *a);
    a->fd = -1;
    a->report = report;
    for (size_t i = 0; i < sizeof own_caps / sizeof own_caps[0]; i++) {
        a->caps |= 1u << own_caps[i];
    }
}

static void announce(struct agent *a, bool request)
{
    uint32_t message[2] = {request, a->caps};
    agent_send(a, VD_AGENT_ANNOUNCE_CAPABILITIES, message, sizeof message);
}

void agent_on(struct agent *a)
{
    if (a->fd >= 0) {
        return;
    }
    a->fd = port_open("com.redhat.spice.0", O_RDWR | O_NONBLOCK);
    if (a->fd >= 0) {
        announce(a, true);
        say(a->report, "agent on");
    }
}

void agent_off(struct agent *a)
{
    if (a->fd < 0) {
        return;
    }
    close(a->fd);
    a->fd = -1;
    a->in.len = a->msg.len = a->out.len = 0;
    a->client_caps = 0;
    files_forget(a);
    say(a->report, "agent off");
}

void agent_send(struct agent *a, uint32_t type, const void *data, size_t len)
{
    VDAgentMessage head = {.protocol = VD_AGENT_PROTOCOL, .type = type, .size = (uint32_t)len};
    if (a->fd < 0) {
        return;
    }
    /* A chunk holds at most VD_AGENT_MAX_DATA_SIZE bytes of header and data. */
    size_t first = VD_AGENT_MAX_DATA_SIZE - sizeof head, at = len < first ? len : first;
    VDIChunkHeader chunk = {VDP_CLIENT_PORT, (uint32_t)(sizeof head + at)};
    bytes_add(&a->out, &chunk, sizeof chunk);
    bytes_add(&a->out, &head, sizeof head);
    bytes_add(&a->out, data, at);
    while (at < len) {
        size_t n = len - at < VD_AGENT_MAX_DATA_SIZE ? len - at : VD_AGENT_MAX_DATA_SIZE;
        chunk.size = (uint32_t)n;
        bytes_add(&a->out, &chunk, sizeof chunk);
        bytes_add(&a->out, (const uint8_t *)data + at, n);
        at += n;
    }
}

void agent_write(struct agent *a)
{
    size_t done = 0;
    while (a->fd >= 0 && done < a->out.len) {
        size_t len = a->out.len - done < CHUNK_MAX ? a->out.len - done : CHUNK_MAX;
        ssize_t n = write(a->fd, a->out.at + done, len);
        if (n < 0) {
            break; /* full: poll tells when to go on */
        }
        done += (size_t)n;
    }
    if (done > 0) {
        bytes_drop(&a->out, done);
    }
}

static void reply(struct agent *a, uint32_t type)
{
    VDAgentReply message = {type, VD_AGENT_SUCCESS};
    agent_send(a, VD_AGENT_REPLY, &message, sizeof message);
}

static void monitors(struct agent *a, const uint8_t *data, size_t len)
{
    VDAgentMonitorsConfig head;
    if (len < sizeof head) {
        return;
    }
    memcpy(&head, data, sizeof head);
    for (uint32_t i = 0; i < head.num_of_monitors && i < 16; i++) {
        VDAgentMonConfig m;
        size_t at = sizeof head + i * sizeof m;
        if (len - at < sizeof m) {
            break;
        }
        memcpy(&m, data + at, sizeof m);
        say(a->report, "monitor %u %u of %u: %ux%u at %d,%d depth %u", head.flags, i,
            head.num_of_monitors, m.width, m.height, m.x, m.y, m.depth);
    }
    reply(a, VD_AGENT_MONITORS_CONFIG);
}

static void capabilities(struct agent *a, const uint8_t *data, size_t len)
{
    uint32_t message[2];
    if (len < sizeof message) {
        return;
    }
    memcpy(message, data, sizeof message);
    a->client_caps = message[1];
    say(a->report, "agent-client 0x%x", message[1]);
    if (message[0]) {
        announce(a, false);
    }
}

static void pointer(struct agent *a, const uint8_t *data, size_t len)
{
    VDAgentMouseState m;
    if (len >= sizeof m) {
        memcpy(&m, data, sizeof m);
        say(a->report, "agent-pointer %u %u buttons 0x%x display %u", m.x, m.y, m.buttons,
            m.display_id);
    }
}

static void handle(struct agent *a, uint32_t type, const uint8_t *data, size_t len)
{
    switch (type) {
    case VD_AGENT_ANNOUNCE_CAPABILITIES: capabilities(a, data, len); break;
    case VD_AGENT_MONITORS_CONFIG: monitors(a, data, len); break;
    case VD_AGENT_MOUSE_STATE: pointer(a, data, len); break;
    case VD_AGENT_CLIENT_DISCONNECTED:
        files_forget(a);
        say(a->report, "agent-client gone");
        break;
    default:
        if (!clip_message(a, type, data, len) && !files_message(a, type, data, len)) {
            say(a->report, "agent-message %u %zu", type, len);
        }
    }
}

/* The chunks of the client's and the server's messages may alternate in theory; the server sends
 * each message whole, so one assembly is enough. */
static void take_chunk(struct agent *a, const uint8_t *data, size_t len)
{
    VDAgentMessage head;
    bytes_add(&a->msg, data, len);
    while (a->msg.len >= sizeof head) {
        memcpy(&head, a->msg.at, sizeof head);
        if (head.protocol != VD_AGENT_PROTOCOL || head.size > MESSAGE_MAX) {
            say(a->report, "failed agent: protocol %u, %u bytes", head.protocol, head.size);
            agent_off(a);
            return;
        }
        if (a->msg.len - sizeof head < head.size) {
            return;
        }
        handle(a, head.type, a->msg.at + sizeof head, head.size);
        if (a->fd < 0) {
            return;
        }
        bytes_drop(&a->msg, sizeof head + head.size);
    }
}

void agent_read(struct agent *a)
{
    uint8_t data[16384];
    ssize_t n = read(a->fd, data, sizeof data);
    if (n <= 0) {
        /* 0 while no server listens at the other end */
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            usleep(10000);
        }
        return;
    }
    bytes_add(&a->in, data, (size_t)n);
    size_t at = 0;
    VDIChunkHeader chunk;
    while (a->fd >= 0 && a->in.len - at >= sizeof chunk) {
        memcpy(&chunk, a->in.at + at, sizeof chunk);
        if (a->in.len - at - sizeof chunk < chunk.size) {
            break;
        }
        take_chunk(a, a->in.at + at + sizeof chunk, chunk.size);
        at += sizeof chunk + chunk.size;
    }
    if (a->fd >= 0) {
        bytes_drop(&a->in, at);
    }
}
