// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A driver for tests: imports DMA-BUFs as a GPU's does (selftest_importer.h). Never loaded
 * elsewhere.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/iosys-map.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#include "selftest_importer.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS("DMA_BUF");
#else
MODULE_IMPORT_NS(DMA_BUF);
#endif

/* Until 6.2 these took the lock themselves or needed none. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#    define dma_buf_map_attachment_unlocked   dma_buf_map_attachment
#    define dma_buf_unmap_attachment_unlocked dma_buf_unmap_attachment
#    define dma_buf_vmap_unlocked             dma_buf_vmap
#    define dma_buf_vunmap_unlocked           dma_buf_vunmap
#endif

struct import {
    struct mutex lock;
    struct dma_buf *dmabuf;
    struct dma_buf_attachment *attachment;
    struct sg_table *table;
};

static struct platform_device *gpu;

static u64 sum_words(const u64 *words, size_t bytes)
{
    u64 sum = 0;
    size_t i;

    for (i = 0; i < bytes / sizeof(*words); i++) {
        sum += words[i];
    }
    return sum;
}

static u64 sum_pages(struct sg_table *table)
{
    struct sg_page_iter iter;
    u64 sum = 0;

    for_each_sgtable_page(table, &iter, 0)
    {
        struct page *page = sg_page_iter_page(&iter);

        sum += sum_words(page_address(page), PAGE_SIZE);
        cond_resched();
    }
    return sum;
}

static void describe(struct importer_request *request, struct sg_table *table)
{
    struct scatterlist *sg;
    unsigned int i;

    request->entries = table->nents;
    request->bytes = 0;
    request->address = sg_dma_address(table->sgl);
    for_each_sgtable_dma_sg(table, sg, i)
    {
        request->bytes += sg_dma_len(sg);
    }
    request->sum = sg_page(table->sgl) ? sum_pages(table) : 0;
}

static int import_drop(struct import *import)
{
    if (!import->dmabuf) {
        return -ENOENT;
    }
    dma_buf_unmap_attachment_unlocked(import->attachment, import->table, DMA_BIDIRECTIONAL);
    dma_buf_detach(import->dmabuf, import->attachment);
    dma_buf_put(import->dmabuf);
    import->dmabuf = NULL;
    return 0;
}

static int import_map(struct import *import, struct importer_request *request)
{
    struct dma_buf *dmabuf;
    int err;

    if (import->dmabuf) {
        return -EBUSY;
    }
    err = dma_coerce_mask_and_coherent(&gpu->dev, DMA_BIT_MASK(request->mask_bits));
    if (err) {
        return err;
    }
    dma_set_max_seg_size(&gpu->dev, UINT_MAX);
    dmabuf = dma_buf_get(request->fd);
    if (IS_ERR(dmabuf)) {
        return PTR_ERR(dmabuf);
    }
    import->attachment = dma_buf_attach(dmabuf, &gpu->dev);
    if (IS_ERR(import->attachment)) {
        err = PTR_ERR(import->attachment);
        goto put;
    }
    import->table = dma_buf_map_attachment_unlocked(import->attachment, DMA_BIDIRECTIONAL);
    if (IS_ERR(import->table)) {
        err = PTR_ERR(import->table);
        goto detach;
    }
    import->dmabuf = dmabuf;
    describe(request, import->table);
    return 0;

detach:
    dma_buf_detach(dmabuf, import->attachment);
put:
    dma_buf_put(dmabuf);
    return err;
}

static int import_vmap(struct importer_request *request)
{
    struct dma_buf *dmabuf = dma_buf_get(request->fd);
    struct iosys_map map = {};
    int err;

    if (IS_ERR(dmabuf)) {
        return PTR_ERR(dmabuf);
    }
    err = dma_buf_begin_cpu_access(dmabuf, DMA_BIDIRECTIONAL);
    if (!err) {
        err = dma_buf_vmap_unlocked(dmabuf, &map);
    }
    if (!err) {
        request->bytes = dmabuf->size;
        request->sum = sum_words(map.vaddr, dmabuf->size);
        *(u64 *)map.vaddr = request->value;
        dma_buf_vunmap_unlocked(dmabuf, &map);
        err = dma_buf_end_cpu_access(dmabuf, DMA_BIDIRECTIONAL);
    }
    dma_buf_put(dmabuf);
    return err;
}

static int import_pin(struct importer_request *request)
{
    int count = (int)(request->bytes >> PAGE_SHIFT), got, i;
    struct page **pages = kvcalloc(count, sizeof(*pages), GFP_KERNEL);

    if (!pages) {
        return -ENOMEM;
    }
    got = pin_user_pages_fast(request->address, count, FOLL_WRITE | FOLL_LONGTERM, pages);
    request->sum = 0;
    for (i = 0; i < got; i++) {
        request->sum += sum_words(page_address(pages[i]), PAGE_SIZE);
    }
    if (got == count) {
        *(u64 *)page_address(pages[0]) = request->value;
    }
    for (i = 0; i < got; i++) {
        unpin_user_page(pages[i]);
    }
    kvfree(pages);
    return got == count ? 0 : got < 0 ? got : -EFAULT;
}

static long importer_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
    struct import *import = file->private_data;
    struct importer_request request = {};
    long err = -ENOTTY;

    if (_IOC_SIZE(command) == sizeof(request) &&
        copy_from_user(&request, (void __user *)arg, sizeof(request))) {
        return -EFAULT;
    }
    mutex_lock(&import->lock);
    switch (command) {
    case IMPORTER_MAP: err = import_map(import, &request); break;
    case IMPORTER_DROP: err = import_drop(import); break;
    case IMPORTER_VMAP: err = import_vmap(&request); break;
    case IMPORTER_PIN: err = import_pin(&request); break;
    }
    mutex_unlock(&import->lock);
    if (!err && _IOC_SIZE(command) == sizeof(request) &&
        copy_to_user((void __user *)arg, &request, sizeof(request))) {
        return -EFAULT;
    }
    return err;
}

static int importer_open(struct inode *inode, struct file *file)
{
    struct import *import = kzalloc(sizeof(*import), GFP_KERNEL);

    if (!import) {
        return -ENOMEM;
    }
    mutex_init(&import->lock);
    file->private_data = import;
    return 0;
}

static int importer_release(struct inode *inode, struct file *file)
{
    import_drop(file->private_data);
    kfree(file->private_data);
    return 0;
}

static const struct file_operations importer_fops = {
    .owner = THIS_MODULE,
    .open = importer_open,
    .release = importer_release,
    .unlocked_ioctl = importer_ioctl,
};

static struct miscdevice importer_device = {
    .minor = MISC_DYNAMIC_MINOR,
    .name = "kvmfr-importer",
    .fops = &importer_fops,
};

static int __init importer_init(void)
{
    int err;

    gpu = platform_device_register_simple("kvmfr-importer", -1, NULL, 0);
    if (IS_ERR(gpu)) {
        return PTR_ERR(gpu);
    }
    err = misc_register(&importer_device);
    if (err) {
        platform_device_unregister(gpu);
    }
    return err;
}

static void __exit importer_exit(void)
{
    misc_deregister(&importer_device);
    platform_device_unregister(gpu);
}

module_init(importer_init);
module_exit(importer_exit);

MODULE_DESCRIPTION("Imports DMA-BUFs for the tests of kvmfr");
MODULE_LICENSE("GPL");
