/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's agent: the other end of the "vdagent" character device, which speaks the protocol of
 * vd_agent.h in chunks. Obeys:
 *   agent 1|0          plugs or unplugs the device; says "agent up" or "agent down"
 *   agent-caps HEX     capabilities to announce from now on; announces them when plugged
 *   agent-content TYPE FILE    what it has; TYPE is text, png or bmp
 *   agent-grab [TYPE...]       owns the guest's clipboard with these types (numbers work, too)
 *   agent-release
 *   agent-request TYPE
 *   agent-into FILE    received content is written there
 *   agent-mode MODE    well; mute (never answers); none (answers that it cannot); twice (each answer
 *                      comes two times); unasked (sends text nobody asked for, once)
 *   agent-huge SIZE    sends the head of a text of SIZE bytes and 4 KiB of it
 *   agent-garbage SEED sends messages of random type and content, then valid ones go on
 *   agent-chunks N     splits what it sends into chunks of N bytes (1..2048); the first is at least
 *                      the head of the message, because the server refuses anything less
 *   agent-bare 1|0     without the capability of selections: messages of the older shape
 *   agent-files 1|0    takes files, several at once, or does not answer; 0
 *   agent-hold 1|0     reads nothing after the next start of a file, until 0
 * Says: caps HEX, grab TYPES, release, request TYPE, data TYPE LENGTH SUM (32-bit FNV-1a), max N,
 * file-start ID SIZE, file-done ID BYTES, file-status ID RESULT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <spice/vd_agent.h>

#include "fake/fake.h"

#define MAX_MESSAGE (80u << 20)
#define MAX_FILES   64
#define MAX_LATE    8

enum mode { WELL, MUTE, NONE, TWICE, LATE };

struct bytes {
    uint8_t *data;
    size_t len, cap, at; /* at: read so far */
};

static struct agent { /* one server a process; the library's callbacks carry no argument */
    SpiceCharDeviceInstance device;
    bool plugged, bare, greeted;
    enum mode mode;
    uint32_t caps;
    size_t chunk;
    char files[4][256]; /* by VD_AGENT_CLIPBOARD type */
    char into[256];
    struct bytes out, in; /* to the server in chunks; from it, one message without chunks */
    size_t chunk_left;    /* of the chunk that is coming in */
    uint8_t head[sizeof(VDIChunkHeader)];
    size_t head_fill;
    bool takes_files, will_hold, holds;
    struct {
        uint32_t id; /* 0: unused */
        uint64_t size, got;
    } incoming[MAX_FILES];
    struct {
        uint32_t word;
        uint8_t *data;
        size_t n;
    } late[MAX_LATE];
    size_t late_n;
} g;

static void append(struct bytes *b, const void *data, size_t n)
{
    if (b->len + n > b->cap) {
        b->cap = (b->len + n) * 2;
        b->data = realloc(b->data, b->cap);
    }
    if (n) {
        memcpy(b->data + b->len, data, n);
    }
    b->len += n;
}

static void append_chunked(const uint8_t *data, size_t n)
{
    size_t chunk = g.chunk > sizeof(VDAgentMessage) ? g.chunk : sizeof(VDAgentMessage);
    for (; n > 0; chunk = g.chunk) {
        VDIChunkHeader head = {VDP_CLIENT_PORT, (uint32_t)(n < chunk ? n : chunk)};
        append(&g.out, &head, sizeof(head));
        append(&g.out, data, head.size);
        data += head.size;
        n -= head.size;
    }
}

/* `size` may lie about n. */
static void post_sized(uint32_t type, const void *data, size_t n, uint32_t size)
{
    VDAgentMessage message = {.protocol = VD_AGENT_PROTOCOL, .type = type, .size = size};
    struct bytes whole = {0};
    append(&whole, &message, sizeof(message));
    append(&whole, data, n);
    append_chunked(whole.data, whole.len);
    free(whole.data);
    spice_server_char_device_wakeup(&g.device);
}

static void post(uint32_t type, const void *data, size_t n)
{
    post_sized(type, data, n, (uint32_t)n);
}

