/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The self-test's cases that load and unload the module, or take a PCI device from its driver. */
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftest_importer.h"

#define CASE(name) { #name, name }

static const char *module_file;

/* ---- the module ---- */

int module_load(const char *parameters)
{
	int fd = open(module_file, O_RDONLY | O_CLOEXEC), result, saved;

	if (fd < 0)
		return -1;
	result = (int)syscall(SYS_finit_module, fd, parameters, 0);
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

int module_unload(void)
{
	return (int)syscall(SYS_delete_module, "kvmfr", O_NONBLOCK);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* A value of /proc/meminfo, in bytes. */
static uint64_t memory(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	unsigned long long kib = 0;
	char line[128];

	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file)) {
		size_t length = strlen(name);

		if (strncmp(line, name, length) == 0 && line[length] == ':')
			kib = strtoull(line + length + 1, NULL, 10);
	}
	fclose(file);
	return kib * 1024;
}

static void must_load(const char *parameters)
{
	CHECK(module_load(parameters) == 0);
}

static void check_nothing_is_left(void)
{
	char line[256];
	FILE *file;

	CHECK(!exists("/sys/module/kvmfr"));
	CHECK(!exists("/sys/class/kvmfr"));
	CHECK(!exists("/sys/bus/pci/drivers/kvmfr"));
	CHECK(!exists("/dev/kvmfr0"));
	file = fopen("/proc/devices", "r");
	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file))
		CHECK(!strstr(line, "kvmfr"));
	fclose(file);
}

static void must_unload(void)
{
	CHECK(module_unload() == 0);
	check_nothing_is_left();
}

/* The only static device, and as the first of several. */
static struct subject first_device(void)
{
	struct subject subjects[10];

	CHECK(subjects_find(subjects, 10) >= 1);
	CHECK(subjects[0].number == 0 && !subjects[0].pci);
	return subjects[0];
}

/* ---- loading ---- */

static void bad_sizes_are_refused_and_leave_nothing(const struct subject *none)
{
	static const struct {
		const char *parameters;
		int error;
	} bad[] = {
		{ "static_size_mb=0", EINVAL }, { "static_size_mb=0,8", EINVAL },
		{ "static_size_mb=8,0", EINVAL }, { "static_size_mb=-1", EINVAL },
		{ "static_size_mb=x", EINVAL }, { "static_size_mb=8.5", EINVAL },
		{ "static_size_mb=1,1,1,1,1,1,1,1,1,1,1", EINVAL },
		{ "static_size_mb=99999999", ENOMEM }, { "static_size_mb=8,99999999", ENOMEM },
		{ "static_size_mb=4294967295", ENOMEM }, { "static_size_mb=4294967296", ERANGE },
		{ "static_size_mb=8,4,2,8388608", ENOMEM },
	};
	size_t i;

	(void)none;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		test_note("%s", bad[i].parameters);
		CHECK_FAILS(module_load(bad[i].parameters), bad[i].error);
		check_nothing_is_left();
	}
}

static void without_sizes_there_is_no_static_device(const struct subject *none)
{
	struct subject subjects[10];
	int count, i;

	(void)none;
	must_load("");
	count = subjects_find(subjects, 10);
	for (i = 0; i < count; i++)
		CHECK(subjects[i].pci);
	CHECK(!exists("/sys/module/kvmfr/parameters/static_size_mb"));
	must_unload();
}

static void static_devices_have_the_first_numbers(const struct subject *none)
{
	struct subject subjects[10];
	int count, i;

	(void)none;
	must_load("static_size_mb=5,1,7");
	count = subjects_find(subjects, 10);
	CHECK(count >= 3);
	CHECK(subjects[0].size == 5 * MIB);
	CHECK(subjects[1].size == MIB);
	CHECK(subjects[2].size == 7 * MIB);
	for (i = 0; i < count; i++)
		CHECK(subjects[i].number == i && subjects[i].pci == (i >= 3));
	must_unload();
}

