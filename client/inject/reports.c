/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inject/reports.h"

#include <string.h>

#include "input/event.h"

/* HID usages, page 7. */
#define USAGE_FIRST    4 /* those below are error codes */
#define USAGE_CTRL     0xE0
#define USAGE_CAPS     0x39
#define USAGE_SCROLL   0x47
#define USAGE_NUM_LOCK 0x53

void orl_reports_forget(struct orl_reports *r)
{
    *r = (struct orl_reports){.max_buttons = r->max_buttons,
                              .can_absolute = r->can_absolute,
                              .leds_known = r->leds_known,
                              .leds = r->leds};
}

bool orl_reports_hold(const struct orl_reports *r)
{
    return r->held_count > 0 || r->modifiers != 0 || r->buttons != 0;
}

uint8_t orl_reports_locks(uint8_t leds)
{
    return (uint8_t)((leds & ORL_HID_LED_NUM ? ORL_LOCK_NUM : 0) |
                     (leds & ORL_HID_LED_CAPS ? ORL_LOCK_CAPS : 0) |
                     (leds & ORL_HID_LED_SCROLL ? ORL_LOCK_SCROLL : 0));
}

/* ---- Keys ---------------------------------------------------------------------------------- */

static void lift(struct orl_reports *r, uint8_t usage)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < r->held_count; i++) {
        if (r->held[i] != usage) {
            r->held[kept++] = r->held[i];
        }
    }
    r->held_count = kept;
}

static bool is_held(const struct orl_reports *r, uint8_t usage)
{
    return memchr(r->held, usage, r->held_count) != NULL;
}

static void hold(struct orl_reports *r, uint16_t usage, bool down)
{
    if (usage >= USAGE_CTRL) {
        uint8_t bit = (uint8_t)(1u << (usage - USAGE_CTRL));
        r->modifiers = (uint8_t)(down ? r->modifiers | bit : r->modifiers & ~bit);
        return;
    }
    uint8_t key = (uint8_t)usage;
    if (!down) {
        lift(r, key);
    } else if (!is_held(r, key) && r->held_count < ORL_REPORTS_HELD) {
        r->held[r->held_count++] = key;
    }
}

/* The state of the keyboard, if the guest does not know it already. */
static uint32_t tell_keys(struct orl_reports *r, struct orl_hid_record *out)
{
    uint8_t keys[ORL_HID_KEYS] = {0};
    uint32_t n = r->held_count < ORL_HID_KEYS ? r->held_count : ORL_HID_KEYS;
    memcpy(keys, r->held + (r->held_count - n), n);
    if (r->modifiers == r->told_modifiers && memcmp(keys, r->told_keys, sizeof(keys)) == 0) {
        return 0;
    }
    *out = (struct orl_hid_record){.type = ORL_HID_KEYS_HELD, .modifiers = r->modifiers};
    memcpy(out->keys, keys, sizeof(keys));
    memcpy(r->told_keys, keys, sizeof(keys));
    r->told_modifiers = r->modifiers;
    return 1;
}

static uint32_t make_key(struct orl_reports *r, const struct orl_cmd *cmd,
                         struct orl_hid_record *out)
{
    if (cmd->usage < USAGE_FIRST || cmd->usage > ORL_HID_USAGE_MAX) {
        return 0;
    }
    hold(r, cmd->usage, cmd->down);
    return tell_keys(r, out);
}

/* Lock keys that are not as wanted are tapped; one that the user's finger is on is not. */
static uint32_t make_locks(struct orl_reports *r, const struct orl_cmd *cmd,
                           struct orl_hid_record *out)
{
    static const struct {
        uint8_t lock, usage;
    } keys[] = {{ORL_LOCK_CAPS, USAGE_CAPS},
                {ORL_LOCK_NUM, USAGE_NUM_LOCK},
                {ORL_LOCK_SCROLL, USAGE_SCROLL}};
    uint32_t n = 0;
    for (uint32_t i = 0; r->leds_known && i < sizeof(keys) / sizeof(keys[0]); i++) {
        bool differs = ((r->leds ^ cmd->code) & keys[i].lock) != 0;
        if (differs && !is_held(r, keys[i].usage)) {
            hold(r, keys[i].usage, true);
            n += tell_keys(r, out + n);
            hold(r, keys[i].usage, false);
            n += tell_keys(r, out + n);
            r->leds ^= keys[i].lock;
        }
    }
    return n;
}

/* ---- Mouse --------------------------------------------------------------------------------- */

