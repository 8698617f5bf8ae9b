/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/cmdq.h"

int orl_cmdq_init(struct orl_cmdq *q)
{
    *q = (struct orl_cmdq){.remainders = 0};
    orl_counter_init(&q->overflows);
    orl_counter_init(&q->resynced);
    return orl_spsc_init(&q->items, ORL_CMDQ_LEN, sizeof(struct orl_cmd));
}

void orl_cmdq_finish(struct orl_cmdq *q)
{
    orl_spsc_finish(&q->items);
}

uint64_t orl_cmdq_overflows(const struct orl_cmdq *q)
{
    return orl_counter_get(&q->overflows);
}

static bool may_wait(const struct orl_cmd *cmd)
{
    return cmd->kind == ORL_CMD_MOTION || cmd->kind == ORL_CMD_WHEEL ||
           cmd->kind == ORL_CMD_POSITION;
}

static bool fits_32(int64_t v)
{
    return v >= INT32_MIN && v <= INT32_MAX;
}

/* `next` into `first` when both are of one kind that has sums or a newest value. */
static bool merge(struct orl_cmd *first, const struct orl_cmd *next)
{
    if (first->kind != next->kind || !may_wait(next)) {
        return false;
    }
    if (next->kind == ORL_CMD_POSITION) {
        uint64_t t_ns = first->t_ns;
        *first = *next;
        first->t_ns = t_ns;
        return true;
    }
    int64_t dx = (int64_t)first->dx + next->dx, dy = (int64_t)first->dy + next->dy;
    if (!fits_32(dx) || !fits_32(dy)) {
        return false;
    }
    first->dx = (int32_t)dx;
    first->dy = (int32_t)dy;
    return true;
}

/* The receiver has not yet been told to release what it holds. */
static bool out_of_step(const struct orl_cmdq *q)
{
    return orl_counter_get(&q->overflows) != orl_counter_get(&q->resynced);
}

/* Remainders go out before anything else, and not before the receiver is in step again. */
static bool send_remainder(struct orl_cmdq *q)
{
    uint32_t sent = 0;
    if (q->remainders == 0 || out_of_step(q)) {
        return q->remainders == 0;
    }
    while (sent < q->remainders && orl_spsc_push(&q->items, &q->remainder[sent])) {
        sent++;
    }
    for (uint32_t i = sent; i < q->remainders; i++) {
        q->remainder[i - sent] = q->remainder[i];
    }
    q->remainders -= sent;
    return q->remainders == 0;
}

/* A receiver that stands still long enough for all places to be taken gets sums that are right and
 * an order of motion and wheel that is not. */
static bool keep(struct orl_cmdq *q, const struct orl_cmd *cmd)
{
    uint32_t n = q->remainders;
    if (n > 0 && merge(&q->remainder[n - 1], cmd)) {
        return true;
    }
    if (n < ORL_CMDQ_REMAINDER) {
        q->remainder[q->remainders++] = *cmd;
        return true;
    }
    while (n > 0) {
        if (merge(&q->remainder[--n], cmd)) {
            return true;
        }
    }
    return false;
}

static bool put(struct orl_cmdq *q, const struct orl_cmd *cmd)
{
    bool clear = send_remainder(q);
    if (clear && !out_of_step(q) && orl_spsc_push(&q->items, cmd)) {
        return true;
    }
    if (may_wait(cmd)) {
        return keep(q, cmd);
    }
    if (!out_of_step(q)) {
        orl_counter_add(&q->overflows, 1);
    }
    return false;
}

bool orl_cmdq_push(struct orl_cmdq *q, const struct orl_cmd *cmd)
{
    bool fitted = put(q, cmd);
    if (q->wake) {
        q->wake(q->wake_arg);
    }
    return fitted;
}

bool orl_cmdq_flush(struct orl_cmdq *q)
{
    uint32_t before = q->remainders;
    bool clear = send_remainder(q);
    if (before != q->remainders && q->wake) {
        q->wake(q->wake_arg);
    }
    return clear;
}

static bool next(struct orl_cmdq *q, struct orl_cmd *cmd)
{
    if (q->has_ahead) {
        *cmd = q->ahead;
        q->has_ahead = false;
        return true;
    }
    return orl_spsc_pull(&q->items, cmd);
}

size_t orl_cmdq_drain(struct orl_cmdq *q, struct orl_cmd *out, size_t max)
{
    uint64_t lost = orl_counter_get(&q->overflows); /* before the queue is looked at */
    size_t n = 0;
    for (uint32_t looks = 0; looks <= ORL_CMDQ_LEN; looks++) {
        struct orl_cmd cmd;
        if (!next(q, &cmd)) {
            if (lost != orl_counter_get(&q->resynced) && n < max) {
                out[n++] = (struct orl_cmd){.kind = ORL_CMD_RELEASE_ALL};
                orl_counter_set(&q->resynced, lost);
            }
            return n;
        }
        if (n > 0 && cmd.kind != ORL_CMD_WHEEL && merge(&out[n - 1], &cmd)) {
            continue;
        }
        if (n == max) {
            q->ahead = cmd;
            q->has_ahead = true;
            return n;
        }
        out[n++] = cmd;
    }
    return n;
}
