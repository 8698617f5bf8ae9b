/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernels from 6.1 on call by different names. */
#ifndef KVMFR_COMPAT_H
#define KVMFR_COMPAT_H

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/version.h>

/* The largest order of pages that the kernel gives at once. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define KVMFR_ORDER_MAX MAX_PAGE_ORDER
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define KVMFR_ORDER_MAX MAX_ORDER
#else
#define KVMFR_ORDER_MAX (MAX_ORDER - 1)
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define KVMFR_DMABUF_NAMESPACE "DMA_BUF"
#else
#define KVMFR_DMABUF_NAMESPACE DMA_BUF
#endif

static inline void kvmfr_add_flags(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

#endif
