/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One producer and four consumers as processes that are killed at random, also while they hold a
 * lock, and started again. Whoever lives and is in time must not notice more than a new session.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "party.h"
#include "scale.h"
#include "support/check.h"

#define RUN_NS           (6 * ORL_NS_PER_S)
#define KILL_CONSUMER_NS (400 * ORL_NS_PER_MS)
#define KILL_PRODUCER_NS (1500 * ORL_NS_PER_MS)
#define NO_PROGRESS_NS   (5 * ORL_NS_PER_S)
/* A guest takes seconds to start again. Were it faster than the scheduler, a consumer could come
 * back to the middle of a change that it began in the old session: nothing in the protocol can
 * prevent that, and it is not what is tested here. */
#define RESTART_US 50000

struct shared {
    _Atomic int stop;
    struct party_counts counts[PARTY_CONSUMERS + 1]; /* 0: producer */
};

static pid_t start(const struct party *party, struct shared *s, unsigned who, unsigned seed)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (who == 0) {
            party_produce(party, &s->counts[0]);
        } else {
            party_consume(party, &s->counts[who], seed);
        }
        _exit(0);
    }
    return pid;
}

static void kill_and_restart(const struct party *party, struct shared *s, pid_t *pids,
                             unsigned who, unsigned seed)
{
    kill(pids[who], SIGKILL);
    waitpid(pids[who], NULL, 0);
    if (who == 0) {
        usleep(RESTART_US);
    }
    pids[who] = start(party, s, who, seed);
}

static uint64_t received(const struct shared *s)
{
    uint64_t sum = 0;
    for (unsigned i = 1; i <= PARTY_CONSUMERS; i++) {
        sum += s->counts[i].received;
    }
    return sum;
}

/* Kills until the time is up; false when messages stopped flowing. */
static bool supervise(const struct party *party, struct shared *s, pid_t *pids)
{
    unsigned seed = 7;
    uint64_t now_ns = orl_now_ns();
    uint64_t end_ns = now_ns + (uint64_t)((double)RUN_NS * stress_scale());
    uint64_t consumer_ns = now_ns + KILL_PRODUCER_NS, producer_ns = now_ns + KILL_PRODUCER_NS;
    uint64_t seen = 0, seen_ns = now_ns;
    for (; now_ns < end_ns; now_ns = orl_now_ns()) {
        usleep(3000 + seed % 1000);
        seed = seed * 1664525u + 1013904223u;
        if (now_ns >= consumer_ns) {
            kill_and_restart(party, s, pids, 1 + (seed >> 16) % PARTY_CONSUMERS, seed);
            consumer_ns = now_ns + KILL_CONSUMER_NS;
        }
        if (now_ns >= producer_ns) {
            kill_and_restart(party, s, pids, 0, seed);
            producer_ns = now_ns + KILL_PRODUCER_NS;
        }
        if (received(s) != seen) {
            seen = received(s);
            seen_ns = now_ns;
        } else if (now_ns - seen_ns > NO_PROGRESS_NS) {
            return false;
        }
    }
    return true;
}

static void finish(struct shared *s, const pid_t *pids)
{
    atomic_store(&s->stop, 1);
    uint64_t end_ns = orl_now_ns() + 5 * ORL_NS_PER_S;
    for (unsigned i = 0; i <= PARTY_CONSUMERS; i++) {
        int status = 0;
        while (waitpid(pids[i], &status, WNOHANG) == 0) {
            if (orl_now_ns() > end_ns) {
                kill(pids[i], SIGKILL);
                fail_msg("process %u did not stop", i);
            }
            usleep(1000);
        }
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

static void living_parties_survive_the_death_of_others(void **state)
{
    struct shared *s =
        mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(s, MAP_FAILED);
    struct party party = {.lay = orl_layout_get(*(enum orl_release *)*state),
                          .capacity = 32,
                          .timeout_ms = 100,
                          .wait_for = 1,
                          .naps = true,
                          .stop = &s->stop};
    int fd = memfd_create("oriel-stress", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, PARTY_BYTES), 0);
    assert_int_equal(orl_shm_map_fd(&party.shm, fd, PARTY_BYTES, ORL_SHM_READ_WRITE), ORL_OK);
    pid_t pids[PARTY_CONSUMERS + 1];
    for (unsigned i = 0; i <= PARTY_CONSUMERS; i++) {
        pids[i] = start(&party, s, i, i);
    }
    bool flowing = supervise(&party, s, pids);
    finish(s, pids);
    printf("  posted %llu, restarts %llu\n", (unsigned long long)s->counts[0].posted,
           (unsigned long long)s->counts[0].restarts);
    assert_true(flowing);
    for (unsigned i = 1; i <= PARTY_CONSUMERS; i++) {
        const struct party_counts *c = &s->counts[i];
        printf("  consumer %u: %llu messages, %llu subscriptions, %llu late, %llu sessions, "
               "%llu stuck, %llu gaps, %llu broken, %llu errors\n",
               i, (unsigned long long)c->received, (unsigned long long)c->subscribed,
               (unsigned long long)c->late, (unsigned long long)c->reattached,
               (unsigned long long)c->stuck, (unsigned long long)c->gaps,
               (unsigned long long)c->broken, (unsigned long long)c->errors);
        assert_int_equal(c->gaps, 0);
        assert_int_equal(c->broken, 0);
        assert_int_equal(c->errors, 0);
        assert_true(c->received > 100);
    }
    orl_shm_close(&party.shm);
    munmap(s, sizeof(*s));
}

int main(void)
{
    static enum orl_release r[] = {ORL_B6, ORL_B7, ORL_MASTER};
    const struct CMUnitTest tests[] = {
        {"living_parties_survive_the_death_of_others (B6)",
         living_parties_survive_the_death_of_others, NULL, NULL, &r[0]},
        {"living_parties_survive_the_death_of_others (B7)",
         living_parties_survive_the_death_of_others, NULL, NULL, &r[1]},
        {"living_parties_survive_the_death_of_others (master)",
         living_parties_survive_the_death_of_others, NULL, NULL, &r[2]},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
