/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent's clipboard: what the test puts into it, and what the host offers and gives. */
#include <string.h>

#include <spice/vd_agent.h>

#include "guest.h"

enum { HEX_MAX = 64 * 1024 }; /* more is told by its sum only */

static const char *const names[CLIP_TYPES] = {
    [VD_AGENT_CLIPBOARD_NONE] = "none",       [VD_AGENT_CLIPBOARD_UTF8_TEXT] = "text",
    [VD_AGENT_CLIPBOARD_IMAGE_PNG] = "png",   [VD_AGENT_CLIPBOARD_IMAGE_BMP] = "bmp",
    [VD_AGENT_CLIPBOARD_IMAGE_TIFF] = "tiff", [VD_AGENT_CLIPBOARD_IMAGE_JPG] = "jpg",
    [VD_AGENT_CLIPBOARD_FILE_LIST] = "files", [7] = "unknown"};

static const char *name_of(uint32_t type)
{
    return type < CLIP_TYPES ? names[type] : "unknown";
}

static unsigned type_of(const char *name)
{
    for (unsigned i = 1; i < CLIP_TYPES - 1; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return 0;
}

/* All clipboard messages begin with the selection; only the real clipboard is used. */
static void send_clip(struct agent *a, uint32_t message, const void *data, size_t len)
{
    struct bytes b = {0};
    uint8_t selection[4] = {VD_AGENT_CLIPBOARD_SELECTION_CLIPBOARD};
    bytes_add(&b, selection, sizeof selection);
    bytes_add(&b, data, len);
    agent_send(a, message, b.at, b.len);
    bytes_free(&b);
}

/* --- from the client --- */

static void grab(struct agent *a, const uint8_t *data, size_t len)
{
    char line[200] = "clip-grab";
    size_t at = strlen(line);
    for (size_t i = 0; i + 4 <= len && i < 64; i += 4) {
        uint32_t type;
        memcpy(&type, data + i, sizeof type);
        at += (size_t)snprintf(line + at, sizeof line - at, " %s", name_of(type));
    }
    memset(a->clip.offered, 0, sizeof a->clip.offered); /* the host owns it now */
    say(a->report, "%s", line);
}

static void answer(struct agent *a, uint32_t type)
{
    uint32_t none = VD_AGENT_CLIPBOARD_NONE;
    say(a->report, "clip-asked %s", name_of(type));
    if (a->clip.answer == CLIP_IGNORE) {
        return;
    }
    if (a->clip.answer == CLIP_REFUSE || type >= CLIP_TYPES || !a->clip.offered[type]) {
        send_clip(a, VD_AGENT_CLIPBOARD, &none, sizeof none);
        return;
    }
    struct bytes b = {0};
    bytes_add(&b, &type, sizeof type);
    bytes_add(&b, a->clip.content[type].at, a->clip.content[type].len);
    send_clip(a, VD_AGENT_CLIPBOARD, b.at, b.len);
    bytes_free(&b);
}

static void got(struct agent *a, const uint8_t *data, size_t len)
{
    uint32_t type;
    char start[80];
    memcpy(&type, data, sizeof type);
    data += sizeof type;
    len -= sizeof type;
    snprintf(start, sizeof start, "clip-data %s %zu %08x ", name_of(type), len,
             crc32_add(0, data, len));
    say_hex(a->report, start, data, len <= HEX_MAX ? len : 0);
}

bool clip_message(struct agent *a, uint32_t type, const uint8_t *data, size_t len)
{
    if (type == VD_AGENT_MAX_CLIPBOARD && len >= 4) {
        int32_t max;
        memcpy(&max, data, sizeof max);
        say(a->report, "clip-max %d", max);
        return true;
    }
    if (type != VD_AGENT_CLIPBOARD && type != VD_AGENT_CLIPBOARD_GRAB &&
        type != VD_AGENT_CLIPBOARD_REQUEST && type != VD_AGENT_CLIPBOARD_RELEASE) {
        return false;
    }
    if (len < 4 || data[0] != VD_AGENT_CLIPBOARD_SELECTION_CLIPBOARD) {
        return true; /* the one selected by the mouse */
    }
    data += 4;
    len -= 4;
    if (type == VD_AGENT_CLIPBOARD_GRAB) {
        grab(a, data, len);
    } else if (type == VD_AGENT_CLIPBOARD_RELEASE) {
        say(a->report, "clip-released");
    } else if (len >= 4 && type == VD_AGENT_CLIPBOARD_REQUEST) {
        uint32_t wanted;
        memcpy(&wanted, data, sizeof wanted);
        answer(a, wanted);
    } else if (len >= 4) {
        got(a, data, len);
    }
    return true;
}

/* --- from the test --- */

/* `clip-put TYPE HEX`: content for the next clip-offer. */
static bool put(struct clip *c, char *words)
{
    char *hex = strchr(words, ' ');
    if (hex) {
        *hex++ = 0;
    }
    unsigned type = type_of(words);
    if (!type) {
        return false;
    }
    c->content[type].len = 0;
    c->offered[type] = true;
    return !hex || read_hex(hex, &c->content[type]);
}

/* `clip-fill TYPE BYTES`: the same with long content that both sides can make: the alphabet. */
static bool fill(struct clip *c, const char *words)
{
    char name[16];
    size_t count;
    if (sscanf(words, "%15s %zu", name, &count) != 2 || !type_of(name)) {
        return false;
    }
    struct bytes *content = &c->content[type_of(name)];
    content->len = 0;
    c->offered[type_of(name)] = true;
    for (size_t i = 0; i < count; i++) {
        uint8_t letter = (uint8_t)('a' + i % 26);
        bytes_add(content, &letter, 1);
    }
    return true;
}

static void offer(struct agent *a)
{
    uint32_t types[CLIP_TYPES];
    size_t n = 0;
    for (uint32_t i = 1; i < CLIP_TYPES; i++) {
        if (a->clip.offered[i]) {
            types[n++] = i;
        }
    }
    send_clip(a, VD_AGENT_CLIPBOARD_GRAB, types, n * sizeof types[0]);
}

bool clip_command(struct agent *a, const char *verb, char *words)
{
    if (strcmp(verb, "clip-put") == 0) {
        return put(&a->clip, words);
    }
    if (strcmp(verb, "clip-fill") == 0) {
        return fill(&a->clip, words);
    }
    if (strcmp(verb, "clip-offer") == 0) {
        offer(a);
        return true;
    }
    if (strcmp(verb, "clip-drop") == 0) {
        memset(a->clip.offered, 0, sizeof a->clip.offered);
        send_clip(a, VD_AGENT_CLIPBOARD_RELEASE, NULL, 0);
        return true;
    }
    if (strcmp(verb, "clip-get") == 0) {
        uint32_t type = type_of(words);
        send_clip(a, VD_AGENT_CLIPBOARD_REQUEST, &type, sizeof type);
        return type != 0;
    }
    if (strcmp(verb, "clip-answer") == 0) {
        a->clip.answer = strcmp(words, "ignore") == 0   ? CLIP_IGNORE
                         : strcmp(words, "refuse") == 0 ? CLIP_REFUSE
                                                        : CLIP_ANSWER;
        return true;
    }
    return false;
}
