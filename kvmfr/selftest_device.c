/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The self-test's cases for one device: requests, mappings, DMA-BUFs. */
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define RDWR (PROT_READ | PROT_WRITE)

/* What no case may change for others: opened for reading and writing, or the case is over. */
static int must_open(const struct subject *subject)
{
	int fd = device_open(subject, O_RDWR);

	CHECK(fd >= 0);
	return fd;
}

static int must_export(int device, uint64_t offset, uint64_t size)
{
	int fd = dmabuf_create(device, KVMFR_DMABUF_CLOEXEC, offset, size);

	CHECK(fd >= 0);
	return fd;
}

/* mmap() as a call that fails with -1. */
static long try_map(int fd, uint64_t offset, uint64_t size, int protection, int flags)
{
	void *base = mmap(NULL, size, protection, flags, fd, (off_t)offset);

	if (base == MAP_FAILED)
		return -1;
	munmap(base, size);
	return 0;
}

/* ---- requests ---- */

static void size_is_the_same_everywhere(const struct subject *subject)
{
	int fd = must_open(subject);
	__u64 size = 0;

	CHECK(subject->size > 0 && subject->size % page_size() == 0);
	CHECK(ioctl(fd, KVMFR_GET_SIZE64, &size) == 0);
	CHECK(size == subject->size);
	if (size <= INT32_MAX)
		CHECK(ioctl(fd, KVMFR_GET_SIZE) == (int)size);
	else
		CHECK_FAILS(ioctl(fd, KVMFR_GET_SIZE), EOVERFLOW);
}

static void request_numbers_are_those_of_other_programs(const struct subject *subject)
{
	(void)subject;
	CHECK(KVMFR_GET_SIZE == 0x7544);
	CHECK(KVMFR_DMABUF_CREATE == 0x40187542);
	CHECK(sizeof(struct kvmfr_dmabuf_range) == 24);
	CHECK(offsetof(struct kvmfr_dmabuf_range, offset) == 8);
	CHECK(offsetof(struct kvmfr_dmabuf_range, size) == 16);
}

static void bad_pointers_are_refused(const struct subject *subject)
{
	int fd = must_open(subject);
	void *read_only = mmap(NULL, 2 * page_size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(read_only != MAP_FAILED);
	CHECK(munmap((char *)read_only + page_size(), page_size()) == 0);
	CHECK_FAILS(ioctl(fd, KVMFR_GET_SIZE64, NULL), EFAULT);
	CHECK_FAILS(ioctl(fd, KVMFR_GET_SIZE64, read_only), EFAULT);
	CHECK_FAILS(ioctl(fd, KVMFR_DMABUF_CREATE, NULL), EFAULT);
	CHECK_FAILS(ioctl(fd, KVMFR_DMABUF_CREATE, (char *)read_only + page_size() - 8), EFAULT);
	CHECK_FAILS(ioctl(fd, KVMFR_DMABUF_CREATE, -4096L), EFAULT);
}

static void unknown_requests_are_refused(const struct subject *subject)
{
	struct kvmfr_dmabuf_range range[2] = { { .size = page_size() } };
	int fd = must_open(subject);
	struct termios terminal;

	CHECK_FAILS(ioctl(fd, _IO('u', 0x42), range), ENOTTY);
	CHECK_FAILS(ioctl(fd, _IOW('u', 0x42, __u64), range), ENOTTY);
	CHECK_FAILS(ioctl(fd, _IOWR('u', 0x42, struct kvmfr_dmabuf_range), range), ENOTTY);
	CHECK_FAILS(ioctl(fd, _IO('u', 0x43), range), ENOTTY);
	CHECK_FAILS(ioctl(fd, _IO('u', 0x45), range), ENOTTY);
	CHECK_FAILS(ioctl(fd, _IO('u', 0x46), range), ENOTTY);
	CHECK_FAILS(ioctl(fd, TCGETS, &terminal), ENOTTY);
}

static void it_can_only_be_mapped(const struct subject *subject)
{
	int fd = must_open(subject);
	char byte = 0;

	CHECK(read(fd, &byte, 1) < 0);
	CHECK(write(fd, &byte, 1) < 0);
	CHECK(pread(fd, &byte, 1, 0) < 0);
	CHECK(ftruncate(fd, 4096) < 0);
}

/* ---- sysfs ---- */

static void state_can_be_read_and_not_written(const struct subject *subject)
{
	static const char *const names[] = { "size", "backing", "users", "dmabufs", "pieces" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[96];
		struct stat st;

		snprintf(path, sizeof(path), "/sys/class/kvmfr/kvmfr%d/%s", subject->number,
			 names[i]);
		CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0444);
	}
	CHECK(sysfs_value(subject->number, "pieces") >= 1);
	CHECK(sysfs_value(subject->number, "pieces") <= subject->size / page_size());
	test_note("%llu pages in %llu pieces",
		  (unsigned long long)(subject->size / page_size()),
		  (unsigned long long)sysfs_value(subject->number, "pieces"));
}

