// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The memory behind a device: pages of the kernel in as few physical pieces as can be had, or the
 * BAR of a PCI device; and how it comes into the address space of a program.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include "kvmfr_compat.h"
#include "kvmfr_device.h"

/* Bytes around a page that is touched first which are mapped with it. */
#define KVMFR_FAULT_WINDOW SZ_2M

static uint chunk_order_max = KVMFR_ORDER_MAX;
module_param(chunk_order_max, uint, 0);
MODULE_PARM_DESC(chunk_order_max,
		 "Ask for at most 2^N pages at once, for tests (default: as many as the kernel gives)");

static int compare_frames(const void *a, const void *b)
{
	unsigned long x = page_to_pfn(*(struct page *const *)a);
	unsigned long y = page_to_pfn(*(struct page *const *)b);

	return x < y ? -1 : x > y;
}

/*
 * Fills @heads with chunks of 2^order zeroed pages, @count pages in all, and notes the order in
 * each chunk's page_private(). The largest chunks are tried first; an order that has failed once
 * is not tried again. Returns the number of chunks, 0 when there is no memory for all of them or
 * the process was killed: then nothing is left behind.
 */
static pgoff_t get_chunks(struct page **heads, pgoff_t count)
{
	unsigned int order = min_t(unsigned int, chunk_order_max, KVMFR_ORDER_MAX);
	pgoff_t got = 0, chunks = 0;

	while (got < count && !fatal_signal_pending(current)) {
		gfp_t gfp = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN;
		struct page *page;

		while (order > 0 && (1UL << order) > count - got)
			order--;
		/* A large chunk is not worth driving others out, nor the last page killing them. */
		gfp |= order > 0 ? __GFP_NORETRY : __GFP_RETRY_MAYFAIL;
		page = alloc_pages(gfp, order);
		if (!page && order == 0)
			break;
		if (!page) {
			order--;
			continue;
		}
		set_page_private(page, order);
		heads[chunks++] = page;
		got += 1UL << order;
		cond_resched();
	}
	if (got == count)
		return chunks;
	while (chunks-- > 0) {
		order = page_private(heads[chunks]);
		set_page_private(heads[chunks], 0);
		__free_pages(heads[chunks], order);
	}
	return 0;
}

/*
 * From the sorted heads of chunks at its front to one entry per page. Works from the end, where the
 * place to write is never in front of the head to read: each chunk has at least one page.
 */
static void expand_chunks(struct page **pages, pgoff_t chunks, pgoff_t count)
{
	pgoff_t at = count;

	while (chunks-- > 0) {
		struct page *head = pages[chunks];
		unsigned int order = page_private(head);
		pgoff_t i;

		set_page_private(head, 0);
		/* Each page counts its users by itself: that is what address spaces need. */
		split_page(head, order);
		at -= 1UL << order;
		for (i = 0; i < 1UL << order; i++)
			pages[at + i] = head + i;
		cond_resched();
	}
}

static unsigned long count_pieces(struct page **pages, pgoff_t count)
{
	unsigned long pieces = 1;
	pgoff_t i;

	for (i = 1; i < count; i++)
		pieces += page_to_pfn(pages[i]) != page_to_pfn(pages[i - 1]) + 1;
	return pieces;
}

/* @size bytes of zeroed memory for a static device. */
int kvmfr_memory_get_pages(struct kvmfr_device *kvmfr, u64 size)
{
	pgoff_t count = size >> PAGE_SHIFT;
	struct page **pages;
	pgoff_t chunks;

	pages = kvcalloc(count, sizeof(*pages), GFP_KERNEL | __GFP_NOWARN);
	if (!pages)
		return -ENOMEM;
	chunks = get_chunks(pages, count);
	if (!chunks) {
		kvfree(pages);
		return fatal_signal_pending(current) ? -EINTR : -ENOMEM;
	}
	/* Chunks that are neighbours become one piece. */
	sort(pages, chunks, sizeof(*pages), compare_frames, NULL);
	expand_chunks(pages, chunks, count);
	kvmfr->pages = pages;
	kvmfr->size = size;
	kvmfr->pieces = count_pieces(pages, count);
	kvmfr->whole = (struct kvmfr_range){ .kvmfr = kvmfr, .count = count };
	return 0;
}

/*
 * The memory of a PCI device, which belongs to the caller. It is mapped cached here for as long as
 * the device lives: for the kernel's own use, and because x86 gives the mappings of programs the
 * kind of caching that the range has been reserved for.
 */
