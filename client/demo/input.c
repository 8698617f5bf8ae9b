/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of keyboard and mouse through the memory (master's display driver): one stream
 * for each viewer, one owner at a time, reports executed on the demo's own pointer and logged.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "demo/guest.h"
#include "demo/picture.h"

#define LEASE_NS  (ORL_HID_LEASE_MS * ORL_NS_PER_MS)
#define FORCE_NS  (1 * ORL_NS_PER_S) /* a viewer that left has so long for what it was doing */
#define BUSY_NS   (2 * ORL_NS_PER_S) /* how long a record keeps the guest looking often */
#define OFTEN_NS  (500 * ORL_NS_PER_US)
#define SELDOM_NS (5 * ORL_NS_PER_MS)

#define USAGE_CTRL   0xE0 /* the first of eight modifiers */
#define USAGE_CAPS   0x39
#define USAGE_SCROLL 0x47
#define USAGE_NUM    0x53

static bool in_use(const struct orl_demo_end *end)
{
    return end->stream.client_id != 0;
}

bool orl_demo_has_input(const struct orl_demo_conf *conf)
{
    return conf->input && conf->release == ORL_MASTER && conf->os == ORL_OS_WINDOWS;
}

/* ---- What reports do ----------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void say(struct orl_demo_guest *g, const char *fmt,
                                                      ...)
{
    va_list args;
    if (g->input.log) {
        va_start(args, fmt);
        vfprintf(g->input.log, fmt, args);
        va_end(args);
        fflush(g->input.log);
    }
}

static void press(struct orl_demo_guest *g, uint32_t usage, bool down)
{
    struct orl_demo_input *in = &g->input;
    say(g, "key %" PRIu32 " %s\n", usage, down ? "down" : "up");
    uint8_t led = usage == USAGE_CAPS     ? ORL_HID_LED_CAPS
                  : usage == USAGE_NUM    ? ORL_HID_LED_NUM
                  : usage == USAGE_SCROLL ? ORL_HID_LED_SCROLL
                                          : 0;
    if (led && down) {
        in->leds ^= led;
        in->publish = true;
    }
}

static bool holds(const uint8_t *keys, uint8_t usage)
{
    return memchr(keys, usage, ORL_HID_KEYS) != NULL;
}

/* What went up, then what went down. */
static void set_keys(struct orl_demo_guest *g, uint8_t modifiers, const uint8_t *keys)
{
    struct orl_demo_input *in = &g->input;
    for (int down = 0; down <= 1; down++) {
        uint8_t changed = (uint8_t)(in->modifiers ^ modifiers);
        uint8_t which = changed & (down ? modifiers : in->modifiers);
        for (uint32_t i = 0; i < 8; i++) {
            if (which & 1u << i) {
                press(g, USAGE_CTRL + i, down);
            }
        }
        const uint8_t *now = down ? keys : in->keys, *other = down ? in->keys : keys;
        for (uint32_t i = 0; i < ORL_HID_KEYS; i++) {
            if (now[i] && !holds(other, now[i]) && !memchr(now, now[i], i)) {
                press(g, now[i], down);
            }
        }
    }
    in->modifiers = modifiers;
    memcpy(in->keys, keys, ORL_HID_KEYS);
}

static void set_buttons(struct orl_demo_guest *g, uint32_t buttons, int32_t wheel)
{
    if (buttons != g->input.buttons) {
        say(g, "buttons %" PRIu32 "\n", buttons);
        g->input.buttons = buttons;
    }
    if (wheel) {
        say(g, "wheel %" PRId32 "\n", wheel);
    }
}

static void release_all(struct orl_demo_guest *g)
{
    static const uint8_t none[ORL_HID_KEYS];
    set_keys(g, 0, none);
    set_buttons(g, 0, 0);
}

static void move_by(struct orl_demo_guest *g, const struct orl_hid_record *r)
{
    if (r->dx || r->dy) {
        say(g, "rel %" PRId32 " %" PRId32 "\n", r->dx, r->dy);
        orl_demo_pointer_move(g, g->pointer.x + r->dx, g->pointer.y + r->dy);
    }
}

static int32_t place(uint16_t at, uint32_t side)
{
    return (int32_t)(((uint64_t)at * (side - 1) + ORL_HID_PLACE_MAX / 2) / ORL_HID_PLACE_MAX);
}

static void move_to(struct orl_demo_guest *g, const struct orl_hid_record *r)
{
    uint32_t w, h;
    orl_demo_desktop(&g->conf, &w, &h);
    int32_t x = place(r->x, w), y = place(r->y, h);
    if (x != g->pointer.x || y != g->pointer.y) {
        say(g, "abs %" PRId32 " %" PRId32 "\n", x, y);
        orl_demo_pointer_move(g, x, y);
    }
}

/* ---- Ownership ----------------------------------------------------------------------------- */

static void drop_owner(struct orl_demo_guest *g, const char *why)
{
    struct orl_demo_input *in = &g->input;
    if (in->owner) {
        release_all(g);
        say(g, "%s %" PRIu32 "\n", why, in->owner->stream.client_id);
        in->owner = NULL;
        in->publish = true;
    }
}

static void claim(struct orl_demo_guest *g, struct orl_demo_end *end,
                  const struct orl_hid_record *r)
{
    struct orl_demo_input *in = &g->input;
    if (in->owner && in->owner != end) {
        return;
    }
    if (in->owner) {
        drop_owner(g, "free");
    }
    if (r->sequence != 1) {
        return;
    }
    in->owner = end;
    in->owner_generation = r->generation;
    in->publish = true;
    say(g, "claim %" PRIu32 "\n", end->stream.client_id);
}

static void execute(struct orl_demo_guest *g, const struct orl_hid_record *r)
{
    switch (r->type) {
    case ORL_HID_CLAIM:
    case ORL_HID_KEEPALIVE: break;
    case ORL_HID_RELEASE: drop_owner(g, "free"); break;
    case ORL_HID_RESET: release_all(g); break;
    case ORL_HID_MOUSE_RELATIVE:
        move_by(g, r);
        set_buttons(g, r->buttons, r->wheel);
        break;
    case ORL_HID_MOUSE_ABSOLUTE:
        move_to(g, r);
        set_buttons(g, r->buttons, r->wheel);
        break;
    case ORL_HID_KEYS_HELD: set_keys(g, r->modifiers, r->keys); break;
    }
}

/* A record from `end`; one that breaks a rule costs the owner its place. */
static void take_record(struct orl_demo_guest *g, struct orl_demo_end *end, const uint8_t *raw,
                        uint32_t len)
{
    struct orl_demo_input *in = &g->input;
    struct orl_hid_record r;
    bool whole = orl_hid_record_read(&r, raw, len) == ORL_OK;
    if (whole && r.type == ORL_HID_CLAIM) {
        claim(g, end, &r);
    }
    if (in->owner != end) {
        return;
    }
    uint32_t want = whole && r.type == ORL_HID_CLAIM ? 1 : orl_hid_after(in->sequence);
    if (!whole || r.generation != in->owner_generation || r.sequence != want) {
        drop_owner(g, "drop");
        return;
    }
    in->sequence = r.sequence;
    in->lease_ns = g->now_ns + LEASE_NS;
    execute(g, &r);
}

static void read_records(struct orl_demo_guest *g, struct orl_demo_end *end)
{
    uint8_t raw[ORL_HID_SLOT_BYTES];
    uint32_t len;
    for (uint32_t i = 0; i < ORL_HID_SLOT_COUNT; i++) {
        int err = orl_stream_read(&end->stream, raw, sizeof(raw), &len);
        if (err == ORL_ECORRUPT && in_use(end)) {
            end->spoiled = true; /* taken back as soon as the subscribers are looked at */
        }
        if (err) {
            return;
        }
        g->input.busy_ns = g->now_ns + BUSY_NS;
        take_record(g, end, raw, len);
    }
}

/* ---- Session ------------------------------------------------------------------------------- */

int orl_demo_input_setup(struct orl_demo_guest *g)
{
    struct orl_demo_input *in = &g->input;
    drop_owner(g, "drop");
    uint32_t queue = in->queue, generation = in->generation;
    FILE *log = in->log;
    *in = (struct orl_demo_input){.on = orl_demo_has_input(&g->conf),
                                  .queue = queue,
                                  .log = log,
                                  .generation = orl_hid_after(generation),
                                  .stream_generation = 1,
                                  .publish = true};
    for (uint32_t i = 0; in->on && i < ORL_HID_ENDPOINTS; i++) {
        struct orl_stream_desc desc = {.direction = ORL_STREAM_TO_GUEST,
                                       .slot_count = ORL_HID_SLOT_COUNT,
                                       .slot_bytes = ORL_HID_SLOT_BYTES};
        desc.off =
            (uint32_t)orl_producer_alloc(&g->prod, ORL_HID_REGION_BYTES, ORL_STREAM_ALIGN);
        if (desc.off == 0 || orl_stream_desc_complete(&desc) != ORL_OK) {
            return ORL_ENOSPC;
        }
        orl_stream_create(&in->ends[i].stream, g->prod.base, g->prod.session_id, &desc);
    }
    for (uint32_t i = 0; in->on && i < ORL_DEMO_STATUSES; i++) {
        in->status_off[i] = orl_producer_alloc(&g->prod, ORL_LEN_hstat, 64);
        if (in->status_off[i] == 0) {
            return ORL_ENOSPC;
        }
    }
    return ORL_OK;
}

/* ---- Bindings ------------------------------------------------------------------------------ */

static bool listed(const uint32_t *ids, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++) {
        if (ids[i] == id) {
            return true;
        }
    }
    return false;
}

