// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shared memory between a virtual machine and its host as character devices: /dev/kvmfr0 and so
 * on. kvmfr.h is the interface for programs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "kvmfr.h"
#include "kvmfr_device.h"

static uint static_size_mb[KVMFR_DEVICES_MAX];
static int static_count;
module_param_array(static_size_mb, uint, &static_count, 0);
MODULE_PARM_DESC(static_size_mb,
		 "MiB of each device to create for virtual machines on this host, at most 10 (e.g. 128,64)");

static struct kvmfr_device *static_devices[KVMFR_DEVICES_MAX];
static dev_t first_number;
static DEFINE_IDA(minors);

/* ---- users ---- */

void kvmfr_user_add(struct kvmfr_user *user, struct list_head *list)
{
	mutex_lock(&user->kvmfr->users_lock);
	list_add(&user->link, list);
	mutex_unlock(&user->kvmfr->users_lock);
}

void kvmfr_user_del(struct kvmfr_user *user)
{
	mutex_lock(&user->kvmfr->users_lock);
	list_del(&user->link);
	mutex_unlock(&user->kvmfr->users_lock);
}

static size_t count_users(struct kvmfr_device *kvmfr, struct list_head *list)
{
	size_t count;

	mutex_lock(&kvmfr->users_lock);
	count = list_count_nodes(list);
	mutex_unlock(&kvmfr->users_lock);
	return count;
}

bool kvmfr_device_is_gone(struct kvmfr_device *kvmfr)
{
	bool gone;

	down_read(&kvmfr->life);
	gone = kvmfr->gone;
	up_read(&kvmfr->life);
	return gone;
}

/* ---- files ---- */

static int kvmfr_open(struct inode *inode, struct file *file)
{
	struct kvmfr_device *kvmfr = container_of(inode->i_cdev, struct kvmfr_device, cdev);
	struct kvmfr_user *user;

	if (kvmfr_device_is_gone(kvmfr))
		return -ENODEV;
	user = kzalloc(sizeof(*user), GFP_KERNEL);
	if (!user)
		return -ENOMEM;
	user->kvmfr = kvmfr;
	user->mapping = file->f_mapping;
	kvmfr_user_add(user, &kvmfr->files);
	file->private_data = user;
	return 0;
}

static int kvmfr_release(struct inode *inode, struct file *file)
{
	struct kvmfr_user *user = file->private_data;

	kvmfr_user_del(user);
	kfree(user);
	return 0;
}

static int kvmfr_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct kvmfr_user *user = file->private_data;

	return kvmfr_memory_mmap(&user->kvmfr->whole, vma);
}

static long kvmfr_ioctl(struct file *file, unsigned int request, unsigned long arg)
{
	struct kvmfr_user *user = file->private_data;
	struct kvmfr_device *kvmfr = user->kvmfr;
	struct kvmfr_dmabuf_range range;

	if (kvmfr_device_is_gone(kvmfr))
		return -ENODEV;
	switch (request) {
	case KVMFR_GET_SIZE:
		return kvmfr->size > INT_MAX ? -EOVERFLOW : (long)kvmfr->size;
	case KVMFR_GET_SIZE64:
		return put_user(kvmfr->size, (__u64 __user *)arg);
	case KVMFR_DMABUF_CREATE:
		if (copy_from_user(&range, (void __user *)arg, sizeof(range)))
			return -EFAULT;
		return kvmfr_dmabuf_create(kvmfr, file->f_flags & O_ACCMODE, &range);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations kvmfr_fops = {
	.owner = THIS_MODULE,
	.open = kvmfr_open,
	.release = kvmfr_release,
	.mmap = kvmfr_mmap,
	.unlocked_ioctl = kvmfr_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* ---- sysfs: /sys/class/kvmfr/kvmfrN ---- */

static struct kvmfr_device *to_kvmfr(struct device *dev)
{
	return container_of(dev, struct kvmfr_device, dev);
}

static ssize_t size_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%llu\n", to_kvmfr(dev)->size);
}
static DEVICE_ATTR_RO(size);

static ssize_t backing_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%s\n", to_kvmfr(dev)->pages ? "static" : "pci");
}
static DEVICE_ATTR_RO(backing);

static ssize_t users_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	struct kvmfr_device *kvmfr = to_kvmfr(dev);

	return sysfs_emit(text, "%zu\n", count_users(kvmfr, &kvmfr->files));
}
static DEVICE_ATTR_RO(users);