/* A record of the present kind that moves nothing. */
static struct orl_hid_record still(const struct orl_reports *r)
{
    return (struct orl_hid_record){.type = r->absolute ? ORL_HID_MOUSE_ABSOLUTE
                                                       : ORL_HID_MOUSE_RELATIVE,
                                   .buttons = r->buttons,
                                   .x = r->absolute ? r->x : 0,
                                   .y = r->absolute ? r->y : 0};
}

/*
 * The guest may show the two kinds as two mice, each with buttons of its own: what is held is let go
 * on one before it is pressed on the other, or it would stay down there.
 */
static uint32_t change_kind(struct orl_reports *r, bool absolute, struct orl_hid_record *out)
{
    if (absolute == r->absolute) {
        return 0;
    }
    uint32_t n = 0;
    if (r->buttons) {
        out[n] = still(r);
        out[n++].buttons = 0;
    }
    r->absolute = absolute;
    return n;
}

static uint32_t make_button(struct orl_reports *r, const struct orl_cmd *cmd,
                            struct orl_hid_record *out)
{
    /* HID counts left, right, middle; people count left, middle, right. */
    uint32_t bit = cmd->code == ORL_BUTTON_MIDDLE  ? 2
                   : cmd->code == ORL_BUTTON_RIGHT ? 1
                                                   : cmd->code - 1u;
    if (cmd->code == 0 || bit >= r->max_buttons || bit >= ORL_HID_BUTTONS_MAX) {
        return 0;
    }
    uint32_t buttons =
        cmd->down ? r->buttons | UINT32_C(1) << bit : r->buttons & ~(UINT32_C(1) << bit);
    if (buttons == r->buttons) {
        return 0;
    }
    r->buttons = buttons;
    *out = still(r);
    return 1;
}

/* The part of `left` that one record can carry. */
static int32_t portion(int32_t *left, int32_t least, int32_t most)
{
    int32_t part = *left < least ? least : *left > most ? most : *left;
    *left -= part;
    return part;
}

static uint32_t make_motion(struct orl_reports *r, const struct orl_cmd *cmd,
                            struct orl_hid_record *out)
{
    int32_t dx = cmd->dx, dy = cmd->dy;
    if (dx == 0 && dy == 0) {
        return 0;
    }
    uint32_t n = change_kind(r, false, out);
    for (uint32_t i = 0; i < ORL_REPORTS_PARTS && (dx || dy); i++) {
        out[n] = still(r);
        out[n].dx = portion(&dx, ORL_HID_DELTA_MIN, ORL_HID_DELTA_MAX);
        out[n++].dy = portion(&dy, ORL_HID_DELTA_MIN, ORL_HID_DELTA_MAX);
    }
    return n;
}

static uint32_t make_wheel(struct orl_reports *r, const struct orl_cmd *cmd,
                           struct orl_hid_record *out)
{
    int32_t left = cmd->dy;
    uint32_t n = 0;
    while (left != 0 && n < ORL_REPORTS_PARTS) {
        out[n] = still(r);
        out[n++].wheel = portion(&left, -ORL_HID_WHEEL_MAX, ORL_HID_WHEEL_MAX);
    }
    return n;
}

/* at * 32767 / (side - 1), to the nearest; outside goes to the edge. */
static uint16_t place(int32_t at, uint16_t side)
{
    if (side < 2 || at <= 0) {
        return 0;
    }
    uint32_t last = side - 1u;
    uint64_t x = (uint32_t)at < last ? (uint32_t)at : last;
    return (uint16_t)((x * ORL_HID_PLACE_MAX + last / 2) / last);
}

static uint32_t make_position(struct orl_reports *r, const struct orl_cmd *cmd,
                              struct orl_hid_record *out)
{
    if (!r->can_absolute) {
        return 0;
    }
    uint32_t n = change_kind(r, true, out);
    r->x = place(cmd->dx, cmd->w);
    r->y = place(cmd->dy, cmd->h);
    out[n++] = still(r);
    return n;
}

uint32_t orl_reports_make(struct orl_reports *r, const struct orl_cmd *cmd,
                          struct orl_hid_record out[ORL_REPORTS_MAX])
{
    switch ((enum orl_cmd_kind)cmd->kind) {
    case ORL_CMD_KEY: return make_key(r, cmd, out);
    case ORL_CMD_BUTTON: return make_button(r, cmd, out);
    case ORL_CMD_MOTION: return make_motion(r, cmd, out);
    case ORL_CMD_POSITION: return make_position(r, cmd, out);
    case ORL_CMD_WHEEL: return make_wheel(r, cmd, out);
    case ORL_CMD_LOCKS: return make_locks(r, cmd, out);
    case ORL_CMD_RELEASE_ALL:
        orl_reports_forget(r);
        *out = (struct orl_hid_record){.type = ORL_HID_RESET};
        return 1;
    }
    return 0;
}
