/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's side of the recovery region. Trusts nothing that viewers write there. */
#include <string.h>

#include "ring/mem.h"
#include "ring/recovery.h"
#include "ring/recovery_place.h"

/* Odd first, even last: who copies it meanwhile sees either, or that the two differ. */
static void put_status(struct orl_recovery_guest *g)
{
    uint8_t raw[ORL_RECOVERY_STATUS_BYTES];
    uint8_t *serial = g->region + ORL_RECOVERY_STATUS_SERIAL;
    orl_w32_announce(serial, g->status_serial + 1);
    g->status_serial += g->status_serial == UINT32_MAX - 1 ? 4 : 2; /* even, never 0 */
    orl_recovery_write_status(raw, &g->about, g->status_serial);
    orl_words_write(g->region + ORL_RECOVERY_STATUS, raw,
                    ORL_RECOVERY_STATUS_SERIAL - ORL_RECOVERY_STATUS);
    orl_w32_store(serial, g->status_serial);
}

int orl_recovery_offer(struct orl_recovery_guest *g, uint8_t *base, size_t size,
                       const struct orl_recovery *about)
{
    if (size <= ORL_RECOVERY_BYTES) {
        return ORL_ENOSPC;
    }
    uint8_t *region = orl_recovery_place(base, size);
    if (!region) {
        return ORL_EINVAL;
    }
    uint8_t raw[ORL_RECOVERY_STRUCT_BYTES] = {0};
    *g = (struct orl_recovery_guest){.region = region, .about = *about};
    g->about.heartbeat = 0;
    g->about.state = ORL_RECOVERY_NORMAL;
    g->about.error = ORL_RECOVERY_FINE;
    g->about.ack_serial = 0;
    g->about.ack_request = 0;
    orl_w32_announce(region + ORL_RECOVERY_READY, 0);
    orl_words_write(region + ORL_RECOVERY_HEAD_BYTES, raw,
                    sizeof(raw) - ORL_RECOVERY_HEAD_BYTES);
    orl_recovery_write_head(raw, &g->about);
    orl_put_u32(raw + ORL_RECOVERY_READY, 0);
    orl_words_write(region, raw, ORL_RECOVERY_HEAD_BYTES);
    put_status(g);
    orl_w32_store(region + ORL_RECOVERY_READY, 1);
    return ORL_OK;
}

void orl_recovery_beat(struct orl_recovery_guest *g)
{
    g->about.heartbeat++;
    orl_w32_store(g->region + ORL_RECOVERY_HEARTBEAT, g->about.heartbeat);
}

int orl_recovery_take(struct orl_recovery_guest *g, struct orl_recovery_wish *out)
{
    int err = ORL_EAGAIN;
    for (uint32_t i = 0; i < ORL_RECOVERY_LINES; i++) {
        uint8_t *line = g->region + ORL_RECOVERY_LINE + (size_t)i * ORL_RECOVERY_LINE_BYTES;
        struct orl_recovery_wish wish = {.ticket =
                                             orl_w32_load(line + ORL_RECOVERY_LINE_SERIAL)};
        if (wish.ticket == 0 || wish.ticket % 2 != 0) {
            continue; /* free, or a viewer is writing: it may have died doing so */
        }
        wish.request = orl_w32_load(line + ORL_RECOVERY_LINE_REQUEST);
        uint64_t session = orl_w64_load(line + ORL_RECOVERY_LINE_SESSION);
        bool ours = orl_w32_cas(line + ORL_RECOVERY_LINE_SERIAL, wish.ticket, 0);
        if (ours && session == g->about.session &&
            (g->newest == 0 || orl_recovery_newer(wish.ticket, g->newest))) {
            g->newest = wish.ticket;
            *out = wish;
            err = ORL_OK;
        }
    }
    return err;
}

void orl_recovery_tell(struct orl_recovery_guest *g, const struct orl_recovery_wish *wish,
                       enum orl_recovery_state state, uint32_t error)
{
    g->about.ack_serial = wish->ticket;
    g->about.ack_request = wish->request;
    g->about.state = state;
    g->about.error = error;
    put_status(g);
}
