/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a WebDAV service of the guest does: its clients' bytes go through one virtio port, in frames
 * of client (8 bytes), size (2 bytes) and data, little endian; a frame without data ends a client.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

enum { WAIT_MS = 20000, FRAME_MAX = 65535, HEX_MAX = 65536 };

static const uint64_t client = 0x1122334455667788;

struct frame {
    uint64_t client;
    uint16_t size;
} __attribute__((packed));

static bool send_frames(int fd, const struct bytes *b)
{
    for (size_t at = 0; at < b->len;) {
        size_t n = b->len - at < FRAME_MAX ? b->len - at : FRAME_MAX;
        struct frame head = {client, (uint16_t)n};
        if (!write_all(fd, &head, sizeof head) || !write_all(fd, b->at + at, n)) {
            return false;
        }
        at += n;
    }
    return true;
}

/* Moves whole frames from `in` to `answer`. True: the client's end has come. */
static bool take_frames(struct bytes *in, struct bytes *answer)
{
    struct frame head;
    bool ended = false;
    while (!ended && in->len >= sizeof head) {
        memcpy(&head, in->at, sizeof head);
        if (in->len - sizeof head < head.size) {
            break;
        }
        if (head.client == client) {
            bytes_add(answer, in->at + sizeof head, head.size);
            ended = head.size == 0;
        }
        bytes_drop(in, sizeof head + head.size);
    }
    return ended;
}

/* NULL, or what went wrong. */
static const char *converse(int fd, struct bytes *answer)
{
    struct bytes in = {0};
    uint8_t data[16384];
    const char *why = NULL;
    bool ended = false;
    while (!ended && !why) {
        struct pollfd p = {fd, POLLIN, 0};
        ssize_t n = poll(&p, 1, WAIT_MS) > 0 ? read(fd, data, sizeof data) : -1;
        if (n > 0) {
            bytes_add(&in, data, (size_t)n);
            ended = take_frames(&in, answer);
        } else {
            why = n == 0 ? "nobody at the other end" : "no answer";
        }
    }
    bytes_free(&in);
    return why;
}

/* `share-answer BYTES CRC32 HEAD [BODY]`: size and sum are those of the body. */
static void tell(int report, const struct bytes *answer)
{
    const uint8_t *end = answer->len ? memmem(answer->at, answer->len, "\r\n\r\n", 4) : NULL;
    size_t head = end ? (size_t)(end + 4 - answer->at) : answer->len;
    size_t body = answer->len - head;
    struct bytes line = {0};
    char text[64];
    snprintf(text, sizeof text, "share-answer %zu %08x ", body,
             crc32_add(0, answer->at + head, body));
    bytes_add(&line, text, strlen(text) + 1);
    say_hex(report, (const char *)line.at, answer->at, body <= HEX_MAX ? answer->len : head);
    bytes_free(&line);
}

/* The port can be opened before anybody is at its other end; what is written then is lost. */
static bool wait_for_host(int fd)
{
    for (int ms = 0; ms < WAIT_MS; ms += 10) {
        struct pollfd p = {fd, POLLIN, 0};
        if (poll(&p, 1, 0) == 0 || !(p.revents & POLLHUP)) {
            return true;
        }
        usleep(10000);
    }
    return false;
}

static int ask(int report, const struct bytes *request, bool framed)
{
    struct bytes answer = {0};
    int fd = port_open("org.spice-space.webdav.0", O_RDWR);
    const char *why = "there is no port";
    if (fd >= 0) {
        bool sent = wait_for_host(fd) && (framed ? send_frames(fd, request)
                                                 : write_all(fd, request->at, request->len));
        why = !sent ? "the port takes nothing" : framed ? converse(fd, &answer) : NULL;
        close(fd);
    }
    if (why) {
        say(report, "share-failed %s", why);
    } else {
        tell(report, &answer);
    }
    return 0;
}

/* `share-ask HEX`: a request of one client, to its answer's end. `share-raw HEX`: without frames. */
bool share_command(int report, const char *verb, const char *words)
{
    bool framed = strcmp(verb, "share-ask") == 0;
    struct bytes request = {0};
    if ((!framed && strcmp(verb, "share-raw") != 0) || !read_hex(words, &request)) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        _exit(ask(report, &request, framed));
    }
    bytes_free(&request);
    return pid > 0;
}