static void announce(bool request)
{
    uint32_t message[2] = {request, g.caps};
    post(VD_AGENT_ANNOUNCE_CAPABILITIES, message, sizeof(message));
}

/* A clipboard message: selection (unless bare), then 32-bit words, then bytes. */
static void post_clip(uint32_t type, const uint32_t *words, size_t count, const void *data,
                      size_t n)
{
    struct bytes body = {0};
    const uint32_t selection = VD_AGENT_CLIPBOARD_SELECTION_CLIPBOARD;
    if (!g.bare) {
        append(&body, &selection, sizeof(selection));
    }
    append(&body, words, count * sizeof(words[0]));
    append(&body, data, n);
    post(type, body.data, body.len);
    free(body.data);
}

static uint32_t type_from(const char *text)
{
    return strcmp(text, "text") == 0  ? VD_AGENT_CLIPBOARD_UTF8_TEXT
           : strcmp(text, "png") == 0 ? VD_AGENT_CLIPBOARD_IMAGE_PNG
           : strcmp(text, "bmp") == 0 ? VD_AGENT_CLIPBOARD_IMAGE_BMP
                                      : (uint32_t)strtoul(text, NULL, 0);
}

static const char *type_name(uint32_t type)
{
    static const char *const names[] = {"none", "text", "png", "bmp"};
    return type < 4 ? names[type] : "other";
}

static void keep(uint32_t word, const uint8_t *data, size_t n)
{
    if (g.late_n < MAX_LATE) {
        g.late[g.late_n].word = word;
        g.late[g.late_n].data = malloc(n + 1);
        g.late[g.late_n].n = n;
        if (n) {
            memcpy(g.late[g.late_n].data, data, n);
        }
        g.late_n++;
    }
}

static void answer_late(void)
{
    if (g.late_n > 0) {
        post_clip(VD_AGENT_CLIPBOARD, &g.late[0].word, 1, g.late[0].data, g.late[0].n);
        free(g.late[0].data);
        memmove(g.late, g.late + 1, --g.late_n * sizeof(g.late[0]));
    }
}

static void serve(uint32_t type)
{
    static uint8_t content[MAX_MESSAGE];
    FILE *f = type < 4 && g.files[type][0] ? fopen(g.files[type], "rb") : NULL;
    size_t n = f ? fread(content, 1, sizeof(content), f) : 0;
    uint32_t word = f && g.mode != NONE ? type : VD_AGENT_CLIPBOARD_NONE;
    if (f) {
        fclose(f);
    }
    if (g.mode == LATE) {
        keep(word, content, word ? n : 0);
        return;
    }
    for (int i = 0; i < (g.mode == TWICE ? 2 : 1) && g.mode != MUTE; i++) {
        post_clip(VD_AGENT_CLIPBOARD, &word, 1, content, word ? n : 0);
    }
}

static void received(uint32_t type, const uint8_t *data, size_t n)
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < n; i++) {
        sum = (sum ^ data[i]) * 16777619u;
    }
    FILE *f = g.into[0] ? fopen(g.into, "wb") : NULL;
    if (f) {
        fwrite(data, 1, n, f);
        fclose(f);
    }
    fake_say("data %s %zu %08x", type_name(type), n, sum);
}

static void grabbed(const uint8_t *data, size_t n)
{
    char line[200] = "grab";
    for (size_t i = 0; i + 4 <= n && i < 40; i += 4) {
        uint32_t type = 0;
        memcpy(&type, data + i, 4);
        size_t end = strlen(line);
        snprintf(line + end, sizeof(line) - end, " %s", type_name(type));
    }
    fake_say("%s", line);
}

static void handle_clip(uint32_t kind, const uint8_t *data, size_t n)
{
    uint32_t type = 0;
    size_t skip = g.bare ? 0 : 4;
    if (n < skip) {
        return;
    }
    data += skip;
    n -= skip;
    if (kind == VD_AGENT_CLIPBOARD_GRAB) {
        grabbed(data, n);
    } else if (kind == VD_AGENT_CLIPBOARD_RELEASE) {
        fake_say("release");
    } else if (n >= 4) {
        memcpy(&type, data, 4);
        if (kind == VD_AGENT_CLIPBOARD_REQUEST) {
            fake_say("request %s", type_name(type));
            serve(type);
        } else {
            received(type, data + 4, n - 4);
        }
    }
}

