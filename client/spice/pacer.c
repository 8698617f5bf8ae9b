/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/pacer.h"

#include <string.h>

#define MOUSE_PACKETS 4   /* 16 bytes of queue, 4 bytes a packet */
#define KEY_BYTES     14  /* of 16: the guest's own commands are answered there too */
#define PACKET_MAX    127 /* counts in one packet and direction */
#define STUCK_MAX                                                                              \
    ((int64_t)1024 * 127) /* five seconds of packets; nobody moves that far at once */
#define MOTION_MAX  32767 /* one message: what a 16-bit device takes */
#define TAIL_NUDGES 3

#define CODE_PRINT 0x137
#define CODES      (sizeof(((struct orl_pacer *)0)->down) * 8)

void orl_pacer_init(struct orl_pacer *p)
{
    memset(p, 0, sizeof(*p));
    p->nudge_ns = ORL_PACER_NEVER;
}

void orl_pacer_clear(struct orl_pacer *p)
{
    orl_pacer_init(p);
}

bool orl_pacer_has_room(const struct orl_pacer *p)
{
    return p->count < ORL_PACER_LEN;
}

bool orl_pacer_busy(const struct orl_pacer *p)
{
    return p->count > 0;
}

uint32_t orl_pacer_buttons(const struct orl_pacer *p)
{
    return p->buttons;
}

/* ---- In. ------------------------------------------------------------------------------------ */

static int32_t add_saturated(int32_t a, int32_t b)
{
    int64_t sum = (int64_t)a + b;
    return sum > INT32_MAX ? INT32_MAX : sum < -INT32_MAX ? -INT32_MAX : (int32_t)sum;
}

static bool merge(struct orl_cmd *last, const struct orl_cmd *cmd)
{
    if (last->kind != cmd->kind) {
        return false;
    }
    if (cmd->kind == ORL_CMD_MOTION) {
        last->dx = add_saturated(last->dx, cmd->dx);
        last->dy = add_saturated(last->dy, cmd->dy);
        return true;
    }
    if (cmd->kind == ORL_CMD_POSITION) {
        *last = *cmd;
        return true;
    }
    return false;
}

bool orl_pacer_push(struct orl_pacer *p, const struct orl_cmd *cmd)
{
    if (p->count > 0 && merge(&p->items[(p->head + p->count - 1) % ORL_PACER_LEN], cmd)) {
        return true;
    }
    if (!orl_pacer_has_room(p)) {
        return false;
    }
    p->items[(p->head + p->count++) % ORL_PACER_LEN] = *cmd;
    return true;
}

static void pop(struct orl_pacer *p)
{
    p->head = (p->head + 1) % ORL_PACER_LEN;
    p->count--;
}

/* ---- The guest's queues. -------------------------------------------------------------------- */

static uint64_t later(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns > b_ns ? a_ns : b_ns;
}

/* When a queue that is empty at `free_ns` has room for `need` more of its `size` elements. */
static uint64_t room_at(uint64_t free_ns, uint64_t step_ns, uint32_t size, uint32_t need)
{
    uint64_t spare_ns = (size - need) * step_ns;
    return free_ns > spare_ns ? free_ns - spare_ns : 0;
}

static int64_t toward_zero(int64_t stuck)
{
    if (stuck > 0) {
        return stuck > PACKET_MAX ? stuck - PACKET_MAX : 0;
    }
    return stuck < -PACKET_MAX ? stuck + PACKET_MAX : 0;
}

static int64_t limited(int64_t stuck)
{
    return stuck > STUCK_MAX ? STUCK_MAX : stuck < -STUCK_MAX ? -STUCK_MAX : stuck;
}

