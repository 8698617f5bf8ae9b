// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Inside a virtual machine: the shared memory is BAR 2 of an ivshmem device (vendor 1af4, device
 * 1110; QEMU, docs/specs/ivshmem-spec).
 */
#include <linux/module.h>
#include <linux/pci.h>

#include "kvmfr_device.h"

#define KVMFR_PCI_DEVICE 0x1110
#define KVMFR_PCI_BAR 2

static int probe_bar(struct pci_dev *pci)
{
	phys_addr_t bar = pci_resource_start(pci, KVMFR_PCI_BAR);
	u64 size = pci_resource_len(pci, KVMFR_PCI_BAR);
	struct kvmfr_device *kvmfr;
	int err;

	if (!(pci_resource_flags(pci, KVMFR_PCI_BAR) & IORESOURCE_MEM) || !size ||
	    !PAGE_ALIGNED(size) || !PAGE_ALIGNED(bar)) {
		pci_err(pci, "BAR 2 is no memory of whole pages: give the ivshmem device a memory backend of 4 KiB or more\n");
		return -ENODEV;
	}
	kvmfr = kvmfr_device_alloc(&pci->dev);
	if (IS_ERR(kvmfr))
		return PTR_ERR(kvmfr);
	err = kvmfr_memory_get_bar(kvmfr, bar, size);
	if (err)
		pci_err(pci, "%llu MiB of BAR 2 cannot be mapped (%d)\n", size >> 20, err);
	else
		err = kvmfr_device_add(kvmfr);
	if (err) {
		put_device(&kvmfr->dev);
		return err;
	}
	pci_set_drvdata(pci, kvmfr);
	return 0;
}

static int kvmfr_pci_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	int err;

	err = pci_enable_device_mem(pci);
	if (err) {
		pci_err(pci, "the device cannot be enabled (%d)\n", err);
		return err;
	}
	err = pci_request_region(pci, KVMFR_PCI_BAR, KBUILD_MODNAME);
	if (err) {
		pci_err(pci, "BAR 2 is used by somebody else (%d): see /proc/iomem\n", err);
	} else {
		err = probe_bar(pci);
		if (err)
			pci_release_region(pci, KVMFR_PCI_BAR);
	}
	if (err)
		pci_disable_device(pci);
	return err;
}

/*
 * The driver is unbound or the device unplugged, whoever uses it. Programs that have it mapped
 * get SIGBUS. A GPU that has it mapped keeps its addresses until its driver lets go of them:
 * nobody can take them away from it.
 */
static void kvmfr_pci_remove(struct pci_dev *pci)
{
	struct kvmfr_device *kvmfr = pci_get_drvdata(pci);

	kvmfr_device_remove(kvmfr);
	pci_release_region(pci, KVMFR_PCI_BAR);
	pci_disable_device(pci);
}

static const struct pci_device_id kvmfr_pci_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT_QUMRANET, KVMFR_PCI_DEVICE) },
	{}
};
MODULE_DEVICE_TABLE(pci, kvmfr_pci_ids);

static struct pci_driver kvmfr_pci_driver = {
	.name = KBUILD_MODNAME,
	.id_table = kvmfr_pci_ids,
	.probe = kvmfr_pci_probe,
	.remove = kvmfr_pci_remove,
};

int kvmfr_pci_register(void)
{
	return pci_register_driver(&kvmfr_pci_driver);
}

void kvmfr_pci_unregister(void)
{
	pci_unregister_driver(&kvmfr_pci_driver);
}