static ssize_t dmabufs_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	struct kvmfr_device *kvmfr = to_kvmfr(dev);

	return sysfs_emit(text, "%zu\n", count_users(kvmfr, &kvmfr->exports));
}
static DEVICE_ATTR_RO(dmabufs);

static ssize_t pieces_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%lu\n", to_kvmfr(dev)->pieces);
}
static DEVICE_ATTR_RO(pieces);

static struct attribute *kvmfr_attrs[] = {
	&dev_attr_size.attr,
	&dev_attr_backing.attr,
	&dev_attr_users.attr,
	&dev_attr_dmabufs.attr,
	&dev_attr_pieces.attr,
	NULL
};
ATTRIBUTE_GROUPS(kvmfr);

static struct class kvmfr_class = {
	.name = KBUILD_MODNAME,
	.dev_groups = kvmfr_groups,
};

/* ---- devices ---- */

static void give_number_back(struct kvmfr_device *kvmfr)
{
	if (kvmfr->minor >= 0)
		ida_free(&minors, kvmfr->minor);
	kvmfr->minor = -1;
}

static void kvmfr_device_release(struct device *dev)
{
	struct kvmfr_device *kvmfr = to_kvmfr(dev);

	kvmfr_memory_put(kvmfr);
	give_number_back(kvmfr);
	mutex_destroy(&kvmfr->users_lock);
	kfree(kvmfr);
}

/* A device with a number and no memory yet; put_device() frees it and its memory. */
struct kvmfr_device *kvmfr_device_alloc(struct device *parent)
{
	struct kvmfr_device *kvmfr;
	int err;

	kvmfr = kzalloc(sizeof(*kvmfr), GFP_KERNEL);
	if (!kvmfr)
		return ERR_PTR(-ENOMEM);
	kvmfr->minor = ida_alloc_max(&minors, KVMFR_DEVICES_MAX - 1, GFP_KERNEL);
	if (kvmfr->minor < 0) {
		err = kvmfr->minor;
		kfree(kvmfr);
		if (err == -ENOSPC)
			pr_err("there are %d devices already, no more are possible: give static_size_mb fewer sizes\n",
			       KVMFR_DEVICES_MAX);
		return ERR_PTR(err);
	}
	init_rwsem(&kvmfr->life);
	mutex_init(&kvmfr->users_lock);
	INIT_LIST_HEAD(&kvmfr->files);
	INIT_LIST_HEAD(&kvmfr->exports);
	device_initialize(&kvmfr->dev);
	kvmfr->dev.class = &kvmfr_class;
	kvmfr->dev.parent = parent;
	kvmfr->dev.release = kvmfr_device_release;
	kvmfr->dev.devt = MKDEV(MAJOR(first_number), kvmfr->minor);
	cdev_init(&kvmfr->cdev, &kvmfr_fops);
	kvmfr->cdev.owner = THIS_MODULE;
	err = dev_set_name(&kvmfr->dev, KBUILD_MODNAME "%d", kvmfr->minor);
	if (err) {
		put_device(&kvmfr->dev);
		return ERR_PTR(err);
	}
	return kvmfr;
}

/* The device has its memory: programs may open it. */
int kvmfr_device_add(struct kvmfr_device *kvmfr)
{
	int err = cdev_device_add(&kvmfr->cdev, &kvmfr->dev);

	if (err)
		pr_err("the node of a device cannot be made (%d)\n", err);
	else
		dev_info(&kvmfr->dev, "%llu KiB in %lu pieces, %s\n", kvmfr->size >> 10,
			 kvmfr->pieces, kvmfr->pages ? "static" : "pci");
	return err;
}

