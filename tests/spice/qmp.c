/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/qmp.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/check.h"

#define PATIENCE_NS (30 * ORL_NS_PER_S)

static void write_line(struct qmp *q, const char *line)
{
    size_t len = strlen(line);
    assert_int_equal(write(q->fd, line, len), (ssize_t)len);
}

/* The next message, one line, cut out of the buffer into `line`. */
static void read_line(struct qmp *q, char *line, size_t cap)
{
    uint64_t end_ns = orl_now_ns() + PATIENCE_NS;
    for (;;) {
        char *end = memchr(q->text, '\n', q->fill);
        if (end) {
            size_t used = (size_t)(end - q->text) + 1;
            snprintf(line, cap, "%.*s", (int)(used - 1), q->text);
            q->fill -= used;
            memmove(q->text, q->text + used, q->fill);
            return;
        }
        struct pollfd p = {.fd = q->fd, .events = POLLIN};
        assert_true(orl_now_ns() < end_ns && q->fill < sizeof(q->text));
        if (poll(&p, 1, 1000) > 0) {
            ssize_t n = read(q->fd, q->text + q->fill, sizeof(q->text) - q->fill);
            assert_true(n > 0);
            q->fill += (size_t)n;
        }
    }
}

static void expect_return(struct qmp *q)
{
    char line[8192];
    do { /* events come in between */
        read_line(q, line, sizeof(line));
        if (strstr(line, "\"error\"")) {
            fail_msg("QEMU says %s", line);
        }
    } while (!strstr(line, "\"return\""));
}

void qmp_open(struct qmp *q, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char line[8192];
    uint64_t end_ns = orl_now_ns() + PATIENCE_NS;
    memset(q, 0, sizeof(*q));
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    q->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(q->fd >= 0);
    while (connect(q->fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
        assert_true(orl_now_ns() < end_ns);
        orl_sleep_until(orl_now_ns() + 10 * ORL_NS_PER_MS);
    }
    read_line(q, line, sizeof(line)); /* greeting */
    qmp_do(q, "qmp_capabilities", "");
}

void qmp_close(struct qmp *q)
{
    close(q->fd);
    q->fd = -1;
}

void qmp_do(struct qmp *q, const char *name, const char *args)
{
    char line[1024];
    int n = snprintf(line, sizeof(line), "{\"execute\": \"%s\", \"arguments\": {%s}}\n", name,
                     args);
    assert_true(n > 0 && (size_t)n < sizeof(line));
    write_line(q, line);
    expect_return(q);
}

uint8_t *qmp_screen(struct qmp *q, const char *path, uint32_t *w, uint32_t *h)
{
    char args[512];
    unsigned max = 0;
    snprintf(args, sizeof(args), "\"filename\": \"%s\"", path);
    qmp_do(q, "screendump", args);
    FILE *f = fopen(path, "rb"); /* PPM: "P6\nW H\n255\n", then R,G,B */
    assert_non_null(f);
    assert_int_equal(fscanf(f, "P6 %u %u %u", w, h, &max), 3);
    assert_int_equal(max, 255);
    assert_int_equal(fgetc(f), '\n');
    size_t bytes = (size_t)*w * *h * 3;
    assert_true(*w <= 16384 && *h <= 16384);
    uint8_t *rgb = malloc(bytes);
    assert_non_null(rgb);
    assert_int_equal(fread(rgb, 1, bytes, f), bytes);
    fclose(f);
    return rgb;
}