/* Files are closed by the time close() has returned; their last mapping counts, too. */
static void users_are_counted(const struct subject *subject)
{
	uint64_t files = sysfs_value(subject->number, "users");
	uint64_t buffers = sysfs_value(subject->number, "dmabufs");
	int fd = must_open(subject), other = must_open(subject), buffer;
	volatile uint64_t *words;

	CHECK(sysfs_value(subject->number, "users") == files + 2);
	close(other);
	CHECK(sysfs_value(subject->number, "users") == files + 1);
	buffer = must_export(fd, 0, page_size());
	CHECK(sysfs_value(subject->number, "dmabufs") == buffers + 1);
	words = map_shared(fd, 0, page_size());
	close(fd);
	CHECK(sysfs_value(subject->number, "users") == files + 1);
	munmap((void *)words, page_size());
	CHECK(sysfs_value(subject->number, "users") == files);
	CHECK(sysfs_value(subject->number, "dmabufs") == buffers + 1);
	words = map_shared(buffer, 0, page_size());
	close(buffer);
	CHECK(sysfs_value(subject->number, "dmabufs") == buffers + 1);
	munmap((void *)words, page_size());
	CHECK(sysfs_value(subject->number, "dmabufs") == buffers);
}

/* ---- mappings ---- */

static void only_ranges_inside_are_mapped(const struct subject *subject)
{
	uint64_t size = subject->size, page = page_size();
	int fd = must_open(subject);

	CHECK(try_map(fd, 0, size, RDWR, MAP_SHARED) == 0);
	CHECK(try_map(fd, 0, page, RDWR, MAP_SHARED) == 0);
	CHECK(try_map(fd, size - page, page, RDWR, MAP_SHARED) == 0);
	CHECK(try_map(fd, size - page, 1, RDWR, MAP_SHARED) == 0);
	CHECK_FAILS(try_map(fd, 0, size + page, RDWR, MAP_SHARED), EINVAL);
	CHECK_FAILS(try_map(fd, 0, size + 1, RDWR, MAP_SHARED), EINVAL);
	CHECK_FAILS(try_map(fd, page, size, RDWR, MAP_SHARED), EINVAL);
	CHECK_FAILS(try_map(fd, size, page, RDWR, MAP_SHARED), EINVAL);
	CHECK_FAILS(try_map(fd, size + page, page, RDWR, MAP_SHARED), EINVAL);
	CHECK_FAILS(try_map(fd, size - page, 2 * page, RDWR, MAP_SHARED), EINVAL);
	CHECK_FAILS(try_map(fd, page / 2, page, RDWR, MAP_SHARED), EINVAL);
	CHECK(try_map(fd, (uint64_t)1 << 62, page, RDWR, MAP_SHARED) < 0);
	CHECK(try_map(fd, 0 - page, page, RDWR, MAP_SHARED) < 0);
	CHECK(try_map(fd, 0 - page, 2 * page, RDWR, MAP_SHARED) < 0);
}