static void ten_devices_are_possible_and_no_more(const struct subject *none)
{
	struct subject subjects[10];
	struct stat st;
	int i;

	(void)none;
	must_load("static_size_mb=1,1,1,1,1,1,1,1,1,1");
	CHECK(subjects_find(subjects, 10) == 10);
	for (i = 0; i < 10; i++) {
		int fd = device_open(&subjects[i], O_RDWR);

		CHECK(fd >= 0 && !subjects[i].pci);
		CHECK(fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && (st.st_mode & 0777) == 0600);
		map_shared(fd, 0, MIB)[0] = (uint64_t)i;
		close(fd);
	}
	CHECK(!exists("/sys/class/kvmfr/kvmfr10"));
	/* Each has memory of its own. */
	for (i = 0; i < 10; i++)
		CHECK(map_shared(device_open(&subjects[i], O_RDWR), 0, MIB)[0] == (uint64_t)i);
	CHECK_FAILS(module_unload(), EAGAIN);
}

static void it_cannot_be_unloaded_while_it_is_used(const struct subject *none)
{
	struct subject subject;
	volatile uint64_t *words;
	int fd, buffer;

	(void)none;
	must_load("static_size_mb=2");
	subject = first_device();
	fd = device_open(&subject, O_RDWR);
	CHECK_FAILS(module_unload(), EAGAIN);
	words = map_shared(fd, 0, MIB);
	buffer = dmabuf_create(fd, 0, MIB, MIB);
	close(fd);
	CHECK_FAILS(module_unload(), EAGAIN); /* a mapping and a DMA-BUF */
	munmap((void *)words, MIB);
	CHECK_FAILS(module_unload(), EAGAIN); /* a DMA-BUF */
	words = map_shared(buffer, 0, MIB);
	close(buffer);
	CHECK_FAILS(module_unload(), EAGAIN); /* its mapping */
	words[9] = 9;
	CHECK(words[9] == 9);
	munmap((void *)words, MIB);
	must_unload();
}

static void a_gpu_keeps_it_loaded(const struct subject *none)
{
	struct importer_request request = { .mask_bits = 64 };
	int importer = importer_open(), fd, buffer;
	struct subject subject;

	(void)none;
	must_load("static_size_mb=2");
	subject = first_device();
	fd = device_open(&subject, O_RDWR);
	buffer = dmabuf_create(fd, 0, 0, MIB);
	request.fd = buffer;
	CHECK(ioctl(importer, IMPORTER_MAP, &request) == 0);
	close(fd);
	close(buffer);
	CHECK_FAILS(module_unload(), EAGAIN);
	CHECK(ioctl(importer, IMPORTER_DROP) == 0);
	must_unload();
}

static void check_zero(volatile uint64_t *words, uint64_t bytes)
{
	uint64_t i, any = 0;

	for (i = 0; i < bytes / 8; i++)
		any |= words[i];
	CHECK(any == 0);
}

/* Also when the kernel has no large pieces to give, and when the last user left something there. */
static void new_memory_is_zero(const struct subject *none)
{
	static const char *const parameters[] = { "static_size_mb=24",
						  "static_size_mb=24 chunk_order_max=0",
						  "static_size_mb=24 chunk_order_max=3" };
	size_t i;

	(void)none;
	for (i = 0; i < 2 * sizeof(parameters) / sizeof(*parameters); i++) {
		volatile uint64_t *words;
		struct subject subject;
		int fd;

		must_load(parameters[i / 2]);
		subject = first_device();
		CHECK(subject.size == 24 * MIB);
		if (i % 2 == 0)
			test_note("%s: %llu pieces", parameters[i / 2],
				  (unsigned long long)sysfs_value(0, "pieces"));
		fd = device_open(&subject, O_RDWR);
		words = map_shared(fd, 0, subject.size);
		check_zero(words, subject.size);
		memset((void *)words, 0xee, subject.size);
		munmap((void *)words, subject.size);
		close(fd);
		must_unload();
	}
}