/* An event reached the mouse: it makes packets of what it holds while there is room. */
static void mouse_event(struct orl_pacer *p, uint64_t now_ns, bool packet_anyway)
{
    bool more = packet_anyway || p->stuck_x != 0 || p->stuck_y != 0;
    while (more && room_at(p->mouse_free_ns, ORL_PACER_PS2_NS, MOUSE_PACKETS, 1) <= now_ns) {
        p->mouse_free_ns = later(p->mouse_free_ns, now_ns) + ORL_PACER_PS2_NS;
        p->stuck_x = toward_zero(p->stuck_x);
        p->stuck_y = toward_zero(p->stuck_y);
        more = p->stuck_x != 0 || p->stuck_y != 0;
    }
    bool stuck = more || p->stuck_x != 0 || p->stuck_y != 0;
    p->nudge_ns = stuck || p->tail_nudges > 0 ? now_ns + ORL_PACER_PS2_NS : ORL_PACER_NEVER;
}

/* Bytes in scan code set 2, the one that QEMU queues. */
static uint32_t key_bytes(const struct orl_cmd *c)
{
    if (c->kind == ORL_CMD_LOCKS) {
        return 9; /* three keys tapped */
    }
    if (c->code == ORL_CODE_PAUSE) {
        return 8;
    }
    if (c->code == CODE_PRINT) {
        return c->down ? 4 : 6;
    }
    return (c->down ? 1u : 2u) + (c->code & 0x100 ? 1u : 0u);
}

/* ---- Out. ----------------------------------------------------------------------------------- */

/* A key or button that RELEASE_ALL has still to release. */
static bool find_down(const struct orl_pacer *p, struct orl_cmd *out)
{
    *out = (struct orl_cmd){.kind = ORL_CMD_KEY};
    for (size_t i = 0; i < CODES; i++) {
        if (p->down[i / 64] >> (i % 64) & 1) {
            out->code = (uint16_t)i;
            return true;
        }
    }
    out->kind = ORL_CMD_BUTTON;
    for (uint16_t i = 0; i < 32; i++) {
        if (p->buttons >> i & 1) {
            out->code = i;
            return true;
        }
    }
    return false;
}

/* What is to be sent next: the oldest, or a part of it. Drops a RELEASE_ALL that is done. */
static bool next(struct orl_pacer *p, struct orl_cmd *out)
{
    while (p->count > 0) {
        const struct orl_cmd *head = &p->items[p->head];
        if (head->kind != ORL_CMD_RELEASE_ALL) {
            *out = *head;
            return true;
        }
        uint64_t t_ns = head->t_ns;
        if (find_down(p, out)) {
            out->t_ns = t_ns;
            return true;
        }
        pop(p);
    }
    return false;
}

static uint64_t ready_at(const struct orl_pacer *p, const struct orl_cmd *c)
{
    switch (c->kind) {
    case ORL_CMD_MOTION:
    case ORL_CMD_POSITION: return p->motion_after_ns;
    case ORL_CMD_BUTTON: {
        uint64_t room_ns = room_at(p->mouse_free_ns, ORL_PACER_PS2_NS, MOUSE_PACKETS, 1);
        return later(room_ns, p->button_after_ns[c->code % ORL_PACER_BUTTONS]);
    }
    case ORL_CMD_KEY:
    case ORL_CMD_LOCKS:
        return room_at(p->keys_free_ns, ORL_PACER_KEY_NS, KEY_BYTES, key_bytes(c));
    default: return 0;
    }
}

static int32_t chunk(int32_t all, int32_t most)
{
    return all > most ? most : all < -most ? -most : all;
}

static void sent_motion(struct orl_pacer *p, uint64_t now_ns, struct orl_cmd *c)
{
    struct orl_cmd *head = &p->items[p->head];
    c->dx = chunk(head->dx, MOTION_MAX);
    c->dy = chunk(head->dy, MOTION_MAX);
    head->dx -= c->dx;
    head->dy -= c->dy;
    if (head->dx == 0 && head->dy == 0) {
        pop(p);
    }
    p->motion_after_ns = now_ns + ORL_PACER_MOTION_NS;
    p->stuck_x = limited(p->stuck_x + c->dx);
    p->stuck_y = limited(p->stuck_y + c->dy);
    mouse_event(p, now_ns, false);
}

