// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A range of a device as a DMA-BUF. There are no fences: who imports it must know by itself when
 * its content is complete.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/iosys-map.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "kvmfr.h"
#include "kvmfr_compat.h"
#include "kvmfr_device.h"

MODULE_IMPORT_NS(KVMFR_DMABUF_NAMESPACE);

/* Bytes of one entry of a scatter list of a BAR; the field is an unsigned int. */
#define KVMFR_BAR_PIECE SZ_1G

struct kvmfr_export {
	struct kvmfr_user user;
	struct kvmfr_range range;
	struct mutex lock; /* guards @mapped */
	struct list_head mapped; /* struct kvmfr_mapped */
};

/* The range in the addresses of one device that reads it. */
struct kvmfr_mapped {
	struct list_head link;
	struct sg_table table;
	struct device *dev;
	enum dma_data_direction direction;
};

static u64 range_bytes(const struct kvmfr_range *range)
{
	return (u64)range->count << PAGE_SHIFT;
}

static u64 range_offset(const struct kvmfr_range *range)
{
	return (u64)range->first << PAGE_SHIFT;
}

/*
 * A device that cannot reach all memory would be given a copy of it by the DMA layer, and nobody
 * renews that copy when the virtual machine writes the next frame. A BAR that is out of reach
 * cannot even be copied.
 */
static int kvmfr_export_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct kvmfr_export *export = dmabuf->priv;
	struct kvmfr_device *kvmfr = export->range.kvmfr;
	struct device *dev = attachment->dev;
	bool out_of_reach;

	if (kvmfr->pages)
		out_of_reach = dma_addressing_limited(dev);
	else
		out_of_reach = !device_iommu_mapped(dev) &&
			       kvmfr->bar + (kvmfr->size - 1) > dma_get_mask(dev);
	return out_of_reach ? -EOPNOTSUPP : 0;
}

static int map_pages(struct kvmfr_mapped *mapped, const struct kvmfr_range *range)
{
	struct page **pages = range->kvmfr->pages + range->first;
	unsigned int longest = max_t(unsigned int, dma_get_max_seg_size(mapped->dev), PAGE_SIZE);
	int err;

	err = sg_alloc_table_from_pages_segment(&mapped->table, pages, range->count, 0,
						range_bytes(range), longest, GFP_KERNEL);
	if (err)
		return err;
	err = dma_map_sgtable(mapped->dev, &mapped->table, mapped->direction, 0);
	if (err)
		sg_free_table(&mapped->table);
	return err;
}

static void unmap_bar(struct kvmfr_mapped *mapped)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_dma_sg(&mapped->table, sg, i) {
		if (sg_dma_len(sg))
			dma_unmap_resource(mapped->dev, sg_dma_address(sg), sg_dma_len(sg),
					   mapped->direction, 0);
	}
	sg_free_table(&mapped->table);
}

/* A BAR has no pages: only the addresses that a device uses are set, as other drivers do. */
static int map_bar(struct kvmfr_mapped *mapped, const struct kvmfr_range *range)
{
	u64 piece = min_t(u64, dma_get_max_seg_size(mapped->dev), KVMFR_BAR_PIECE);
	phys_addr_t at = range->kvmfr->bar + range_offset(range);
	u64 left = range_bytes(range);
	struct scatterlist *sg;
	unsigned int i;
	int err;

	piece = max_t(u64, round_down(piece, PAGE_SIZE), PAGE_SIZE);
	err = sg_alloc_table(&mapped->table, DIV_ROUND_UP_ULL(left, piece), GFP_KERNEL);
	if (err)
		return err;
	for_each_sgtable_dma_sg(&mapped->table, sg, i) {
		unsigned int bytes = min(left, piece);
		dma_addr_t address = dma_map_resource(mapped->dev, at, bytes, mapped->direction, 0);

		if (dma_mapping_error(mapped->dev, address)) {
			unmap_bar(mapped);
			return -EIO;
		}
		sg_set_page(sg, NULL, bytes, 0);
		sg_dma_address(sg) = address;
		sg_dma_len(sg) = bytes;
		at += bytes;
		left -= bytes;
	}
	return 0;
}

static struct sg_table *kvmfr_export_map(struct dma_buf_attachment *attachment,
					 enum dma_data_direction direction)
{
	struct kvmfr_export *export = attachment->dmabuf->priv;
	struct kvmfr_device *kvmfr = export->range.kvmfr;
	struct kvmfr_mapped *mapped;
	int err = -ENODEV;

	mapped = kzalloc(sizeof(*mapped), GFP_KERNEL);
	if (!mapped)
		return ERR_PTR(-ENOMEM);
	mapped->dev = attachment->dev;
	mapped->direction = direction;
	down_read(&kvmfr->life);
	if (!kvmfr->gone)
		err = kvmfr->pages ? map_pages(mapped, &export->range) :
				     map_bar(mapped, &export->range);
	up_read(&kvmfr->life);
	if (err) {
		kfree(mapped);
		return ERR_PTR(err);
	}
	mutex_lock(&export->lock);
	list_add(&mapped->link, &export->mapped);
	mutex_unlock(&export->lock);
	return &mapped->table;
}

static void kvmfr_export_unmap(struct dma_buf_attachment *attachment, struct sg_table *table,
			       enum dma_data_direction direction)
{
	struct kvmfr_export *export = attachment->dmabuf->priv;
	struct kvmfr_mapped *mapped = container_of(table, struct kvmfr_mapped, table);

