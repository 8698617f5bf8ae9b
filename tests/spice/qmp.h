/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's monitor (QMP) over a Unix socket, as far as tests need it. Failures fail the test. */
#ifndef ORL_TESTS_SPICE_QMP_H
#define ORL_TESTS_SPICE_QMP_H

#include <stddef.h>
#include <stdint.h>

struct qmp {
    int fd;
    char text[65536];
    size_t fill;
};

/* Waits for the socket, connects, leaves the negotiation behind. */
void qmp_open(struct qmp *q, const char *path);
void qmp_close(struct qmp *q);

/* {"execute": NAME, "arguments": {ARGS}}; waits for its success. `args` may be "". */
void qmp_do(struct qmp *q, const char *name, const char *args);

/* QEMU's own picture of its first card: *w x *h pixels of R,G,B; free it. `path`: scratch file. */
uint8_t *qmp_screen(struct qmp *q, const char *path, uint32_t *w, uint32_t *h);

#endif
