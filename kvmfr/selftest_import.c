/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The self-test's cases with what other parts of the kernel do to a device's memory: the driver of
 * a GPU imports a DMA-BUF, VFIO pins a mapping. A driver for tests plays both
 * (selftest_importer.h).
 */
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "selftest_importer.h"

/* Pages of the range that is imported; it starts behind the first page. */
#define PAGES 600

static uint64_t range_pages(const struct subject *subject)
{
	uint64_t pages = subject->size / page_size() - 1;

	return pages < PAGES ? pages : PAGES;
}

/* Fills the range; the sum of all its words. */
static uint64_t fill(volatile uint64_t *words, uint64_t bytes)
{
	uint64_t sum = 0, i;

	for (i = 0; i < bytes / 8; i++) {
		words[i] = i * 0x9e3779b97f4a7c15 + 1;
		sum += words[i];
	}
	return sum;
}

int importer_open(void)
{
	int fd = open("/dev/kvmfr-importer", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		test_skip("the driver for tests, importer.ko, is not loaded");
	return fd;
}

static void a_gpu_maps_it_in_few_entries(const struct subject *subject)
{
	uint64_t bytes = range_pages(subject) * page_size(), sum;
	int importer = importer_open(), fd = device_open(subject, O_RDWR), buffer;
	struct importer_request request = { .mask_bits = 64 };

	CHECK(fd >= 0);
	sum = fill(map_shared(fd, page_size(), bytes), bytes);
	request.fd = buffer = dmabuf_create(fd, 0, page_size(), bytes);
	CHECK(buffer >= 0);
	CHECK(ioctl(importer, IMPORTER_MAP, &request) == 0);
	CHECK(request.bytes == bytes);
	CHECK(request.entries >= 1 && request.entries <= sysfs_value(subject->number, "pieces"));
	if (!subject->pci)
		CHECK(request.sum == sum);
	/* Both ways once more while it is mapped, as each frame is. */
	request.value = 99;
	CHECK(ioctl(importer, IMPORTER_VMAP, &request) == 0);
	close(fd);
	close(buffer);
	CHECK(ioctl(importer, IMPORTER_DROP) == 0);
	CHECK_FAILS(ioctl(importer, IMPORTER_DROP), ENOENT);
}

static void the_whole_device_in_few_entries(const struct subject *subject)
{
	int importer = importer_open(), fd = device_open(subject, O_RDWR);
	struct importer_request request = { .mask_bits = 64 };

	request.fd = dmabuf_create(fd, 0, 0, subject->size);
	CHECK(request.fd >= 0);
	CHECK(ioctl(importer, IMPORTER_MAP, &request) == 0);
	CHECK(request.bytes == subject->size);
	if (!subject->pci)
		CHECK(request.entries == sysfs_value(subject->number, "pieces"));
	test_note("%llu MiB in %llu entries", (unsigned long long)(request.bytes / MIB),
		  (unsigned long long)request.entries);
}

/* A BAR has no pages: its entries must be its addresses on the bus. */
static void a_gpu_gets_the_addresses_of_the_bar(const struct subject *subject)
{
	int importer = importer_open(), fd = device_open(subject, O_RDWR), i;
	struct importer_request request = { .mask_bits = 64 };
	unsigned long long start = 0, end = 0;
	char path[96], line[128];
	FILE *file;

	if (!subject->pci)
		test_skip("not a PCI device");
	snprintf(path, sizeof(path), "/sys/class/kvmfr/kvmfr%d/device/resource", subject->number);
	file = fopen(path, "r");
	CHECK(file != NULL);
	/* One line for each BAR. */
	for (i = 0; i <= 2; i++)
		CHECK(fgets(line, sizeof(line), file) != NULL);
	CHECK(sscanf(line, "%llx %llx", &start, &end) == 2);
	CHECK(end - start + 1 == subject->size);
	request.fd = dmabuf_create(fd, 0, subject->size - page_size(), page_size());
	CHECK(ioctl(importer, IMPORTER_MAP, &request) == 0);
	CHECK(request.address == start + subject->size - page_size());
}

static void a_gpu_that_cannot_reach_it_is_refused(const struct subject *subject)
{
	int importer = importer_open(), fd = device_open(subject, O_RDWR);
	struct importer_request request = { .mask_bits = 24 };

	request.fd = dmabuf_create(fd, 0, 0, page_size());
	CHECK(request.fd >= 0);
	CHECK_FAILS(ioctl(importer, IMPORTER_MAP, &request), EOPNOTSUPP);
	request.mask_bits = 64;
	CHECK(ioctl(importer, IMPORTER_MAP, &request) == 0);
}

static void the_kernel_sees_the_same_memory(const struct subject *subject)
{
	uint64_t bytes = range_pages(subject) * page_size(), sum;
	int importer = importer_open(), fd = device_open(subject, O_RDWR);
	struct importer_request request = { .value = 0x5566778899aabbcc };
	volatile uint64_t *words = map_shared(fd, page_size(), bytes);

	sum = fill(words, bytes);
	request.fd = dmabuf_create(fd, 0, page_size(), bytes);
	CHECK(ioctl(importer, IMPORTER_VMAP, &request) == 0);
	CHECK(request.bytes == bytes);
	CHECK(request.sum == sum);
	CHECK(words[0] == 0x5566778899aabbcc);
}

/* Without this no machine with a passed-through device could use the node as its memory. */
static void it_can_be_pinned_for_long(const struct subject *subject)
{
	uint64_t bytes = range_pages(subject) * page_size(), sum;
	int importer = importer_open(), fd = device_open(subject, O_RDWR);
	volatile uint64_t *words = map_shared(fd, page_size(), bytes);
	struct importer_request request = { .bytes = bytes, .value = 1234 };

	if (subject->pci)
		test_skip("memory of another device is not pinned");
	sum = fill(words, bytes);
	/* A fresh mapping: pinning brings the pages itself. */
	words = map_shared(fd, page_size(), bytes);
	request.address = (uintptr_t)words;
	CHECK(ioctl(importer, IMPORTER_PIN, &request) == 0);
	CHECK(request.sum == sum);
	CHECK(words[0] == 1234);
}

#define CASE(name) { #name, name }

const struct test_case import_cases[] = {
	CASE(a_gpu_maps_it_in_few_entries),
	CASE(the_whole_device_in_few_entries),
	CASE(a_gpu_gets_the_addresses_of_the_bar),
	CASE(a_gpu_that_cannot_reach_it_is_refused),
	CASE(the_kernel_sees_the_same_memory),
	CASE(it_can_be_pinned_for_long),
	{ NULL, NULL }
};
