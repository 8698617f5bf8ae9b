/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs may ask of a kvmfr device node (/dev/kvmfr0 ... /dev/kvmfr9): shared memory between
 * a virtual machine and its host as a character device. Map it with MAP_SHARED, offset + length
 * inside the device; there is no read, write or poll. Used by the kernel module and by programs.
 */
#ifndef KVMFR_H
#define KVMFR_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define KVMFR_IOCTL_TYPE 'u'

/*
 * The size of the device in bytes, as the return value; -1 and errno on error. The value is an
 * int, so a device of 2 GiB or more comes back negative.
 */
#define KVMFR_GET_SIZE _IO(KVMFR_IOCTL_TYPE, 0x44)

#define KVMFR_DMABUF_CLOEXEC 1 /* flag: close the new descriptor on exec */

/* A range of the device to export; every byte that has no meaning is 0. */
struct kvmfr_dmabuf_range {
    __u8 flags; /* KVMFR_DMABUF_CLOEXEC or 0 */
    __u8 reserved[7];
    __u64 offset; /* bytes, a multiple of the page size */
    __u64 size;   /* bytes, a multiple of the page size, not 0 */
};

/*
 * A DMA-BUF of the range as a new descriptor, the return value. EINVAL: not aligned or outside of
 * the device; EFAULT: bad pointer; ENOMEM. It is a window on memory that keeps changing.
 */
#define KVMFR_DMABUF_CREATE _IOW(KVMFR_IOCTL_TYPE, 0x42, struct kvmfr_dmabuf_range)

#endif
