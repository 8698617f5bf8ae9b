/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"

static void *aligned(size_t size)
{
    void *p = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(p);
    memset(p, 0, size);
    return p;
}

void pump_start(struct world *w)
{
    w->pump = aligned(sizeof(*w->pump));
    orl_pump_init(w->pump, &w->conf, w->link);
    w->pump->stage_wait_ns = 5 * MS;
}

static struct world *begin(void)
{
    assert_int_equal(orl_shm_guard(), ORL_OK);
    struct world *w = aligned(sizeof(*w));
    w->now = 1000 * MS;
    return w;
}

static struct world *connect_all(struct world *w, enum orl_release release)
{
    w->link = aligned(sizeof(*w->link));
    orl_wake_init(&w->wake);
    orl_frame_link_init(w->link, &w->wake);
    w->conf.path = w->guest.path;
    pump_start(w);
    viewer_init(&w->viewer, w->link, release == ORL_MASTER);
    return w;
}

struct world *create(enum orl_release release, size_t bytes)
{
    struct world *w = begin();
    guest_create(&w->guest, release, bytes);
    return connect_all(w, release);
}

struct world *create_sealed(enum orl_release release, size_t bytes)
{
    struct world *w = begin();
    w->conf.allow_dma = true;
    guest_create_sealed(&w->guest, release, bytes);
    return connect_all(w, release);
}

void destroy(struct world *w)
{
    orl_pump_finish(w->pump);
    viewer_finish(&w->viewer);
    orl_frame_link_finish(w->link);
    guest_destroy(&w->guest);
    free(w->pump);
    free(w->link);
    free(w);
}

/* Time goes on, the guest's heart beats, the pump looks. */
int tick(struct world *w, uint64_t ms)
{
    w->now += ms * MS;
    if (w->guest.producer.base) {
        guest_pass(&w->guest, w->now / MS);
    }
    return orl_pump_step(w->pump, w->now);
}

const struct orl_guest_status *status(const struct world *w)
{
    return &w->pump->report.now;
}

/* Until the pump is subscribed to the guest's frames. */
void attach(struct world *w)
{
    for (int i = 0; i < 400 && !w->pump->ring.session; i++) {
        int err = tick(w, 10);
        assert_true(err == ORL_OK || err == ORL_EAGAIN);
    }
    assert_non_null(w->pump->ring.session);
}

void each_release(void (*test)(enum orl_release release))
{
    for (int i = 0; i < ORL_RELEASES; i++) {
        test((enum orl_release)i);
    }
}
