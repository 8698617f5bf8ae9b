/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One producer and four consumers as threads: every message arrives at everybody. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "party.h"
#include "scale.h"
#include "support/check.h"

#ifdef __SANITIZE_THREAD__
#    define MESSAGES 6000 /* each costs twenty times as much there */
#else
#    define MESSAGES 40000
#endif

struct member {
    const struct party *party;
    struct party_counts counts;
    unsigned seed;
};

static void consume(void *arg)
{
    struct member *m = arg;
    party_consume(m->party, &m->counts, m->seed);
}

static void produce(void *arg)
{
    struct member *m = arg;
    party_produce(m->party, &m->counts);
}

static void run(enum orl_release release, uint32_t capacity)
{
    static const struct party_counts zero;
    _Atomic int stop = 0;
    struct party party = {.lay = orl_layout_get(release),
                          .capacity = capacity,
                          .timeout_ms = 60000,
                          .limit = (uint64_t)(MESSAGES * stress_scale()),
                          .wait_for = PARTY_CONSUMERS,
                          .stop = &stop};
    int fd = memfd_create("oriel-stress", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, PARTY_BYTES), 0);
    assert_int_equal(orl_shm_map_fd(&party.shm, fd, PARTY_BYTES, ORL_SHM_READ_WRITE), ORL_OK);
    struct member members[PARTY_CONSUMERS + 1];
    struct orl_thread threads[PARTY_CONSUMERS + 1];
    for (unsigned i = 0; i <= PARTY_CONSUMERS; i++) {
        members[i] = (struct member){.party = &party, .counts = zero, .seed = i + 1};
        assert_int_equal(orl_thread_start(&threads[i], i == 0 ? "producer" : "consumer",
                                          i == 0 ? produce : consume, &members[i]),
                         ORL_OK);
    }
    orl_thread_join(&threads[0]); /* returns when all is posted and finished */
    atomic_store(&stop, 1);
    for (unsigned i = 1; i <= PARTY_CONSUMERS; i++) {
        orl_thread_join(&threads[i]);
    }
    assert_int_equal(members[0].counts.posted, party.limit);
    assert_int_equal(members[0].counts.restarts, 0);
    for (unsigned i = 1; i <= PARTY_CONSUMERS; i++) {
        const struct party_counts *c = &members[i].counts;
        assert_int_equal(c->broken + c->gaps + c->errors + c->late + c->stuck, 0);
        assert_int_equal(c->received, party.limit);
    }
    orl_shm_close(&party.shm);
}

static void every_message_reaches_every_thread_once(void **state)
{
    enum orl_release release = *(enum orl_release *)*state;
    run(release, 2);
    run(release, 32);
}

int main(void)
{
    static enum orl_release r[] = {ORL_B6, ORL_B7, ORL_MASTER};
    const struct CMUnitTest tests[] = {
        {"every_message_reaches_every_thread_once (B6)",
         every_message_reaches_every_thread_once, NULL, NULL, &r[0]},
        {"every_message_reaches_every_thread_once (B7)",
         every_message_reaches_every_thread_once, NULL, NULL, &r[1]},
        {"every_message_reaches_every_thread_once (master)",
         every_message_reaches_every_thread_once, NULL, NULL, &r[2]},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