/* ---- files ---------------------------------------------------------------------------------- */

static void answer_file(uint32_t id, uint32_t result)
{
    VDAgentFileXferStatusMessage status = {.id = id, .result = result};
    post(VD_AGENT_FILE_XFER_STATUS, &status, sizeof(status));
}

static size_t find_file(uint32_t id)
{
    size_t i = 0;
    while (i < MAX_FILES && g.incoming[i].id != id) {
        i++;
    }
    return i;
}

static void file_starts(uint32_t id, const char *text)
{
    const char *size = strstr(text, "\nsize=");
    size_t i = find_file(0);
    if (!g.takes_files || !size || i == MAX_FILES) {
        return;
    }
    g.incoming[i].id = id;
    g.incoming[i].size = strtoull(size + 6, NULL, 10);
    g.incoming[i].got = 0;
    g.holds = g.will_hold;
    fake_say("file-start %u %llu", id, (unsigned long long)g.incoming[i].size);
    answer_file(id, VD_AGENT_FILE_XFER_STATUS_CAN_SEND_DATA);
}

static void file_data(uint32_t id, uint64_t n)
{
    size_t i = find_file(id);
    if (i == MAX_FILES) {
        fake_say("file-data %u for no file", id);
        return;
    }
    g.incoming[i].got += n;
    if (g.incoming[i].got >= g.incoming[i].size) {
        fake_say("file-done %u %llu", id, (unsigned long long)g.incoming[i].got);
        g.incoming[i].id = 0;
        answer_file(id, VD_AGENT_FILE_XFER_STATUS_SUCCESS);
    }
}

static void file_status(uint32_t id, uint32_t result)
{
    size_t i = find_file(id);
    fake_say("file-status %u %u", id, result);
    if (i < MAX_FILES) {
        g.incoming[i].id = 0;
    }
}

/* The library ends the text of a start with a 0. */
static void handle_file(const VDAgentMessage *m, const uint8_t *data)
{
    uint32_t words[2];
    if (m->size < sizeof(words)) {
        return;
    }
    memcpy(words, data, sizeof(words));
    if (m->type == VD_AGENT_FILE_XFER_START && data[m->size - 1] == 0) {
        file_starts(words[0], (const char *)data + 4);
    } else if (m->type == VD_AGENT_FILE_XFER_DATA) {
        file_data(words[0], m->size - sizeof(VDAgentFileXferDataMessage));
    } else if (m->type == VD_AGENT_FILE_XFER_STATUS) {
        file_status(words[0], words[1]);
    }
}

static void handle(const VDAgentMessage *m, const uint8_t *data)
{
    uint32_t words[2] = {0, 0};
    memcpy(words, data, m->size < sizeof(words) ? m->size : sizeof(words));
    switch (m->type) {
    case VD_AGENT_ANNOUNCE_CAPABILITIES:
        fake_say("caps %x", words[1]);
        if (words[0]) {
            announce(false);
        }
        break;
    case VD_AGENT_MAX_CLIPBOARD: fake_say("max %u", words[0]); break;
    case VD_AGENT_CLIPBOARD:
    case VD_AGENT_CLIPBOARD_GRAB:
    case VD_AGENT_CLIPBOARD_REQUEST:
    case VD_AGENT_CLIPBOARD_RELEASE: handle_clip(m->type, data, m->size); break;
    case VD_AGENT_FILE_XFER_START:
    case VD_AGENT_FILE_XFER_DATA:
    case VD_AGENT_FILE_XFER_STATUS: handle_file(m, data); break;
    default: break;
    }
}