/* Whenever the kill comes: all of the module is there or nothing. */
static void a_killed_load_leaves_nothing(const struct subject *none)
{
	unsigned long long part = memory("MemAvailable") / MIB / 2;
	uint64_t before = memory("MemFree");
	char parameters[64];
	int round, died = 0;

	(void)none;
	part = part > 512 ? 512 : part;
	snprintf(parameters, sizeof(parameters), "static_size_mb=%llu", part);
	for (round = 0; round < 6; round++) {
		int status = 0;
		pid_t child = fork();

		if (child == 0)
			_exit(module_load(parameters) == 0 ? 0 : 1);
		CHECK(child > 0);
		usleep(20000 << round);
		kill(child, SIGKILL);
		CHECK(waitpid(child, &status, 0) == child);
		died += WIFSIGNALED(status);
		if (exists("/sys/module/kvmfr")) {
			CHECK(first_device().size == part * MIB);
			CHECK(module_unload() == 0);
		}
		check_nothing_is_left();
	}
	test_note("%d of 6 loads were killed", died);
	CHECK(memory("MemFree") + part * MIB / 2 > before);
}

static void its_memory_comes_back(const struct subject *none)
{
	unsigned long long part = memory("MemAvailable") / MIB * 2 / 5;
	uint64_t before = 0, after;
	char parameters[64];
	int round;

	(void)none;
	part = part > 128 ? 128 : part;
	snprintf(parameters, sizeof(parameters), "static_size_mb=%llu", part);
	for (round = 0; round < 4; round++) {
		must_load(parameters);
		if (round == 0)
			test_note("%llu MiB: %llu pieces", part,
				  (unsigned long long)sysfs_value(0, "pieces"));
		must_unload();
		/* A module that cannot be loaded gives back what it had so far. */
		snprintf(parameters, sizeof(parameters), "static_size_mb=%llu,99999999", part);
		CHECK_FAILS(module_load(parameters), ENOMEM);
		snprintf(parameters, sizeof(parameters), "static_size_mb=%llu", part);
		if (round == 0)
			before = memory("MemFree");
	}
	after = memory("MemFree");
	test_note("%llu MiB, MemFree before and after three rounds: %llu, %llu KiB", part,
		  (unsigned long long)before / 1024, (unsigned long long)after / 1024);
	CHECK(after + part * MIB / 4 > before);
}

/* As many pages as two GiB and more have, on a machine that can spare them. */
static void a_size_above_two_gib_is_possible(const struct subject *none)
{
	const uint64_t size = 2112 * MIB;
	volatile uint64_t *words;
	struct subject subject;
	int fd, buffer;

	(void)none;
	if (memory("MemAvailable") < size + size / 16)
		test_skip("not enough free memory");
	must_load("static_size_mb=2112");
	subject = first_device();
	CHECK(subject.size == size);
	test_note("2112 MiB in %llu pieces", (unsigned long long)sysfs_value(0, "pieces"));
	fd = device_open(&subject, O_RDWR);
	CHECK_FAILS(ioctl(fd, KVMFR_GET_SIZE), EOVERFLOW);
	words = map_shared(fd, 0, size);
	buffer = dmabuf_create(fd, 0, size - 2 * MIB, 2 * MIB);
	CHECK(buffer >= 0);
	words[size / 8 - 1] = 4711;
	CHECK(map_shared(buffer, 0, 2 * MIB)[2 * MIB / 8 - 1] == 4711);
	CHECK_FAILS(dmabuf_create(fd, 0, size - MIB, 2 * MIB), EINVAL);
}

