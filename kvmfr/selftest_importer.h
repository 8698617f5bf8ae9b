/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the self-test asks of /dev/kvmfr-importer: to do with a DMA-BUF what the driver of a GPU
 * does, and with a mapping what VFIO does.
 */
#ifndef SELFTEST_IMPORTER_H
#define SELFTEST_IMPORTER_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct importer_request {
	__s32 fd;	 /* in: the DMA-BUF */
	__u32 mask_bits; /* in, map: address bits of the pretended GPU */
	__u64 entries;	 /* out, map: of the scatter list, as the GPU sees it */
	__u64 bytes;	 /* out, map: their sum; vmap: of the DMA-BUF */
	__u64 address;	 /* out, map: where the GPU finds the first byte; in, pin: of a program */
	__u64 sum;	 /* out: of all 64-bit words; map: 0 for memory without pages */
	__u64 value;	 /* in, vmap and pin: written to the first word after the sum was made */
};

/* Attaches and maps; stays so until DROP or close. EBUSY: one is mapped already. */
#define IMPORTER_MAP _IOWR('K', 1, struct importer_request)
#define IMPORTER_DROP _IO('K', 2)
/* Maps for the kernel, between begin and end of access, and unmaps. */
#define IMPORTER_VMAP _IOWR('K', 3, struct importer_request)
/* Pins `bytes` of the calling program for long and for writing, and lets go of them. */
#define IMPORTER_PIN _IOWR('K', 4, struct importer_request)

#endif