/*
 * From now on nobody gets at the memory: requests fail, and what programs have mapped is taken
 * from them, so that the next access raises SIGBUS. Drops the caller's reference.
 */
void kvmfr_device_remove(struct kvmfr_device *kvmfr)
{
	struct kvmfr_user *user;

	cdev_device_del(&kvmfr->cdev, &kvmfr->dev);
	give_number_back(kvmfr);
	down_write(&kvmfr->life);
	kvmfr->gone = true;
	up_write(&kvmfr->life);
	/* Who comes later cannot map anything. */
	mutex_lock(&kvmfr->users_lock);
	list_for_each_entry(user, &kvmfr->files, link)
		unmap_mapping_range(user->mapping, 0, 0, 1);
	list_for_each_entry(user, &kvmfr->exports, link)
		unmap_mapping_range(user->mapping, 0, 0, 1);
	mutex_unlock(&kvmfr->users_lock);
	put_device(&kvmfr->dev);
}

/* ---- the module ---- */

static int add_static(unsigned int index)
{
	u64 mib = static_size_mb[index], free_mib = (u64)si_mem_available() >> (20 - PAGE_SHIFT);
	struct kvmfr_device *kvmfr;
	int err;

	if (!mib) {
		pr_err("static_size_mb: a device of 0 MiB makes no sense: leave it out or give it a size\n");
		return -EINVAL;
	}
	if (mib > free_mib) {
		pr_err("static_size_mb: %llu MiB are wanted and %llu free: ask for less, or load the module earlier\n",
		       mib, free_mib);
		return -ENOMEM;
	}
	kvmfr = kvmfr_device_alloc(NULL);
	if (IS_ERR(kvmfr))
		return PTR_ERR(kvmfr);
	err = kvmfr_memory_get_pages(kvmfr, mib << 20);
	if (err == -ENOMEM)
		pr_err("static_size_mb: %llu MiB cannot be had: ask for less, or load the module earlier\n",
		       mib);
	if (!err)
		err = kvmfr_device_add(kvmfr);
	if (err) {
		put_device(&kvmfr->dev);
		return err;
	}
	static_devices[index] = kvmfr;
	return 0;
}

static void remove_statics(void)
{
	unsigned int i;

	for (i = 0; i < KVMFR_DEVICES_MAX; i++) {
		if (static_devices[i])
			kvmfr_device_remove(static_devices[i]);
	}
}

static int __init kvmfr_init(void)
{
	int i, err;

	err = class_register(&kvmfr_class);
	if (err)
		return err;
	err = alloc_chrdev_region(&first_number, 0, KVMFR_DEVICES_MAX, KBUILD_MODNAME);
	if (err) {
		pr_err("no device numbers can be had (%d)\n", err);
		goto unregister_class;
	}
	/* Static devices have the first numbers. */
	for (i = 0; i < static_count && !err; i++)
		err = add_static(i);
	if (err)
		goto unregister_numbers;
	err = kvmfr_pci_register();
	if (err) {
		pr_err("the PCI driver cannot be registered (%d)\n", err);
		goto unregister_numbers;
	}
	return 0;

unregister_numbers:
	remove_statics();
	unregister_chrdev_region(first_number, KVMFR_DEVICES_MAX);
unregister_class:
	class_unregister(&kvmfr_class);
	return err;
}

static void __exit kvmfr_exit(void)
{
	kvmfr_pci_unregister();
	remove_statics();
	unregister_chrdev_region(first_number, KVMFR_DEVICES_MAX);
	class_unregister(&kvmfr_class);
}

module_init(kvmfr_init);
module_exit(kvmfr_exit);

MODULE_DESCRIPTION("Shared memory of virtual machines as devices and DMA-BUFs");
MODULE_AUTHOR("The Oriel project");
MODULE_VERSION(KVMFR_VERSION);
MODULE_LICENSE("GPL");
