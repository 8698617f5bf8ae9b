/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selftest [--module kvmfr.ko]: whether the kernel module keeps every promise of kvmfr.h.
 *
 * Tests the devices that are there, with a static and a PCI device alike; writes to them, so no
 * virtual machine may use them. With --module, loads and unloads the module itself, which must not
 * be loaded before. Prints TAP, ends with 0 when all is well, 1 when something is not, 2 when
 * nothing could be tested. For root.
 */
#include "selftest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SKIPPED 77
#define CASE_SECONDS 300 /* for one case, on a very slow machine */

static int case_count;
static int failure_count;

/* ---- cases ---- */

void test_check(bool holds, const char *text, const char *file, int line)
{
	if (!holds) {
		printf("# %s:%d: '%s' does not hold (errno: %s)\n", file, line, text,
		       strerror(errno));
		exit(1);
	}
}

void test_check_fails(long result, int error, const char *text, const char *file, int line)
{
	if (result >= 0) {
		printf("# %s:%d: '%s' returns %ld and should fail with %s\n", file, line, text,
		       result, strerrorname_np(error));
		exit(1);
	}
	if (errno != error) {
		printf("# %s:%d: '%s' fails with %s and should with %s\n", file, line, text,
		       strerrorname_np(errno), strerrorname_np(error));
		exit(1);
	}
}

void test_skip(const char *why)
{
	printf("# %s\n", why);
	exit(SKIPPED);
}

void test_note(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

void test_run(const struct test_case *test, const struct subject *subject, const char *about)
{
	struct timespec before, after;
	int status = 0;
	pid_t child;
	double took;

	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &before);
	child = fork();
	if (child == 0) {
		alarm(CASE_SECONDS);
		test->run(subject);
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		status = -1;
	clock_gettime(CLOCK_MONOTONIC, &after);
	took = (double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec);
	if (took > 1)
		printf("# this took %.1f s\n", took);
	case_count++;
	if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		printf("ok %d - %s%s\n", case_count, about, test->name);
	} else if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
		printf("ok %d - %s%s # SKIP\n", case_count, about, test->name);
	} else {
		if (status != -1 && WIFSIGNALED(status))
			printf("# ended by %s\n", strsignal(WTERMSIG(status)));
		printf("not ok %d - %s%s\n", case_count, about, test->name);
		failure_count++;
	}
}

/* ---- tools of cases ---- */

bool sysfs_text(int number, const char *attribute, char *text, size_t bytes)
{
	char path[96];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/kvmfr/kvmfr%d/%s", number, attribute);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, text, bytes - 1);
	close(fd);
	if (got < 0)
		return false;
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return true;
}

uint64_t sysfs_value(int number, const char *attribute)
{
	char text[64];

	CHECK(sysfs_text(number, attribute, text, sizeof(text)));
	return strtoull(text, NULL, 10);
}

int subjects_find(struct subject *subjects, int max)
{
	int count = 0, number;

	for (number = 0; number < 10 && count < max; number++) {
		char size[64], backing[64];

		if (!sysfs_text(number, "size", size, sizeof(size)) ||
		    !sysfs_text(number, "backing", backing, sizeof(backing)))
			continue;
		subjects[count].number = number;
		subjects[count].size = strtoull(size, NULL, 10);
		subjects[count++].pci = strcmp(backing, "pci") == 0;
	}
	return count;
}

int device_open(const struct subject *subject, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/kvmfr%d", subject->number);
	return open(path, flags | O_CLOEXEC);
}

int dmabuf_create(int device, unsigned int flags, uint64_t offset, uint64_t size)
{
	struct kvmfr_dmabuf_range range = { .flags = (__u8)flags, .offset = offset, .size = size };

	return ioctl(device, KVMFR_DMABUF_CREATE, &range);
}

volatile uint64_t *map_shared(int fd, uint64_t offset, uint64_t size)
{
	void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);

	CHECK(base != MAP_FAILED);
	return base;
}

static sigjmp_buf after_bus;

static void on_bus(int number)
{
	(void)number;
	siglongjmp(after_bus, 1);
}

bool raises_sigbus(volatile uint64_t *word, bool write)
{
	struct sigaction action = { .sa_handler = on_bus }, before;
	volatile bool raised = true;

	sigaction(SIGBUS, &action, &before);
	if (sigsetjmp(after_bus, 1) == 0) {
		uint64_t value = *word;

		if (write)
			*word = value;
		raised = false;
	}
	sigaction(SIGBUS, &before, NULL);
	return raised;
}

uint64_t page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* ---- main ---- */

static void run_device(const struct subject *subject)
{
	const struct test_case *const tables[] = { device_cases, import_cases,
						   subject->pci ? pci_cases : NULL };
	const struct test_case *test;
	char about[80];
	size_t i;

	snprintf(about, sizeof(about), "kvmfr%d (%s, %llu MiB): ", subject->number,
		 subject->pci ? "pci" : "static", (unsigned long long)(subject->size / MIB));
	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		for (test = tables[i]; test && test->name; test++)
			test_run(test, subject, about);
	}
}

int main(int count, char **args)
{
	struct subject subjects[10];
	int found, i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (count == 3 && strcmp(args[1], "--module") == 0) {
		run_load_cases(args[2]);
		if (module_load("static_size_mb=3,8") != 0)
			printf("# the module cannot be loaded: %s\n", strerror(errno));
	} else if (count != 1) {
		fprintf(stderr, "usage: selftest [--module kvmfr.ko]\n");
		return 2;
	}
	found = subjects_find(subjects, 10);
	for (i = 0; i < found; i++)
		run_device(&subjects[i]);
	if (found == 0)
		printf("# there is no device\n");
	if (count == 3 && module_unload() != 0) {
		printf("# the module cannot be unloaded: %s\n", strerror(errno));
		failure_count++;
	}
	printf("1..%d\n", case_count);
	if (case_count == 0)
		return 2;
	return failure_count || found == 0 ? 1 : 0;
}