static void take_back(struct orl_demo_guest *g, struct orl_demo_end *end)
{
    struct orl_demo_input *in = &g->input;
    if (end->leaving_ns == 0) {
        end->leaving_ns = g->now_ns;
        orl_stream_drain(&end->stream);
    }
    read_records(g, end);
    bool spent = end->spoiled || g->now_ns - end->leaving_ns > FORCE_NS;
    if (spent || orl_stream_unbind(&end->stream) == ORL_OK) {
        if (in->owner == end) {
            drop_owner(g, "drop");
        }
        if (spent) {
            orl_stream_force_unbind(&end->stream);
        }
        end->leaving_ns = 0;
        end->spoiled = false;
        in->stream_generation = orl_hid_after(in->stream_generation);
        in->publish = true;
    }
}

static void give_end(struct orl_demo_guest *g, uint32_t client)
{
    struct orl_demo_input *in = &g->input;
    struct orl_demo_end *spare = NULL;
    for (uint32_t i = 0; i < ORL_HID_ENDPOINTS; i++) {
        struct orl_demo_end *end = &in->ends[i];
        if (end->stream.client_id == client) {
            return;
        }
        spare = !spare && !in_use(end) ? end : spare;
    }
    if (spare && client != 0 && orl_stream_bind(&spare->stream, client) == ORL_OK) {
        in->stream_generation = orl_hid_after(in->stream_generation);
        in->publish = true;
    }
}

