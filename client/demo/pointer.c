/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"
#include "demo/guest.h"

#define SHAPE_ROOM (1024u * 1024u) /* pixel bytes of a shape buffer, all releases */

int orl_demo_pointer_setup(struct orl_demo_guest *g)
{
    struct orl_demo_pointer *p = &g->pointer;
    p->shape_bytes = g->lay->cursor_bytes + SHAPE_ROOM;
    p->places = g->conf.release == ORL_MASTER ? 32 : 20;
    for (uint32_t i = 0; i < p->places; i++) {
        p->place_off[i] = orl_producer_alloc(&g->prod, g->lay->cursor_bytes, 64);
        if (p->place_off[i] == 0) {
            return ORL_ENOSPC;
        }
    }
    for (uint32_t i = 0; i < ORL_DEMO_SHAPES; i++) {
        p->shape_off[i] = orl_producer_alloc(&g->prod, p->shape_bytes, 64);
        if (p->shape_off[i] == 0) {
            return ORL_ENOSPC;
        }
    }
    p->next_shape = 0;
    p->next_place = 0;
    p->next_ns = g->now_ns;
    if (!p->warped) {
        orl_demo_cursor_place(&g->conf, p->k, &p->x, &p->y);
    }
    return ORL_OK;
}

static int32_t within(int32_t at, uint32_t side)
{
    return at < 0 ? 0 : at < (int32_t)side ? at : (int32_t)side - 1;
}

void orl_demo_pointer_move(struct orl_demo_guest *g, int32_t x, int32_t y)
{
    struct orl_demo_pointer *p = &g->pointer;
    uint32_t w, h;
    orl_demo_desktop(&g->conf, &w, &h);
    p->x = within(x, w);
    p->y = within(y, h);
    p->warped = true;
    p->want_place = true;
}

/* A display driver offers no mode that its memory cannot hold. */
static void ask_size(struct orl_demo_guest *g, uint32_t w, uint32_t h)
{
    const struct orl_demo_frames *f = &g->frames;
    if (w < 64 || h < 64 || w > ORL_FRAME_SIDE_MAX || h > ORL_FRAME_SIDE_MAX) {
        return;
    }
    uint64_t pixels = (uint64_t)orl_demo_pitch(g->conf.release, g->conf.fmt, w) * h;
    if (pixels <= f->slot_bytes - f->align) {
        orl_demo_set_size(g, w, h);
    }
}

static void take_control(struct orl_demo_guest *g, const uint8_t *data, uint32_t len)
{
    if (len != g->lay->setpos_bytes) {
        return;
    }
    uint32_t type = orl_get_u32(data), a = orl_get_u32(data + 4), b = orl_get_u32(data + 8);
    if (type == 0 && g->conf.os == ORL_OS_WINDOWS) {
        orl_demo_pointer_move(g, (int32_t)a, (int32_t)b);
    } else if (type == 1 && g->conf.release == ORL_MASTER && g->conf.os == ORL_OS_WINDOWS) {
        ask_size(g, a, b);
    }
}

/* Bounded by the queue: what arrives meanwhile is for the next step. */
static void read_controls(struct orl_demo_guest *g)
{
    uint8_t data[ORL_CLIENT_BYTES];
    uint32_t len;
    for (uint32_t i = 0; i < g->lay->client_slots; i++) {
        if (orl_producer_read(&g->prod, g->pointer.queue, data, &len, NULL) != ORL_OK) {
            return;
        }
        take_control(g, data, len);
        orl_producer_ack(&g->prod, g->pointer.queue);
    }
}

static bool post(struct orl_demo_guest *g, struct orl_payload msg, struct orl_cursor_msg *cur,
                 const uint8_t *shape)
{
    struct orl_demo_pointer *p = &g->pointer;
    cur->has_visible = true;
    cur->visible = g->conf.cursor != ORL_DEMO_CURSOR_HIDDEN;
    cur->white_nits = orl_demo_white_nits(&g->conf);
    cur->x = (int16_t)(p->x - p->hot_x);
    cur->y = (int16_t)(p->y - p->hot_y);
    if (orl_cursor_write(g->prod.base, g->prod.size, g->lay, msg, cur, shape,
                         (uint32_t)cur->shape_bytes, &msg.tag) != ORL_OK) {
        return false;
    }
    p->posts++;
    orl_demo_mischief_cursor(g, &msg);
    return orl_producer_post(&g->prod, p->queue, msg, NULL, 0, orl_demo_now_ms(g), NULL) ==
           ORL_OK;
}

/* Master says shape and position apart, the others in one message. */
static void post_shape(struct orl_demo_guest *g)
{
    struct orl_demo_pointer *p = &g->pointer;
    struct orl_cursor_msg cur = {.has_shape = true,
                                 .has_position = g->conf.release != ORL_MASTER};
    uint8_t stored[ORL_DEMO_SHAPE_BYTES];
    orl_demo_cursor_shape(g->conf.cursor, &cur, stored);
    p->hot_x = cur.hot_x;
    p->hot_y = cur.hot_y;
    struct orl_payload msg = {p->shape_off[p->next_shape], p->shape_bytes, 0};
    if (post(g, msg, &cur, stored)) {
        p->next_shape = (p->next_shape + 1) % ORL_DEMO_SHAPES;
        p->want_shape = false;
        p->want_place = g->conf.release == ORL_MASTER;
    }
}

static void post_place(struct orl_demo_guest *g)
{
    struct orl_demo_pointer *p = &g->pointer;
    struct orl_cursor_msg cur = {.has_position = true};
    struct orl_payload msg = {p->place_off[p->next_place], g->lay->cursor_bytes, 0};
    if (post(g, msg, &cur, NULL)) {
        p->next_place = (p->next_place + 1) % p->places;
        p->want_place = false;
    }
}

static void follow_path(struct orl_demo_guest *g)
{
    struct orl_demo_pointer *p = &g->pointer;
    if (p->warped || g->conf.cursor_hz == 0 || g->now_ns < p->next_ns) {
        return;
    }
    int32_t x = p->x, y = p->y;
    orl_demo_cursor_place(&g->conf, p->k++, &p->x, &p->y);
    p->want_place |= x != p->x || y != p->y;
    uint64_t period = ORL_NS_PER_S / g->conf.cursor_hz;
    p->next_ns += period;
    if (p->next_ns < g->now_ns) {
        p->next_ns = g->now_ns + period;
    }
}

void orl_demo_pointer_step(struct orl_demo_guest *g)
{
    struct orl_demo_pointer *p = &g->pointer;
    if (orl_demo_mischief_holds(g)) {
        return;
    }
    read_controls(g);
    follow_path(g);
    if (orl_producer_new_subscribers(&g->prod, p->queue) > 0) {
        p->want_shape = true;
        p->want_place = true;
    }
    if (g->conf.cursor == ORL_DEMO_CURSOR_NONE ||
        orl_producer_subscribers(&g->prod, p->queue) == 0) {
        return;
    }
    if (p->want_shape) {
        post_shape(g);
    }
    if (p->want_place && !p->want_shape) {
        post_place(g);
    }
}
