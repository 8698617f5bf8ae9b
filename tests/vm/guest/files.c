/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent's files: what is dropped on the viewer's window arrives here and is summed up. */
#include <stdlib.h>
#include <string.h>

#include <spice/vd_agent.h>

#include "guest.h"

static void status(struct agent *a, uint32_t id, uint32_t result)
{
    uint8_t message[sizeof(VDAgentFileXferStatusMessage) + sizeof(uint64_t)] = {0};
    VDAgentFileXferStatusMessage head = {.id = id, .result = result};
    size_t len = sizeof head;
    memcpy(message, &head, sizeof head);
    if (result == VD_AGENT_FILE_XFER_STATUS_NOT_ENOUGH_SPACE) {
        uint64_t free_bytes = 4096;
        memcpy(message + len, &free_bytes, sizeof free_bytes);
        len += sizeof free_bytes;
    }
    agent_send(a, VD_AGENT_FILE_XFER_STATUS, message, len);
}

static struct file *find(struct files *files, uint32_t id)
{
    for (size_t i = 0; i < sizeof files->all / sizeof files->all[0]; i++) {
        if (files->all[i].used && files->all[i].id == id) {
            return &files->all[i];
        }
    }
    return NULL;
}

static struct file *unused(struct files *files)
{
    for (size_t i = 0; i < sizeof files->all / sizeof files->all[0]; i++) {
        if (!files->all[i].used) {
            return &files->all[i];
        }
    }
    return NULL;
}

void files_forget(struct agent *a)
{
    memset(a->files.all, 0, sizeof a->files.all);
}

/* The value of `key` in the text of a START message ("[vdagent-file-xfer]", name=..., size=...). */
static void value_of(const char *text, const char *key, char *out, size_t cap)
{
    const char *at = strstr(text, key);
    size_t n = at ? strcspn(at + strlen(key), "\n") : 0;
    n = n < cap ? n : cap - 1;
    if (n > 0) {
        memcpy(out, at + strlen(key), n);
    }
    out[n] = 0;
}

static void finish(struct agent *a, struct file *f)
{
    say(a->report, "file-done %u %llu %08x %s", f->id, (unsigned long long)f->got, f->crc,
        f->name);
    status(a, f->id, VD_AGENT_FILE_XFER_STATUS_SUCCESS);
    f->used = false;
}

static void start(struct agent *a, const uint8_t *data, size_t len)
{
    static const uint32_t results[] = {[FILE_ACCEPT] = VD_AGENT_FILE_XFER_STATUS_CAN_SEND_DATA,
                                       [FILE_REFUSE] = VD_AGENT_FILE_XFER_STATUS_ERROR,
                                       [FILE_DISABLED] = VD_AGENT_FILE_XFER_STATUS_DISABLED,
                                       [FILE_NO_SPACE] =
                                           VD_AGENT_FILE_XFER_STATUS_NOT_ENOUGH_SPACE};
    char text[2048], size[32];
    uint32_t id;
    memcpy(&id, data, sizeof id);
    size_t n = len - sizeof id < sizeof text ? len - sizeof id : sizeof text - 1;
    memcpy(text, data + sizeof id, n);
    text[n] = 0;
    struct file *f = unused(&a->files);
    if (!f) {
        status(a, id, VD_AGENT_FILE_XFER_STATUS_ERROR);
        return;
    }
    *f = (struct file){.used = true, .id = id};
    value_of(text, "\nname=", f->name, sizeof f->name);
    value_of(text, "\nsize=", size, sizeof size);
    f->size = strtoull(size, NULL, 10);
    say(a->report, "file-start %u %llu %s", id, (unsigned long long)f->size, f->name);
    if (a->files.policy == FILE_HOLD) {
        return;
    }
    status(a, id, results[a->files.policy]);
    f->used = a->files.policy == FILE_ACCEPT;
}

static void data_came(struct agent *a, const uint8_t *data, size_t len)
{
    VDAgentFileXferDataMessage head;
    memcpy(&head, data, sizeof head);
    struct file *f = find(&a->files, head.id);
    if (!f || head.size > len - sizeof head) {
        say(a->report, "failed file %u: data for no file", head.id);
        return;
    }
    f->crc = crc32_add(f->crc, data + sizeof head, head.size);
    f->got += head.size;
    if (f->got >= f->size) {
        finish(a, f);
    }
}

static void status_came(struct agent *a, const uint8_t *data)
{
    VDAgentFileXferStatusMessage head;
    memcpy(&head, data, sizeof head);
    struct file *f = find(&a->files, head.id);
    say(a->report, "file-status %u %u", head.id, head.result);
    if (f) {
        f->used = false;
    }
}

bool files_message(struct agent *a, uint32_t type, const uint8_t *data, size_t len)
{
    if (type == VD_AGENT_FILE_XFER_START && len >= sizeof(VDAgentFileXferStartMessage)) {
        start(a, data, len);
    } else if (type == VD_AGENT_FILE_XFER_DATA && len >= sizeof(VDAgentFileXferDataMessage)) {
        data_came(a, data, len);
    } else if (type == VD_AGENT_FILE_XFER_STATUS &&
               len >= sizeof(VDAgentFileXferStatusMessage)) {
        status_came(a, data);
    } else {
        return false;
    }
    return true;
}

/* `file-policy accept|refuse|disabled|no-space|hold`, `file-cancel ID`. */
bool files_command(struct agent *a, const char *verb, const char *words)
{
    static const char *const policies[] = {[FILE_ACCEPT] = "accept",
                                           [FILE_REFUSE] = "refuse",
                                           [FILE_DISABLED] = "disabled",
                                           [FILE_NO_SPACE] = "no-space",
                                           [FILE_HOLD] = "hold"};
    if (strcmp(verb, "file-cancel") == 0) {
        uint32_t id = (uint32_t)strtoul(words, NULL, 10);
        struct file *f = find(&a->files, id);
        if (f) {
            f->used = false;
        }
        status(a, id, VD_AGENT_FILE_XFER_STATUS_CANCELLED);
        return true;
    }
    if (strcmp(verb, "file-policy") != 0) {
        return false;
    }
    for (unsigned i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        if (strcmp(words, policies[i]) == 0) {
            a->files.policy = (enum file_policy)i;
            return true;
        }
    }
    return false;
}
