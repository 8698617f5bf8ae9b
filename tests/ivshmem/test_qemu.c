/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's own ivshmem-doorbell device as a peer. Nothing runs in the machine: what a guest's driver would
 * do to the device is done through QEMU's -qtest interface (port and memory accesses as lines of text).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "programs.h"
#include "ring/ivshmem.h"
#include "ring/mem.h"
#include "support/check.h"

#define QEMU "qemu-system-x86_64"

/* Where the test puts the device; free on machine `pc` with its usual 128 MiB. */
#define SLOT      4u
#define REGISTERS UINT64_C(0xe0000000)
#define MEMORY    UINT64_C(0xe8000000)

/* Registers of the device (QEMU, docs/specs/ivshmem-spec): our own number, the doorbell. */
#define REG_POSITION 8u
#define REG_DOORBELL 12u

struct machine {
    pid_t pid;
    FILE *to, *from;
    unsigned id; /* of the peer that it is */
};

/* One command; the number of its answer, 0 without one. */
static uint64_t ask(struct machine *m, const char *verb, uint64_t a, const uint64_t *b)
{
    char line[256];
    fprintf(m->to, b ? "%s 0x%llx 0x%llx\n" : "%s 0x%llx\n", verb, (unsigned long long)a,
            b ? (unsigned long long)*b : 0);
    fflush(m->to);
    do {
        assert_non_null(fgets(line, sizeof(line), m->from));
    } while (strncmp(line, "OK", 2) != 0);
    return strtoull(line + 2, NULL, 0);
}

static void put(struct machine *m, const char *verb, uint64_t a, uint64_t b)
{
    ask(m, verb, a, &b);
}

static void write_config(struct machine *m, uint32_t reg, uint32_t value)
{
    put(m, "outl", 0xcf8, 0x80000000u | SLOT << 11 | reg);
    put(m, "outl", 0xcfc, value);
}

static uint32_t read_config(struct machine *m, uint32_t reg)
{
    put(m, "outl", 0xcf8, 0x80000000u | SLOT << 11 | reg);
    return (uint32_t)ask(m, "inl", 0xcfc, NULL);
}

static void machine_start(struct machine *m, const struct scratch *s)
{
    char chardev[160], device[80];
    int to[2], from[2];
    snprintf(chardev, sizeof(chardev), "socket,path=%s,id=iv", s->socket);
    snprintf(device, sizeof(device), "ivshmem-doorbell,chardev=iv,vectors=1,addr=%u", SLOT);
    const char *argv[] = {QEMU,         "-accel",      "tcg",      "-S",     "-machine",
                          "pc",         "-display",    "none",     "-qtest", "stdio",
                          "-qtest-log", "none",        "-chardev", chardev,  "-device",
                          device,       "-nodefaults", "-m",       "128",    "-no-user-config",
                          NULL};
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    m->pid = program_start(argv, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    m->to = fdopen(to[1], "w");
    m->from = fdopen(from[0], "r");
    assert_int_equal(read_config(m, 0), 0x11101af4);
    write_config(m, 0x10, (uint32_t)REGISTERS);
    write_config(m, 0x18, (uint32_t)MEMORY);
    write_config(m, 0x1c, 0);
    write_config(m, 0x04, 6); /* memory accesses, bus master */
    m->id = (unsigned)ask(m, "readl", REGISTERS + REG_POSITION, NULL);
}

static void machine_stop(struct machine *m)
{
    kill(m->pid, SIGKILL);
    program_wait(m->pid);
    fclose(m->to);
    fclose(m->from);
}

static void expect_same_memory(struct machine *m, struct orl_shm *shm)
{
    const uint32_t places[] = {0, 4096, (uint32_t)shm->size - 4};
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t there = places[i];
        put(m, "writel", MEMORY + there, 0xfeed0000u + i);
        assert_int_equal(orl_w32_load(shm->base + there), 0xfeed0000u + i);
        orl_w32_store(shm->base + there, 0xbeef0000u + i);
        assert_int_equal(ask(m, "readl", MEMORY + there, NULL), 0xbeef0000u + i);
    }
}