static void take_message(void)
{
    VDAgentMessage m;
    if (g.in.len < sizeof(m)) {
        return;
    }
    memcpy(&m, g.in.data, sizeof(m));
    if (g.in.len - sizeof(m) >= m.size) {
        handle(&m, g.in.data + sizeof(m));
        g.in.len = 0; /* a chunk never holds parts of two messages */
    }
}

static int device_write(SpiceCharDeviceInstance *sin, const uint8_t *buf, int len)
{
    (void)sin;
    if (g.holds) {
        return 0; /* the server tries again soon */
    }
    for (int i = 0; i < len;) {
        if (g.chunk_left == 0) {
            g.head[g.head_fill++] = buf[i++];
            if (g.head_fill == sizeof(g.head)) {
                VDIChunkHeader head;
                memcpy(&head, g.head, sizeof(head));
                g.chunk_left = head.size;
                g.head_fill = 0;
            }
            continue;
        }
        size_t n = (size_t)(len - i) < g.chunk_left ? (size_t)(len - i) : g.chunk_left;
        append(&g.in, buf + i, n);
        g.chunk_left -= n;
        i += (int)n;
        if (g.chunk_left == 0) {
            take_message();
        }
    }
    return len;
}

static int device_read(SpiceCharDeviceInstance *sin, uint8_t *buf, int len)
{
    (void)sin;
    size_t left = g.out.len - g.out.at;
    size_t n = left < (size_t)len ? left : (size_t)len;
    if (n > 0) {
        memcpy(buf, g.out.data + g.out.at, n);
    }
    g.out.at += n;
    if (g.out.at == g.out.len) {
        g.out.at = g.out.len = 0;
    }
    return (int)n;
}

static void device_state(SpiceCharDeviceInstance *sin, int connected)
{
    (void)sin;
    (void)connected;
}

static SpiceCharDeviceInterface device_interface = {
    .base = {.type = SPICE_INTERFACE_CHAR_DEVICE,
             .description = "agent",
             .major_version = SPICE_INTERFACE_CHAR_DEVICE_MAJOR,
             .minor_version = SPICE_INTERFACE_CHAR_DEVICE_MINOR},
    .state = device_state,
    .write = device_write,
    .read = device_read,
};

static void plug(struct fake *f, bool on)
{
    if (on == g.plugged) {
        return;
    }
    g.plugged = on;
    g.out.at = g.out.len = g.in.len = 0;
    g.chunk_left = g.head_fill = 0;
    memset(g.incoming, 0, sizeof(g.incoming));
    if (on) {
        g.device.base.sif = &device_interface.base;
        g.device.subtype = "vdagent";
        spice_server_add_interface(f->server, &g.device.base);
        announce(true);
    } else {
        spice_server_remove_interface(&g.device.base);
        memset(&g.device, 0, sizeof(g.device));
    }
    fake_say("agent %s", on ? "up" : "down");
}

static void grab(const char *args)
{
    uint32_t list[16];
    size_t n = 0;
    char text[256];
    char *rest = NULL;
    snprintf(text, sizeof(text), "%s", args);
    for (char *word = strtok_r(text, " ", &rest); word && n < 16;
         word = strtok_r(NULL, " ", &rest)) {
        list[n++] = type_from(word);
    }
    post_clip(VD_AGENT_CLIPBOARD_GRAB, list, n, NULL, 0);
}

static void garbage(uint32_t seed)
{
    static const uint32_t kinds[] = {
        VD_AGENT_CLIPBOARD,         VD_AGENT_CLIPBOARD_GRAB,        VD_AGENT_CLIPBOARD_REQUEST,
        VD_AGENT_CLIPBOARD_RELEASE, VD_AGENT_ANNOUNCE_CAPABILITIES, 99};
    for (int i = 0; i < 200; i++) {
        uint8_t noise[40];
        for (size_t k = 0; k < sizeof(noise); k++) {
            seed = seed * 1103515245u + 12345u;
            noise[k] = k < 4 ? 0 : (uint8_t)(seed >> 16);
        }
        seed = seed * 1103515245u + 12345u;
        /* Whole capability messages only: others would end what the test is about. */
        uint32_t kind = kinds[(seed >> 16) % 6];
        post(kind == VD_AGENT_ANNOUNCE_CAPABILITIES ? 98 : kind, noise, (seed >> 8) % 40);
    }
}

