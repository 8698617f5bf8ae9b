/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the module. kvmfr_main.c makes device nodes and answers programs, kvmfr_memory.c owns what
 * is behind a node and puts it into address spaces, kvmfr_dmabuf.c exports ranges of it, and
 * kvmfr_pci.c finds devices on the PCI bus.
 */
#ifndef KVMFR_DEVICE_H
#define KVMFR_DEVICE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/types.h>

struct kvmfr_dmabuf_range;

#define KVMFR_DEVICES_MAX 10

/* Part of a device, in pages: what one mapping may touch. */
struct kvmfr_range {
	struct kvmfr_device *kvmfr;
	pgoff_t first;
	pgoff_t count;
};

/* An open file or a DMA-BUF of a device: whatever address spaces can have mapped it through. */
struct kvmfr_user {
	struct list_head link; /* kvmfr_device.files or .exports */
	struct kvmfr_device *kvmfr;
	struct address_space *mapping; /* valid while linked */
};

/*
 * Lives as long as anybody holds @dev: the module or the PCI device, open files (through @cdev) and
 * DMA-BUFs.
 */
struct kvmfr_device {
	struct device dev;
	struct cdev cdev;
	int minor; /* negative: given back */
	u64 size; /* bytes, whole pages, never 0 */
	struct kvmfr_range whole;

	/*
	 * Static devices: one entry per page, NULL for PCI devices, which have @bar and, for the
	 * kernel itself, @bar_map.
	 */
	struct page **pages;
	phys_addr_t bar;
	void *bar_map;
	unsigned long pieces; /* physically contiguous ones */

	/* Held for reading while the memory is put into an address space; guards @gone. */
	struct rw_semaphore life;
	bool gone;

	struct mutex users_lock; /* guards the lists */
	struct list_head files; /* struct kvmfr_user */
	struct list_head exports; /* struct kvmfr_user */
};

struct kvmfr_device *kvmfr_device_alloc(struct device *parent);
int kvmfr_device_add(struct kvmfr_device *kvmfr);
void kvmfr_device_remove(struct kvmfr_device *kvmfr);
bool kvmfr_device_is_gone(struct kvmfr_device *kvmfr);
void kvmfr_user_add(struct kvmfr_user *user, struct list_head *list);
void kvmfr_user_del(struct kvmfr_user *user);

int kvmfr_memory_get_pages(struct kvmfr_device *kvmfr, u64 size);
int kvmfr_memory_get_bar(struct kvmfr_device *kvmfr, phys_addr_t bar, u64 size);
void kvmfr_memory_put(struct kvmfr_device *kvmfr);
int kvmfr_memory_mmap(struct kvmfr_range *range, struct vm_area_struct *vma);

int kvmfr_dmabuf_create(struct kvmfr_device *kvmfr, unsigned int access,
			const struct kvmfr_dmabuf_range *want);

int kvmfr_pci_register(void);
void kvmfr_pci_unregister(void);

#endif