static void follow_subscribers(struct orl_demo_guest *g)
{
    struct orl_demo_input *in = &g->input;
    uint32_t ids[ORL_MAX_SUBSCRIBERS];
    uint32_t count = orl_producer_clients(&g->prod, in->queue, ids);
    for (uint32_t i = 0; i < ORL_HID_ENDPOINTS; i++) {
        struct orl_demo_end *end = &in->ends[i];
        bool wanted = listed(ids, count, end->stream.client_id) && !end->spoiled;
        if (in_use(end) && (end->leaving_ns || !wanted)) {
            take_back(g, end);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        give_end(g, ids[i]);
    }
    if (orl_producer_new_subscribers(&g->prod, in->queue) > 0) {
        in->publish = true;
    }
}

/* ---- Status -------------------------------------------------------------------------------- */

static void publish(struct orl_demo_guest *g)
{
    struct orl_demo_input *in = &g->input;
    struct orl_hid_status s = {.version = ORL_HID_VERSION,
                               .capabilities =
                                   ORL_HID_RELATIVE | ORL_HID_ABSOLUTE | ORL_HID_KEYBOARD,
                               .available = true,
                               .has_owner = in->owner != NULL,
                               .leds_valid = true,
                               .generation = in->generation,
                               .lease_ms = ORL_HID_LEASE_MS,
                               .max_buttons = ORL_HID_BUTTONS_MAX,
                               .stream_generation = in->stream_generation,
                               .leds = in->leds};
    if (in->owner) {
        s.owner_client_id = in->owner->stream.client_id;
        s.owner_generation = in->owner_generation;
    }
    for (uint32_t i = 0; i < ORL_HID_ENDPOINTS; i++) {
        const struct orl_stream *stream = &in->ends[i].stream;
        s.endpoints[i] =
            (struct orl_hid_endpoint){stream->desc, stream->client_id, stream->epoch};
    }
    uint8_t raw[ORL_LEN_hstat];
    size_t off = in->status_off[in->next_status];
    orl_hid_status_write(raw, &s);
    memcpy(g->prod.base + off, raw, sizeof(raw));
    struct orl_payload msg = {off, ORL_LEN_hstat, orl_hid_after(in->serial)};
    orl_demo_mischief_input(g, off);
    if (orl_producer_post(&g->prod, in->queue, msg, NULL, 0, orl_demo_now_ms(g), NULL) ==
        ORL_OK) {
        in->serial = orl_hid_after(in->serial);
        in->next_status = (in->next_status + 1) % ORL_DEMO_STATUSES;
        in->publish = false;
    }
}

void orl_demo_input_step(struct orl_demo_guest *g)
{
    struct orl_demo_input *in = &g->input;
    if (!in->on || orl_demo_mischief_holds(g)) {
        return;
    }
    follow_subscribers(g);
    bool any = false;
    for (uint32_t i = 0; i < ORL_HID_ENDPOINTS; i++) {
        if (in_use(&in->ends[i])) {
            any = true;
            read_records(g, &in->ends[i]);
        }
    }
    if (in->owner && g->now_ns > in->lease_ns) {
        drop_owner(g, "drop");
    }
    if (in->publish) {
        publish(g);
    }
    in->wake_ns = !any                      ? UINT64_MAX
                  : g->now_ns < in->busy_ns ? g->now_ns + OFTEN_NS
                                            : g->now_ns + SELDOM_NS;
}
