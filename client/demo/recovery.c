/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The region behind the queues that master's display driver keeps alive, and what becomes of the
 * requests in it. */
#define ORL_LOG_MODULE "demo"
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "demo/guest.h"

#define BEAT_NS   (250 * ORL_NS_PER_MS)
#define SWITCH_NS (400 * ORL_NS_PER_MS) /* a helper's work, so that a viewer sees "switching" */

bool orl_demo_has_recovery(const struct orl_demo_conf *conf)
{
    return conf->release == ORL_MASTER && conf->os == ORL_OS_WINDOWS &&
           conf->recovery != ORL_DEMO_RECOVERY_ABSENT;
}

void orl_demo_recovery_start(struct orl_demo_guest *g)
{
    if (!orl_demo_has_recovery(&g->conf)) {
        return;
    }
    struct orl_recovery about = {.lgmp = g->lay->lgmp,
                                 .kvmfr = g->lay->kvmfr,
                                 .session = (uint64_t)g->prod.session_id << 32 | 1,
                                 .version = "oriel demo"};
    if (g->conf.recovery != ORL_DEMO_RECOVERY_NONE) {
        about.capabilities = ORL_RECOVERY_CAN_SWITCH;
    }
    memset(&g->recovery, 0, sizeof(g->recovery));
    int err = orl_recovery_offer(&g->recovery.region, g->shm.base, g->shm.size, &about);
    if (err) { /* a file whose end is not aligned: there is none, then */
        orl_warn("no recovery region: %s", orl_err_text(err));
    }
    g->recovery.beat_ns = g->now_ns + BEAT_NS;
}

static void hear(struct orl_demo_guest *g)
{
    struct orl_demo_switch *s = &g->recovery;
    if (orl_recovery_take(&s->region, &s->wish) != ORL_OK) {
        return;
    }
    orl_info("request %" PRIu32 ": the %s display", s->wish.ticket,
             s->wish.request == ORL_RECOVERY_ASK_NORMAL ? "normal" : "fallback");
    s->done_ns = 0;
    if (g->conf.recovery != ORL_DEMO_RECOVERY_SILENT) {
        orl_recovery_tell(&s->region, &s->wish, ORL_RECOVERY_SWITCHING, ORL_RECOVERY_FINE);
        s->done_ns = g->now_ns + SWITCH_NS;
    }
}

static void answer(struct orl_demo_guest *g)
{
    struct orl_demo_switch *s = &g->recovery;
    s->done_ns = 0;
    if (g->conf.recovery > ORL_DEMO_RECOVERY_FAIL) {
        uint32_t error = (uint32_t)g->conf.recovery - ORL_DEMO_RECOVERY_FAIL;
        orl_recovery_tell(&s->region, &s->wish, ORL_RECOVERY_FAILED, error);
        return;
    }
    s->active = s->wish.request == ORL_RECOVERY_ASK_FALLBACK;
    g->frames.repost |= !s->active;
    orl_recovery_tell(&s->region, &s->wish,
                      s->active ? ORL_RECOVERY_ACTIVE : ORL_RECOVERY_NORMAL, ORL_RECOVERY_FINE);
}

void orl_demo_recovery_step(struct orl_demo_guest *g)
{
    struct orl_demo_switch *s = &g->recovery;
    if (!s->region.region || g->conf.recovery == ORL_DEMO_RECOVERY_DEAD) {
        return;
    }
    if (g->now_ns >= s->beat_ns) {
        orl_recovery_beat(&s->region);
        s->beat_ns = g->now_ns + BEAT_NS;
    }
    hear(g);
    if (s->done_ns && g->now_ns >= s->done_ns) {
        answer(g);
    }
}