static void content(const char *args)
{
    char name[16];
    char path[256];
    if (sscanf(args, "%15s %255s", name, path) == 2 && type_from(name) < 4) {
        snprintf(g.files[type_from(name)], sizeof(path), "%s", path);
    }
}

static void set_mode(const char *args)
{
    const uint32_t text = VD_AGENT_CLIPBOARD_UTF8_TEXT;
    if (strcmp(args, "unasked") == 0) {
        post_clip(VD_AGENT_CLIPBOARD, &text, 1, "unasked", 7);
        return;
    }
    g.mode = strcmp(args, "mute") == 0    ? MUTE
             : strcmp(args, "none") == 0  ? NONE
             : strcmp(args, "twice") == 0 ? TWICE
             : strcmp(args, "late") == 0  ? LATE
                                          : WELL;
}

static void send_huge(uint32_t size)
{
    const uint8_t body[4096] = {0, 0, 0, 0, VD_AGENT_CLIPBOARD_UTF8_TEXT};
    post_sized(VD_AGENT_CLIPBOARD, body, sizeof(body), size);
}

/* Commands that need the device. */
static bool talk(const char *verb, const char *args)
{
    uint32_t type = type_from(args);
    if (strcmp(verb, "agent-grab") == 0) {
        grab(args);
    } else if (strcmp(verb, "agent-release") == 0) {
        post_clip(VD_AGENT_CLIPBOARD_RELEASE, NULL, 0, NULL, 0);
    } else if (strcmp(verb, "agent-request") == 0) {
        post_clip(VD_AGENT_CLIPBOARD_REQUEST, &type, 1, NULL, 0);
    } else if (strcmp(verb, "agent-mode") == 0) {
        set_mode(args);
    } else if (strcmp(verb, "agent-answer") == 0) {
        answer_late();
    } else if (strcmp(verb, "agent-huge") == 0) {
        send_huge((uint32_t)strtoul(args, NULL, 0));
    } else if (strcmp(verb, "agent-garbage") == 0) {
        garbage((uint32_t)strtoul(args, NULL, 0));
    } else {
        return false;
    }
    return true;
}

static bool command(struct fake *f, const char *verb, const char *args)
{
    if (strcmp(verb, "agent") == 0) {
        plug(f, args[0] == '1');
    } else if (strcmp(verb, "agent-caps") == 0) {
        g.caps = (uint32_t)strtoul(args, NULL, 16);
        if (g.plugged) {
            announce(false);
        }
    } else if (strcmp(verb, "agent-content") == 0) {
        content(args);
    } else if (strcmp(verb, "agent-into") == 0) {
        snprintf(g.into, sizeof(g.into), "%s", args);
    } else if (strcmp(verb, "agent-chunks") == 0) {
        size_t n = strtoul(args, NULL, 10);
        g.chunk = n >= 1 && n <= VD_AGENT_MAX_DATA_SIZE ? n : VD_AGENT_MAX_DATA_SIZE;
    } else if (strcmp(verb, "agent-bare") == 0) {
        g.bare = args[0] == '1';
    } else if (strcmp(verb, "agent-files") == 0) {
        g.takes_files = args[0] == '1';
    } else if (strcmp(verb, "agent-hold") == 0) {
        g.will_hold = args[0] == '1';
        g.holds = g.holds && g.will_hold;
    } else {
        return g.plugged && talk(verb, args);
    }
    return true;
}

static void start(struct fake *f)
{
    (void)f;
    g.chunk = VD_AGENT_MAX_DATA_SIZE;
    g.caps = 1u << VD_AGENT_CAP_CLIPBOARD_BY_DEMAND | 1u << VD_AGENT_CAP_CLIPBOARD_SELECTION |
             1u << VD_AGENT_CAP_GUEST_LINEEND_LF | 1u << VD_AGENT_CAP_MAX_CLIPBOARD;
}

const struct fake_part fake_agent = {"agent", start, command};