static const struct test_case load_cases[] = {
	CASE(bad_sizes_are_refused_and_leave_nothing),
	CASE(without_sizes_there_is_no_static_device),
	CASE(static_devices_have_the_first_numbers),
	CASE(ten_devices_are_possible_and_no_more),
	CASE(it_cannot_be_unloaded_while_it_is_used),
	CASE(a_gpu_keeps_it_loaded),
	CASE(new_memory_is_zero),
	CASE(a_killed_load_leaves_nothing),
	CASE(its_memory_comes_back),
	CASE(a_size_above_two_gib_is_possible),
	{ NULL, NULL }
};

void run_load_cases(const char *file)
{
	const struct test_case *test;

	module_file = file;
	for (test = load_cases; test->name; test++) {
		test_run(test, NULL, "");
		/* A case that ends with files open cannot do this itself. */
		if (exists("/sys/module/kvmfr") && module_unload() != 0)
			test_note("the module is still there: %s", strerror(errno));
	}
}

/* ---- PCI devices that go away ---- */

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* The device's name on the bus, like "0000:00:03.0". */
static void bus_name(const struct subject *subject, char *name, size_t bytes)
{
	char path[96], target[256];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/class/kvmfr/kvmfr%d/device", subject->number);
	length = readlink(path, target, sizeof(target) - 1);
	CHECK(length > 0);
	target[length] = '\0';
	CHECK(strrchr(target, '/') != NULL);
	snprintf(name, bytes, "%s", strrchr(target, '/') + 1);
}

/* The device is there again, with its old number. */
static void check_back(const struct subject *subject)
{
	uint64_t waited = 0;
	char path[64];

	snprintf(path, sizeof(path), "/dev/kvmfr%d", subject->number);
	for (; !exists(path) && waited < 60 * 1000; waited++)
		usleep(1000);
	CHECK(exists(path));
	CHECK(sysfs_value(subject->number, "size") == subject->size);
}

/* Everything that can be had of a device, held while the device goes away. */
struct holding {
	int fd, buffer, importer;
	volatile uint64_t *direct, *view, *untouched;
};

static void hold(struct holding *all, const struct subject *subject)
{
	struct importer_request request = { .mask_bits = 64 };
	uint64_t page = page_size();

	all->fd = device_open(subject, O_RDWR);
	CHECK(all->fd >= 0);
	all->buffer = dmabuf_create(all->fd, 0, page, 2 * page);
	CHECK(all->buffer >= 0);
	all->direct = map_shared(all->fd, 0, 4 * page);
	all->view = map_shared(all->buffer, 0, 2 * page);
	all->untouched = map_shared(all->fd, 8 * page, page);
	all->direct[0] = 10;
	all->view[0] = 20;
	CHECK(all->direct[page / 8] == 20);
	all->importer = open("/dev/kvmfr-importer", O_RDWR | O_CLOEXEC);
	request.fd = all->buffer;
	if (all->importer >= 0)
		CHECK(ioctl(all->importer, IMPORTER_MAP, &request) == 0);
}

static void check_gone(struct holding *all)
{
	struct importer_request request = { .mask_bits = 64, .fd = all->buffer };
	uint64_t page = page_size();
	__u64 size;

	CHECK(raises_sigbus(all->direct, false));
	CHECK(raises_sigbus(all->direct + page / 8, true));
	CHECK(raises_sigbus(all->view, false));
	CHECK(raises_sigbus(all->view + page / 8, true));
	CHECK(raises_sigbus(all->untouched, true));
	CHECK_FAILS(ioctl(all->fd, KVMFR_GET_SIZE), ENODEV);
	CHECK_FAILS(ioctl(all->fd, KVMFR_GET_SIZE64, &size), ENODEV);
	CHECK_FAILS(dmabuf_create(all->fd, 0, 0, page), ENODEV);
	CHECK(mmap(NULL, page, PROT_READ, MAP_SHARED, all->fd, 0) == MAP_FAILED);
	CHECK(errno == ENODEV);
	CHECK(mmap(NULL, page, PROT_READ, MAP_SHARED, all->buffer, 0) == MAP_FAILED);
	CHECK(errno == ENODEV);
	if (all->importer < 0)
		return;
	CHECK_FAILS(ioctl(all->importer, IMPORTER_VMAP, &request), ENODEV);
	CHECK(ioctl(all->importer, IMPORTER_DROP) == 0);
	CHECK_FAILS(ioctl(all->importer, IMPORTER_MAP, &request), ENODEV);
}