static void private_mappings_are_refused(const struct subject *subject)
{
	int fd = must_open(subject), buffer = must_export(fd, 0, page_size());

	CHECK_FAILS(try_map(fd, 0, page_size(), PROT_READ, MAP_PRIVATE), EINVAL);
	CHECK_FAILS(try_map(fd, 0, page_size(), RDWR, MAP_PRIVATE), EINVAL);
	CHECK_FAILS(try_map(buffer, 0, page_size(), PROT_READ, MAP_PRIVATE), EINVAL);
	CHECK_FAILS(try_map(buffer, 0, page_size(), RDWR, MAP_PRIVATE), EINVAL);
}

static void who_may_only_read_maps_for_reading(const struct subject *subject)
{
	int fd = device_open(subject, O_RDONLY), buffer, writer = device_open(subject, O_WRONLY);

	CHECK(fd >= 0 && writer >= 0);
	CHECK(try_map(fd, 0, page_size(), PROT_READ, MAP_SHARED) == 0);
	CHECK_FAILS(try_map(fd, 0, page_size(), RDWR, MAP_SHARED), EACCES);
	CHECK_FAILS(try_map(writer, 0, page_size(), RDWR, MAP_SHARED), EACCES);
	buffer = must_export(fd, 0, page_size());
	CHECK(try_map(buffer, 0, page_size(), PROT_READ, MAP_SHARED) == 0);
	CHECK_FAILS(try_map(buffer, 0, page_size(), RDWR, MAP_SHARED), EACCES);
}

static void a_mapping_outlives_its_descriptor(const struct subject *subject)
{
	int fd = must_open(subject);
	volatile uint64_t *words = map_shared(fd, 0, page_size()), *again;

	close(fd);
	words[1] = 0x1122334455667788;
	fd = must_open(subject);
	again = map_shared(fd, 0, page_size());
	CHECK(again[1] == 0x1122334455667788);
	again[1] = 5;
	CHECK(words[1] == 5);
}

