/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs may ask of a kvmfr device node (/dev/kvmfr0 ... /dev/kvmfr9): shared memory between
 * a virtual machine and its host as a character device. Map it with MAP_SHARED, offset + length
 * inside the device; there is no read, write or poll. Used by the kernel module and by programs.
 *
 * Every request fails with ENOTTY when it is unknown, and with ENODEV when the device is gone (the
 * PCI device was unplugged or its driver unbound); mappings of such a device raise SIGBUS.
 */
#ifndef KVMFR_H
#define KVMFR_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define KVMFR_IOCTL_TYPE 'u'

/*
 * The size of the device in bytes, as the return value; -1 and errno on error. The value is an
 * int, so it cannot tell 2 GiB and more: EOVERFLOW, and KVMFR_GET_SIZE64 tells. Older modules
 * return such sizes cut to 32 bits: what is not above 0 is no size.
 */
#define KVMFR_GET_SIZE _IO(KVMFR_IOCTL_TYPE, 0x44)

/*
 * The size of the device in bytes, whatever it is, into *arg; returns 0. EFAULT: bad pointer.
 * ENOTTY: an older module, ask KVMFR_GET_SIZE.
 */
#define KVMFR_GET_SIZE64 _IOR(KVMFR_IOCTL_TYPE, 0x45, __u64)

#define KVMFR_DMABUF_CLOEXEC 1 /* flag: close the new descriptor on exec */

/*
 * A range of the device to export. `reserved` should be 0, and is not looked at: programs older
 * than this header leave it as it was.
 */
struct kvmfr_dmabuf_range {
	__u8 flags; /* KVMFR_DMABUF_CLOEXEC or 0 */
	__u8 reserved[7];
	__u64 offset; /* bytes, a multiple of the page size */
	__u64 size; /* bytes, a multiple of the page size, not 0 */
};

/*
 * A DMA-BUF of the range as a new descriptor, the return value. It is a window on memory that
 * keeps changing, not a copy, and may be mapped for writing if the device was opened for writing.
 * EINVAL: unknown flag, size 0, not aligned or outside of the device; EFAULT: bad pointer; EMFILE:
 * no free descriptor; ENOMEM.
 */
#define KVMFR_DMABUF_CREATE _IOW(KVMFR_IOCTL_TYPE, 0x42, struct kvmfr_dmabuf_range)

#endif