static void an_unbound_device_is_taken_from_everybody(const struct subject *subject)
{
	struct holding all;
	char name[64];
	int fresh;

	bus_name(subject, name, sizeof(name));
	hold(&all, subject);
	CHECK(write_text("/sys/bus/pci/drivers/kvmfr/unbind", name));
	CHECK(device_open(subject, O_RDWR) < 0);
	check_gone(&all);
	CHECK(write_text("/sys/bus/pci/drivers/kvmfr/bind", name));
	check_back(subject);
	/* The old files stay what they are beside new ones, and the memory has kept its content. */
	fresh = device_open(subject, O_RDWR);
	CHECK(fresh >= 0);
	CHECK(map_shared(fresh, 0, page_size())[0] == 10);
	CHECK(raises_sigbus(all.direct, true));
	CHECK_FAILS(ioctl(all.fd, KVMFR_GET_SIZE), ENODEV);
}

static void an_unplugged_device_is_taken_from_everybody(const struct subject *subject)
{
	struct holding all;
	char name[64], path[128];
	int fresh;

	bus_name(subject, name, sizeof(name));
	hold(&all, subject);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", name);
	CHECK(write_text(path, "1"));
	check_gone(&all);
	CHECK(write_text("/sys/bus/pci/rescan", "1"));
	check_back(subject);
	fresh = device_open(subject, O_RDWR);
	CHECK(fresh >= 0);
	CHECK(map_shared(fresh, 0, page_size())[0] == 10);
}

static atomic_bool stop;

/* Maps, touches, exports and closes, whatever becomes of the device. */
static void *bother(void *arg)
{
	const struct subject *subject = arg;
	uint64_t page = page_size();

	while (!atomic_load(&stop)) {
		int fd = device_open(subject, O_RDWR), buffer;
		void *base;
		ssize_t done;
		int ends[2];

		if (fd < 0) {
			usleep(100);
			continue;
		}
		buffer = dmabuf_create(fd, 0, 0, 2 * page);
		base = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED,
			    buffer >= 0 ? buffer : fd, 0);
		if (base != MAP_FAILED) {
			/* By the kernel: EFAULT instead of a signal where nothing is left. */
			if (pipe(ends) == 0) {
				done = write(ends[1], base, 64);
				done += read(ends[0], (char *)base + page, done == 64 ? 64 : 0);
				(void)done;
				close(ends[0]);
				close(ends[1]);
			}
			munmap(base, 2 * page);
		}
		if (buffer >= 0)
			close(buffer);
		close(fd);
	}
	return NULL;
}

static void it_may_go_away_at_any_moment(const struct subject *subject)
{
	struct subject copy = *subject;
	pthread_t threads[3];
	char name[64];
	int i;

	bus_name(subject, name, sizeof(name));
	for (i = 0; i < 3; i++)
		CHECK(pthread_create(&threads[i], NULL, bother, &copy) == 0);
	for (i = 0; i < 25; i++) {
		usleep((useconds_t)(i % 5) * 2000);
		CHECK(write_text("/sys/bus/pci/drivers/kvmfr/unbind", name));
		CHECK(write_text("/sys/bus/pci/drivers/kvmfr/bind", name));
	}
	atomic_store(&stop, true);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	check_back(subject);
	CHECK(sysfs_value(subject->number, "users") == 0);
	CHECK(sysfs_value(subject->number, "dmabufs") == 0);
}

const struct test_case pci_cases[] = {
	CASE(an_unbound_device_is_taken_from_everybody),
	CASE(an_unplugged_device_is_taken_from_everybody),
	CASE(it_may_go_away_at_any_moment),
	{ NULL, NULL }
};