static void a_child_shares_the_mapping(const struct subject *subject)
{
	volatile uint64_t *words = map_shared(must_open(subject), 0, page_size());
	int status = -1;
	pid_t child;

	words[0] = 1;
	child = fork();
	if (child == 0) {
		words[0] += 41;
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(words[0] == 42);
}

/* mremap() makes a mapping longer without asking the device, where the kernel lets it. */
static void check_longer(int fd, uint64_t size)
{
	uint64_t page = page_size();
	volatile uint64_t *words = map_shared(fd, size - page, page);
	void *longer, *place;
	int ends[2];

	words[0] = 77;
	/* To another place: some kernels do not do it where the mapping is. */
	place = mmap(NULL, 4 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(place != MAP_FAILED);
	longer = mremap((void *)words, page, 4 * page, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	if (longer == MAP_FAILED) {
		CHECK(errno == EFAULT);
		return;
	}
	words = longer;
	CHECK(words[0] == 77);
	CHECK(raises_sigbus(words + page / 8, false));
	CHECK(raises_sigbus(words + page / 8, true));
	CHECK(raises_sigbus(words + 4 * page / 8 - 1, true));
	/* The kernel on the program's behalf. */
	CHECK(pipe(ends) == 0);
	CHECK_FAILS(write(ends[1], (char *)longer + page, 8), EFAULT);
	CHECK(write(ends[1], (char *)longer, 8) == 8);
}

static void behind_the_end_is_no_memory(const struct subject *subject)
{
	int fd = must_open(subject);

	check_longer(fd, subject->size);
	check_longer(must_export(fd, 0, 2 * page_size()), 2 * page_size());
}

static void memory_that_is_given_up_comes_back(const struct subject *subject)
{
	volatile uint64_t *words = map_shared(must_open(subject), 0, 4 * page_size());
	uint64_t step = page_size() / 8;

	words[0] = 1;
	words[step] = 2;
	words[3 * step] = 3;
	if (madvise((void *)(words + step), page_size(), MADV_DONTNEED) != 0) {
		CHECK(errno == EINVAL && subject->pci);
		return;
	}
	CHECK(words[0] == 1 && words[step] == 2 && words[3 * step] == 3);
	/* And around pages that are still there. */
	CHECK(madvise((void *)words, page_size(), MADV_DONTNEED) == 0);
	CHECK(madvise((void *)(words + 2 * step), 2 * page_size(), MADV_DONTNEED) == 0);
	CHECK(words[3 * step] == 3 && words[0] == 1);
}

static void protection_can_be_taken_and_given_back(const struct subject *subject)
{
	void *base = (void *)map_shared(must_open(subject), 0, page_size());
	volatile uint64_t *words = base;

	words[0] = 1;
	CHECK(mprotect(base, page_size(), PROT_READ) == 0);
	CHECK(words[0] == 1);
	CHECK(mprotect(base, page_size(), RDWR) == 0);
	words[0] = 2;
	CHECK(map_shared(device_open(subject, O_RDWR), 0, page_size())[0] == 2);
}

/* ---- DMA-BUFs ---- */

static void only_ranges_inside_are_exported(const struct subject *subject)
{
	uint64_t size = subject->size, page = page_size(), all = UINT64_MAX;
	uint64_t before = sysfs_value(subject->number, "dmabufs");
	const uint64_t bad[][2] = {
		{ 0, 0 }, { size, 0 }, { page, 0 }, { 1, page }, { page / 2, page },
		{ 0, 1 }, { 0, page + 1 }, { 0, page - 1 }, { 0, size + page }, { page, size },
		{ size, page }, { size - page, 2 * page }, { size + page, page },
		{ all - page + 1, page }, { all - page + 1, 2 * page }, { page, all - page + 1 },
		{ all - page + 1, all - page + 1 }, { 0, all }, { all, all }, { all, 1 },
		{ (uint64_t)1 << 63, (uint64_t)1 << 63 }, { 0, (uint64_t)1 << 63 },
		{ (uint64_t)1 << 32, (all << 32) + page },
	};
	int fd = must_open(subject);
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		errno = 0;
		if (dmabuf_create(fd, 0, bad[i][0], bad[i][1]) >= 0 || errno != EINVAL)
			test_note("offset %#llx size %#llx", (unsigned long long)bad[i][0],
				  (unsigned long long)bad[i][1]);
		CHECK_FAILS(dmabuf_create(fd, 0, bad[i][0], bad[i][1]), EINVAL);
	}
	CHECK(sysfs_value(subject->number, "dmabufs") == before);
	close(must_export(fd, 0, size));
	close(must_export(fd, size - page, page));
	CHECK(sysfs_value(subject->number, "dmabufs") == before);
}

static void only_known_flags_are_taken(const struct subject *subject)
{
	struct kvmfr_dmabuf_range range = { .size = page_size() };
	int fd = must_open(subject), buffer;
	unsigned int flags;

	for (flags = 2; flags <= 0xff; flags++)
		CHECK_FAILS(dmabuf_create(fd, flags, 0, page_size()), EINVAL);
	buffer = dmabuf_create(fd, KVMFR_DMABUF_CLOEXEC, 0, page_size());
	CHECK(buffer >= 0 && fcntl(buffer, F_GETFD) == FD_CLOEXEC);
	buffer = dmabuf_create(fd, 0, 0, page_size());
	CHECK(buffer >= 0 && fcntl(buffer, F_GETFD) == 0);
	/* What older programs leave there by accident. */
	memset(range.reserved, 0xa5, sizeof(range.reserved));
	CHECK(ioctl(fd, KVMFR_DMABUF_CREATE, &range) >= 0);
}

static void without_a_free_descriptor_nothing_is_left(const struct subject *subject)
{
	uint64_t before = sysfs_value(subject->number, "dmabufs");
	int fd = must_open(subject);
	struct rlimit old, limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
	limit = old;
	limit.rlim_cur = (rlim_t)fd + 1;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHECK_FAILS(dmabuf_create(fd, 0, 0, page_size()), EMFILE);
	CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
	CHECK(sysfs_value(subject->number, "dmabufs") == before);
}

static void a_dmabuf_tells_its_size_and_takes_sync(const struct subject *subject)
{
	uint64_t size = 3 * page_size();
	int buffer = must_export(must_open(subject), page_size(), size);
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_RW | DMA_BUF_SYNC_START };

	CHECK(lseek(buffer, 0, SEEK_END) == (off_t)size);
	CHECK(ioctl(buffer, DMA_BUF_IOCTL_SYNC, &sync) == 0);
	sync.flags = DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END;
	CHECK(ioctl(buffer, DMA_BUF_IOCTL_SYNC, &sync) == 0);
	CHECK(try_map(buffer, 0, size, RDWR, MAP_SHARED) == 0);
	CHECK(try_map(buffer, 2 * page_size(), page_size(), RDWR, MAP_SHARED) == 0);
	CHECK_FAILS(try_map(buffer, 0, size + page_size(), RDWR, MAP_SHARED), EINVAL);
	CHECK_FAILS(try_map(buffer, size, page_size(), RDWR, MAP_SHARED), EINVAL);
	CHECK_FAILS(try_map(buffer, page_size(), size, RDWR, MAP_SHARED), EINVAL);
	CHECK(try_map(buffer, 0 - page_size(), 2 * page_size(), RDWR, MAP_SHARED) < 0);
}

/* The device's word at byte @at, by a mapping of its own. */
static volatile uint64_t *word_at(int fd, uint64_t at)
{
	uint64_t page = at - at % page_size();

	return map_shared(fd, page, page_size()) + (at - page) / 8;
}

static void both_views_show_the_same_memory(const struct subject *subject)
{
	uint64_t page = page_size(), size = subject->size;
	const uint64_t offsets[] = { 0, page, size / 2 - size / 2 % page, size - 4 * page };
	const uint64_t places[] = { 0, 8, page, 2 * page + 16, 4 * page - 8 };
	int fd = must_open(subject);
	size_t i, k;

	for (i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		int buffer = must_export(fd, offsets[i], 4 * page);
		volatile uint64_t *view = map_shared(buffer, 0, 4 * page);

		for (k = 0; k < sizeof(places) / sizeof(*places); k++) {
			volatile uint64_t *word = word_at(fd, offsets[i] + places[k]);
			uint64_t mark = (i << 8 | k) * 0x9e3779b97f4a7c15;

			*word = mark;
			CHECK(view[places[k] / 8] == mark);
			view[places[k] / 8] = ~mark;
			CHECK(*word == ~mark);
			munmap((void *)((uintptr_t)word & ~(page - 1)), page);
		}
		munmap((void *)view, 4 * page);
		close(buffer);
	}
}

static void closing_in_any_order_keeps_the_memory(const struct subject *subject)
{
	uint64_t page = page_size();
	int fd = must_open(subject), buffer = must_export(fd, page, page);
	volatile uint64_t *direct = map_shared(fd, page, page), *view;

	close(fd);
	direct[3] = 333;
	view = map_shared(buffer, 0, page);
	CHECK(view[3] == 333);
	munmap((void *)direct, page);
	view[4] = 444;
	close(buffer);
	CHECK(view[4] == 444);
	view[5] = 555;
	fd = must_open(subject);
	direct = map_shared(fd, page, page);
	CHECK(direct[3] == 333 && direct[4] == 444 && direct[5] == 555);
}

/* ---- many at once ---- */

#define THREADS 4
#define ROUNDS 150

struct worker {
	pthread_t thread;
	const struct subject *subject;
	pthread_barrier_t *together;
	int fd;
	unsigned int number;
	bool failed;
};

/* One page in both views; others do the same with other pages at this moment. */
static bool one_round(struct worker *worker, unsigned int round)
{
	uint64_t page = page_size();
	uint64_t offset = page * worker->number, mark = (uint64_t)round << 8 | worker->number;
	int buffer = dmabuf_create(worker->fd, round & 1, offset, page);
	uint64_t *view, *all;
	bool good;

	if (buffer < 0)
		return false;
	view = mmap(NULL, page, RDWR, MAP_SHARED, buffer, 0);
	all = mmap(NULL, page * THREADS, RDWR, MAP_SHARED, worker->fd, 0);
	if (view == MAP_FAILED || all == MAP_FAILED)
		return false;
	if (round & 2)
		close(buffer);
	*(volatile uint64_t *)view = mark;
	good = *(volatile uint64_t *)(all + offset / 8) == mark;
	munmap(view, page);
	munmap(all, page * THREADS);
	if (!(round & 2))
		close(buffer);
	return good;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	unsigned int round;

	pthread_barrier_wait(worker->together);
	for (round = 0; round < ROUNDS && !worker->failed; round++)
		worker->failed = !one_round(worker, round);
	return NULL;
}

static void threads_do_not_disturb_each_other(const struct subject *subject)
{
	uint64_t before = sysfs_value(subject->number, "dmabufs");
	struct worker workers[THREADS];
	pthread_barrier_t together;
	int fd = must_open(subject);
	unsigned int i;

	pthread_barrier_init(&together, NULL, THREADS);
	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){
			.subject = subject, .together = &together, .fd = fd, .number = i
		};
		CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	for (i = 0; i < THREADS; i++)
		CHECK(!workers[i].failed);
	CHECK(sysfs_value(subject->number, "dmabufs") == before);
}