/* Many notches are one command when they had to wait (input/cmdq.h). */
static void sent_wheel(struct orl_pacer *p, uint64_t now_ns, struct orl_cmd *c)
{
    struct orl_cmd *head = &p->items[p->head];
    c->dy = chunk(head->dy, ORL_PACER_WHEEL_MAX);
    head->dy -= c->dy;
    if (head->dy == 0) {
        pop(p);
    }
    mouse_event(p, now_ns, true);
}

static void note_key(struct orl_pacer *p, const struct orl_cmd *c)
{
    if (c->code < CODES && c->code != ORL_CODE_PAUSE) { /* Pause has no state */
        uint64_t bit = UINT64_C(1) << (c->code % 64);
        p->down[c->code / 64] =
            c->down ? p->down[c->code / 64] | bit : p->down[c->code / 64] & ~bit;
    }
}

static void note_button(struct orl_pacer *p, const struct orl_cmd *c)
{
    if (c->code < 32) {
        uint32_t bit = UINT32_C(1) << c->code;
        p->buttons = c->down ? p->buttons | bit : p->buttons & ~bit;
    }
}

static void sent(struct orl_pacer *p, uint64_t now_ns, struct orl_cmd *c)
{
    if (c->kind == ORL_CMD_MOTION || c->kind == ORL_CMD_BUTTON || c->kind == ORL_CMD_WHEEL) {
        p->tail_nudges = TAIL_NUDGES;
    }
    if (c->kind == ORL_CMD_MOTION) {
        sent_motion(p, now_ns, c);
        return;
    }
    if (c->kind == ORL_CMD_WHEEL) {
        sent_wheel(p, now_ns, c);
        return;
    }
    if (p->items[p->head].kind != ORL_CMD_RELEASE_ALL) {
        pop(p);
    }
    switch (c->kind) {
    case ORL_CMD_POSITION: p->motion_after_ns = now_ns + ORL_PACER_MOTION_NS; break;
    case ORL_CMD_BUTTON:
        note_button(p, c);
        p->button_after_ns[c->code % ORL_PACER_BUTTONS] = now_ns + ORL_PACER_HOLD_NS;
        mouse_event(p, now_ns, true);
        break;
    case ORL_CMD_KEY: note_key(p, c); /* fall through */
    case ORL_CMD_LOCKS:
        p->keys_free_ns = later(p->keys_free_ns, now_ns) + key_bytes(c) * ORL_PACER_KEY_NS;
        break;
    default: break;
    }
}

static void sent_nudge(struct orl_pacer *p, uint64_t now_ns)
{
    mouse_event(p, now_ns, false);
    if (p->stuck_x != 0 || p->stuck_y != 0) {
        return;
    }
    /* The model holds nothing back any more; the real thing may be slower. Once more after twice
     * the time, then after four times. */
    if (p->tail_nudges > 0) {
        p->tail_nudges--;
    }
    p->nudge_ns = p->tail_nudges > 0
                      ? now_ns + (ORL_PACER_PS2_NS << (TAIL_NUDGES - p->tail_nudges))
                      : ORL_PACER_NEVER;
}

bool orl_pacer_pull(struct orl_pacer *p, uint64_t now_ns, struct orl_cmd *out)
{
    if (next(p, out) && ready_at(p, out) <= now_ns) {
        sent(p, now_ns, out);
        return true;
    }
    if (p->nudge_ns <= now_ns) {
        *out = (struct orl_cmd){.kind = ORL_PACER_NUDGE};
        sent_nudge(p, now_ns);
        return true;
    }
    return false;
}

uint64_t orl_pacer_due(const struct orl_pacer *p, uint64_t now_ns)
{
    struct orl_cmd c;
    uint64_t due_ns = p->nudge_ns;
    if (p->count > 0) {
        c = p->items[p->head];
        if (c.kind == ORL_CMD_RELEASE_ALL && !find_down(p, &c)) {
            return now_ns;
        }
        uint64_t ready_ns = ready_at(p, &c);
        due_ns = ready_ns < due_ns ? ready_ns : due_ns;
    }
    return due_ns;
}
