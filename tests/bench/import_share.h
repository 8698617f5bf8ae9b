/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose work it was: GL's or ours; which pages we have touched; how a GPU would see a buffer. */
#ifndef ORL_BENCH_IMPORT_SHARE_H
#define ORL_BENCH_IMPORT_SHARE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Processor time of a thread or process. */
uint64_t share_cpu_ns(clockid_t clock);

/*
 * From now on the calls in which software GL reads or writes pixels are timed (processor time of the
 * calling thread). A context is current; once.
 */
void share_watch_gl(void);

/* Spent in those calls so far. */
uint64_t share_gl_ns(void);

/* Pages of [from, from + bytes) that are in this process's page table: touched, or beside one. */
size_t share_pages_touched(const uint8_t *from, size_t bytes);

/*
 * Entries of the scatter list that the driver for tests (tests/kvmfr/importer.c) gets for this
 * DMA-BUF, for a GPU with addresses of 64 bits and without IOMMU. 0: there is no such driver, or it
 * is no DMA-BUF.
 */
uint64_t share_entries(int fd);

#endif