struct toucher {
	pthread_t thread;
	pthread_barrier_t *together;
	volatile uint64_t *words;
	uint64_t pages;
	bool good;
};

static void *touch(void *arg)
{
	struct toucher *toucher = arg;
	uint64_t i, step = page_size() / 8;

	toucher->good = true;
	pthread_barrier_wait(toucher->together);
	for (i = 0; i < toucher->pages; i++)
		toucher->good &= toucher->words[i * step] == i + 1;
	return NULL;
}

/* Each of them is the first to touch some page. */
static void threads_touch_a_fresh_mapping_together(const struct subject *subject)
{
	uint64_t pages = subject->size / page_size() < 700 ? subject->size / page_size() : 700, i;
	int fd = must_open(subject), round;
	volatile uint64_t *words = map_shared(fd, 0, pages * page_size());

	for (i = 0; i < pages; i++)
		words[i * page_size() / 8] = i + 1;
	for (round = 0; round < 10; round++) {
		struct toucher touchers[THREADS];
		pthread_barrier_t together;

		words = map_shared(fd, 0, pages * page_size());
		pthread_barrier_init(&together, NULL, THREADS);
		for (i = 0; i < THREADS; i++) {
			touchers[i] = (struct toucher){ .together = &together, .words = words,
							.pages = pages };
			CHECK(pthread_create(&touchers[i].thread, NULL, touch, &touchers[i]) == 0);
		}
		for (i = 0; i < THREADS; i++)
			pthread_join(touchers[i].thread, NULL);
		for (i = 0; i < THREADS; i++)
			CHECK(touchers[i].good);
		munmap((void *)words, pages * page_size());
	}
}