	mutex_lock(&export->lock);
	list_del(&mapped->link);
	mutex_unlock(&export->lock);
	if (export->range.kvmfr->pages) {
		dma_unmap_sgtable(mapped->dev, table, direction, 0);
		sg_free_table(table);
	} else {
		unmap_bar(mapped);
	}
	kfree(mapped);
}

/* For platforms whose devices do not see the processor's cache; elsewhere only a question. */
static int kvmfr_export_begin(struct dma_buf *dmabuf, enum dma_data_direction direction)
{
	struct kvmfr_export *export = dmabuf->priv;
	struct kvmfr_mapped *mapped;

	if (kvmfr_device_is_gone(export->range.kvmfr))
		return -ENODEV;
	if (!export->range.kvmfr->pages)
		return 0;
	mutex_lock(&export->lock);
	list_for_each_entry(mapped, &export->mapped, link)
		dma_sync_sgtable_for_cpu(mapped->dev, &mapped->table, mapped->direction);
	mutex_unlock(&export->lock);
	return 0;
}

static int kvmfr_export_end(struct dma_buf *dmabuf, enum dma_data_direction direction)
{
	struct kvmfr_export *export = dmabuf->priv;
	struct kvmfr_mapped *mapped;

	if (!export->range.kvmfr->pages)
		return 0;
	mutex_lock(&export->lock);
	list_for_each_entry(mapped, &export->mapped, link)
		dma_sync_sgtable_for_device(mapped->dev, &mapped->table, mapped->direction);
	mutex_unlock(&export->lock);
	return 0;
}

static int kvmfr_export_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct kvmfr_export *export = dmabuf->priv;

	return kvmfr_memory_mmap(&export->range, vma);
}

/* Called once for all who want it, until vunmap: the DMA-BUF layer counts them. */
static int kvmfr_export_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct kvmfr_export *export = dmabuf->priv;
	struct kvmfr_range *range = &export->range;
	struct kvmfr_device *kvmfr = range->kvmfr;
	void *address;

	if (kvmfr_device_is_gone(kvmfr))
		return -ENODEV;
	if (kvmfr->pages)
		address = vmap(kvmfr->pages + range->first, range->count, VM_MAP, PAGE_KERNEL);
	else
		address = kvmfr->bar_map + range_offset(range);
	if (!address)
		return -ENOMEM;
	iosys_map_set_vaddr(map, address);
	return 0;
}

static void kvmfr_export_vunmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct kvmfr_export *export = dmabuf->priv;

	/* The mapping of a BAR stays as long as the device. */
	if (export->range.kvmfr->pages)
		vunmap(map->vaddr);
}

static void kvmfr_export_free(struct kvmfr_export *export)
{
	put_device(&export->range.kvmfr->dev);
	mutex_destroy(&export->lock);
	kfree(export);
}

static void kvmfr_export_release(struct dma_buf *dmabuf)
{
	struct kvmfr_export *export = dmabuf->priv;
	struct inode *inode = export->user.mapping->host;

	kvmfr_user_del(&export->user);
	iput(inode);
	kvmfr_export_free(export);
}

static const struct dma_buf_ops kvmfr_export_ops = {
	.attach = kvmfr_export_attach,
	.map_dma_buf = kvmfr_export_map,
	.unmap_dma_buf = kvmfr_export_unmap,
	.begin_cpu_access = kvmfr_export_begin,
	.end_cpu_access = kvmfr_export_end,
	.mmap = kvmfr_export_mmap,
	.vmap = kvmfr_export_vmap,
	.vunmap = kvmfr_export_vunmap,
	.release = kvmfr_export_release,
};

static int check_range(const struct kvmfr_device *kvmfr, const struct kvmfr_dmabuf_range *want)
{
	if (want->flags & ~KVMFR_DMABUF_CLOEXEC)
		return -EINVAL;
	if (!PAGE_ALIGNED(want->offset) || !PAGE_ALIGNED(want->size) || !want->size)
		return -EINVAL;
	/* No sum that could overflow. */
	if (want->offset > kvmfr->size || want->size > kvmfr->size - want->offset)
		return -EINVAL;
	return 0;
}

/*
 * A new descriptor, or a negative error. @access: O_RDWR or less, as the device was opened; it
 * limits the mappings that programs make, not what a GPU does.
 */
int kvmfr_dmabuf_create(struct kvmfr_device *kvmfr, unsigned int access,
			const struct kvmfr_dmabuf_range *want)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct kvmfr_export *export;
	struct dma_buf *dmabuf;
	struct inode *inode;
	int fd;

	fd = check_range(kvmfr, want);
	if (fd < 0)
		return fd;
	export = kzalloc(sizeof(*export), GFP_KERNEL);
	if (!export)
		return -ENOMEM;
	get_device(&kvmfr->dev);
	mutex_init(&export->lock);
	INIT_LIST_HEAD(&export->mapped);
	export->range.kvmfr = kvmfr;
	export->range.first = want->offset >> PAGE_SHIFT;
	export->range.count = want->size >> PAGE_SHIFT;
	info.ops = &kvmfr_export_ops;
	info.size = want->size;
	info.flags = access;
	info.priv = export;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		kvmfr_export_free(export);
		return PTR_ERR(dmabuf);
	}
	/* The file gives its inode back before it calls release(). */
	inode = file_inode(dmabuf->file);
	ihold(inode);
	export->user.kvmfr = kvmfr;
	export->user.mapping = inode->i_mapping;
	kvmfr_user_add(&export->user, &kvmfr->exports);
	fd = dma_buf_fd(dmabuf, want->flags & KVMFR_DMABUF_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		dma_buf_put(dmabuf);
	return fd;
}