/* The machine hears of a viewer that is new when it comes to it: until then rings go nowhere. */
static void ring_until_heard(struct machine *m, const struct orl_shm *shm)
{
    do {
        put(m, "writel", REGISTERS + REG_DOORBELL, (uint64_t)(unsigned)shm->peer << 16);
        pause_a_little();
    } while (!orl_shm_rang(shm));
}

static void viewer_shares_the_memory_of_a_machine_and_is_rung_by_it(void **state)
{
    (void)state;
    struct scratch s;
    struct machine m;
    scratch_make(&s);
    pid_t server = server_start(&s, "--size=64M", NULL);
    machine_start(&m, &s);
    struct orl_shm shm = open_served(&s);
    assert_int_equal(shm.size, 64u << 20);
    assert_int_not_equal(shm.peer, m.id);
    expect_same_memory(&m, &shm);
    ring_until_heard(&m, &shm);
    (void)orl_shm_rang(&shm); /* the ring before the one that was heard */
    put(&m, "writel", REGISTERS + REG_DOORBELL, (uint64_t)(unsigned)shm.peer << 16 | 1);
    put(&m, "writel", REGISTERS + REG_DOORBELL, (uint64_t)500 << 16);
    assert_false(orl_shm_rang(&shm)); /* another vector, another peer */
    machine_stop(&m);
    orl_shm_close(&shm);
    assert_int_equal(program_end(server), 0);
    scratch_remove(&s);
}

static void machine_may_come_after_the_viewer_and_go_before_it(void **state)
{
    (void)state;
    struct scratch s;
    struct machine m;
    struct orl_ivshmem c;
    struct orl_ivshmem_peers peers;
    scratch_make(&s);
    pid_t server = server_start(&s, "--size=1M", "--vectors=4");
    struct orl_shm shm = open_served(&s);
    for (int round = 0; round < 2; round++) {
        machine_start(&m, &s);
        assert_int_equal(orl_ivshmem_connect(&c, s.socket, &peers, 60 * ORL_NS_PER_S),
                         ORL_SHM_FINE);
        while (peers.count != 2) { /* viewer and machine */
            assert_true(orl_ivshmem_step(&c));
            pause_a_little();
        }
        expect_same_memory(&m, &shm);
        ring_until_heard(&m, &shm);
        for (int i = 0; i < 1000; i++) {
            orl_ivshmem_ring(&c); /* a machine whose guest does not listen lives through it */
        }
        expect_same_memory(&m, &shm);
        machine_stop(&m);
        while (peers.count != 1) {
            assert_true(orl_ivshmem_step(&c));
            pause_a_little();
        }
        orl_ivshmem_close(&c);
        assert_false(orl_shm_stale(&shm, s.name));
    }
    orl_shm_close(&shm);
    assert_int_equal(program_end(server), 0);
    scratch_remove(&s);
}

static void memory_outlives_the_server_between_those_who_have_it(void **state)
{
    (void)state;
    struct scratch s;
    struct machine m;
    scratch_make(&s);
    pid_t server = server_start(&s, "--size=1M", NULL);
    machine_start(&m, &s);
    struct orl_shm shm = open_served(&s);
    ring_until_heard(&m, &shm);
    assert_int_equal(program_end(server), 0);
    while (!orl_shm_stale(&shm, NULL)) {
        pause_a_little();
    }
    expect_same_memory(&m, &shm);
    ring_until_heard(&m, &shm);
    machine_stop(&m);
    orl_shm_close(&shm);
    scratch_remove(&s);
}

static bool have_qemu(void)
{
    const char *argv[] = {"/bin/sh", "-c",
                          QEMU " -device help 2>/dev/null | grep -q ivshmem-doorbell", NULL};
    return program_wait(program_start(argv, -1, -1)) == 0;
}

int main(void)
{
    if (!have_qemu()) {
        puts("skipped: there is no " QEMU " with the device ivshmem-doorbell");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(viewer_shares_the_memory_of_a_machine_and_is_rung_by_it),
        cmocka_unit_test(machine_may_come_after_the_viewer_and_go_before_it),
        cmocka_unit_test(memory_outlives_the_server_between_those_who_have_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