#define CASE(name) { #name, name }

const struct test_case device_cases[] = {
	CASE(size_is_the_same_everywhere),
	CASE(request_numbers_are_those_of_other_programs),
	CASE(bad_pointers_are_refused),
	CASE(unknown_requests_are_refused),
	CASE(it_can_only_be_mapped),
	CASE(state_can_be_read_and_not_written),
	CASE(users_are_counted),
	CASE(only_ranges_inside_are_mapped),
	CASE(private_mappings_are_refused),
	CASE(who_may_only_read_maps_for_reading),
	CASE(a_mapping_outlives_its_descriptor),
	CASE(a_child_shares_the_mapping),
	CASE(behind_the_end_is_no_memory),
	CASE(memory_that_is_given_up_comes_back),
	CASE(protection_can_be_taken_and_given_back),
	CASE(only_ranges_inside_are_exported),
	CASE(only_known_flags_are_taken),
	CASE(without_a_free_descriptor_nothing_is_left),
	CASE(a_dmabuf_tells_its_size_and_takes_sync),
	CASE(both_views_show_the_same_memory),
	CASE(closing_in_any_order_keeps_the_memory),
	CASE(threads_do_not_disturb_each_other),
	CASE(threads_touch_a_fresh_mapping_together),
	{ NULL, NULL }
};
