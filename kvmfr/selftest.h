/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the self-test. Every case runs in a process of its own: what it opens and maps is gone
 * afterwards, and an accident is that case's alone.
 */
#ifndef SELFTEST_H
#define SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvmfr.h"

#define MIB ((uint64_t)1048576)

/* A device under test. */
struct subject {
	int number; /* of /dev/kvmfrN */
	uint64_t size; /* bytes, from sysfs */
	bool pci;
};

struct test_case {
	const char *name;
	void (*run)(const struct subject *subject);
};

/* In a case: the first that does not hold ends it. */
#define CHECK(condition) test_check(condition, #condition, __FILE__, __LINE__)
/* The call fails, and with this error. */
#define CHECK_FAILS(call, error) test_check_fails((long)(call), error, #call, __FILE__, __LINE__)

void test_check(bool holds, const char *text, const char *file, int line);
void test_check_fails(long result, int error, const char *text, const char *file, int line);
__attribute__((noreturn)) void test_skip(const char *why);
/* Prints a line that a reader of the results may want. */
__attribute__((format(printf, 1, 2))) void test_note(const char *format, ...);

/* Runs a case and prints its line; @about stands in front of its name. */
void test_run(const struct test_case *test, const struct subject *subject, const char *about);

/* The devices that are there, at most @max; the number. */
int subjects_find(struct subject *subjects, int max);
/* Of /sys/class/kvmfr/kvmfrN/@attribute, without its end of line; false: there is none. */
bool sysfs_text(int number, const char *attribute, char *text, size_t bytes);
uint64_t sysfs_value(int number, const char *attribute);

int device_open(const struct subject *subject, int flags);
/* The result of the request: a descriptor, or -1 and errno. */
int dmabuf_create(int device, unsigned int flags, uint64_t offset, uint64_t size);
/* Maps for reading and writing; ends the case when that fails. */
volatile uint64_t *map_shared(int fd, uint64_t offset, uint64_t size);
/* Whether touching the word raises SIGBUS. */
bool raises_sigbus(volatile uint64_t *word, bool write);
uint64_t page_size(void);
/* The driver for tests; ends the case as skipped when that is not loaded. */
int importer_open(void);

/* The tables of cases, each ended by an empty one. */
extern const struct test_case device_cases[];
extern const struct test_case import_cases[];
extern const struct test_case pci_cases[];

/* What can only be tested by loading and unloading the module, which must not be loaded. */
int module_load(const char *parameters);
int module_unload(void);
void run_load_cases(const char *module_file);

#endif