int kvmfr_memory_get_bar(struct kvmfr_device *kvmfr, phys_addr_t bar, u64 size)
{
	kvmfr->bar_map = memremap(bar, size, MEMREMAP_WB);
	if (!kvmfr->bar_map)
		return -ENOMEM;
	kvmfr->bar = bar;
	kvmfr->size = size;
	kvmfr->pieces = 1;
	kvmfr->whole = (struct kvmfr_range){ .kvmfr = kvmfr, .count = size >> PAGE_SHIFT };
	return 0;
}

void kvmfr_memory_put(struct kvmfr_device *kvmfr)
{
	pgoff_t i;

	for (i = 0; kvmfr->pages && i < kvmfr->whole.count; i++) {
		__free_page(kvmfr->pages[i]);
		cond_resched();
	}
	kvfree(kvmfr->pages);
	kvmfr->pages = NULL;
	if (kvmfr->bar_map)
		memunmap(kvmfr->bar_map);
	kvmfr->bar_map = NULL;
}

/* The pages of the kernel are mapped as such: drivers (VFIO) may pin them. */
static vm_fault_t insert_pages(struct vm_fault *vmf, struct kvmfr_range *range,
			       unsigned long count)
{
	struct page **pages = range->kvmfr->pages + range->first + vmf->pgoff;
	unsigned long left = count;
	int err;

	err = vm_insert_pages(vmf->vma, vmf->address & PAGE_MASK, pages, &left);
	/* Stops at a page that is there already; the one that was asked for came first. */
	if (err && err != -EBUSY && left == count)
		return vmf_error(err);
	return VM_FAULT_NOPAGE;
}

static vm_fault_t insert_frames(struct vm_fault *vmf, struct kvmfr_range *range,
				unsigned long count)
{
	unsigned long frame = PHYS_PFN(range->kvmfr->bar) + range->first + vmf->pgoff;
	unsigned long address = vmf->address & PAGE_MASK;
	unsigned long i;

	for (i = 0; i < count; i++) {
		vm_fault_t result = vmf_insert_pfn(vmf->vma, address + i * PAGE_SIZE, frame + i);

		if (result != VM_FAULT_NOPAGE)
			return i ? VM_FAULT_NOPAGE : result;
	}
	return VM_FAULT_NOPAGE;
}

/*
 * Maps the page and those that follow it in the same window. A mapping may have been made longer
 * than its range by mremap(): what is behind the end is no memory.
 */
static vm_fault_t kvmfr_memory_fault(struct vm_fault *vmf)
{
	struct kvmfr_range *range = vmf->vma->vm_private_data;
	struct kvmfr_device *kvmfr = range->kvmfr;
	vm_fault_t result = VM_FAULT_SIGBUS;

	down_read(&kvmfr->life);
	if (!kvmfr->gone && vmf->pgoff < range->count) {
		unsigned long end = ALIGN(vmf->address + 1, KVMFR_FAULT_WINDOW);
		unsigned long count;

		/* 0 is the end of the address space. */
		end = min(end - 1, vmf->vma->vm_end - 1);
		count = (end >> PAGE_SHIFT) - (vmf->address >> PAGE_SHIFT) + 1;
		count = min(count, range->count - vmf->pgoff);
		if (kvmfr->pages)
			result = insert_pages(vmf, range, count);
		else
			result = insert_frames(vmf, range, count);
	}
	up_read(&kvmfr->life);
	return result;
}

static const struct vm_operations_struct kvmfr_memory_ops = {
	.fault = kvmfr_memory_fault,
};

/* @range lives as long as the file that is mapped. */
int kvmfr_memory_mmap(struct kvmfr_range *range, struct vm_area_struct *vma)
{
	if (kvmfr_device_is_gone(range->kvmfr))
		return -ENODEV;
	/* Not VM_SHARED: a file that is not open for writing has lost that. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_pgoff > range->count || vma_pages(vma) > range->count - vma->vm_pgoff)
		return -EINVAL;
	if (range->kvmfr->pages)
		kvmfr_add_flags(vma, VM_MIXEDMAP | VM_DONTDUMP);
	else
		kvmfr_add_flags(vma, VM_PFNMAP | VM_IO | VM_DONTDUMP);
	vma->vm_private_data = range;
	vma->vm_ops = &kvmfr_memory_ops;
	return 0;
}
