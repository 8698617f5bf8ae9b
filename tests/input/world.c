/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

#include <string.h>

#include "input/keymap.h"
#include "support/check.h"

/* A B W Shift Ctrl Alt Win RightCtrl Up Pause PrintScreen VolumeUp F1 Yen(JIS) */
const uint16_t world_keys[WORLD_KEYS] = {0x04, 0x05, 0x1A, 0xE1, 0xE0, 0xE2, 0xE3,
                                         0xE4, 0x52, 0x48, 0x46, 0x80, 0x3A, 0x89};

static void send(void *arg, const struct orl_cmd *cmd)
{
    struct world *w = arg;
    if (!orl_cmdq_push(&w->q, cmd)) {
        w->lost = true;
    }
}

static void align(void *arg, int32_t x, int32_t y)
{
    (void)arg, (void)x, (void)y;
}

/* What the program does after every call into input: an overflow means that the guest's keys are void. */
static void after(struct world *w)
{
    orl_cmdq_flush(&w->q);
    if (w->lost) {
        orl_input_release(&w->in, w->now_ns);
        w->lost = false; /* the release is in the queue, or the queue makes its own */
    }
}

static void event(struct world *w, struct orl_event ev)
{
    orl_input_event(&w->in, &ev, w->now_ns);
    orl_input_tick(&w->in, w->now_ns);
    after(w);
}

void world_open(struct world *w, const struct orl_input_conf *conf, uint32_t queue_len,
                bool resets, bool returns)
{
    struct orl_binds binds;
    struct orl_input_sink sink = {.send = send, .align = align, .arg = w};
    struct orl_view_in view = {.frame_w = WORLD_WINDOW,
                               .frame_h = WORLD_WINDOW,
                               .win_w = WORLD_WINDOW,
                               .win_h = WORLD_WINDOW};
    struct orl_view made = orl_view_make(&view);
    memset(w, 0, sizeof(*w));
    w->resets = resets;
    w->returns = returns;
    w->now_ns = 1000 * WORLD_STEP_NS;
    assert_int_equal(orl_cmdq_init(&w->q), ORL_OK);
    orl_spsc_finish(&w->q.items);
    assert_int_equal(orl_spsc_init(&w->q.items, queue_len, sizeof(struct orl_cmd)), ORL_OK);
    orl_binds_init(&binds, WORLD_ESCAPE, 200 * WORLD_STEP_NS);
    assert_int_equal(orl_binds_add(&binds, "Ctrl+F9", "send Alt+F4", (char[80]){""}, 80),
                     ORL_OK);
    orl_input_init(&w->in, conf, &binds, &sink);
    orl_input_set_view(&w->in, &made);
}

void world_close(struct world *w)
{
    orl_cmdq_finish(&w->q);
}

/* ---- the user and the desktop ---- */

static void key_event(struct world *w, uint16_t usage, bool down, bool repeat)
{
    event(w, (struct orl_event){
                 .kind = ORL_EVENT_KEY, .scancode = usage, .down = down, .repeat = repeat});
}

void world_key(struct world *w, uint16_t usage, bool down)
{
    bool changed = w->fingers[usage] != down;
    w->fingers[usage] = down;
    if (changed && w->focused) {
        key_event(w, usage, down, false);
    }
}

void world_repeat(struct world *w, uint16_t usage)
{
    if (w->fingers[usage] && w->focused) {
        key_event(w, usage, true, true);
    }
}

void world_lose_key_up(struct world *w, uint16_t usage)
{
    w->fingers[usage] = false;
}

void world_button(struct world *w, uint8_t button, bool down)
{
    uint8_t bit = (uint8_t)(1u << button);
    bool changed = ((w->mouse & bit) != 0) != down;
    w->mouse = (uint8_t)(down ? w->mouse | bit : w->mouse & ~bit);
    if (changed && w->focused) {
        event(w, (struct orl_event){.kind = ORL_EVENT_BUTTON,
                                    .button = button,
                                    .down = down,
                                    .x = (float)w->x,
                                    .y = (float)w->y});
    }
}

void world_move(struct world *w, double x, double y)
{
    struct orl_event ev = {.kind = ORL_EVENT_MOTION};
    ev.relative = orl_input_want(&w->in).relative;
    ev.dx = (float)(x - w->x);
    ev.dy = (float)(y - w->y);
    ev.x = (float)x;
    ev.y = (float)y;
    w->x = x;
    w->y = y;
    event(w, ev);
}

void world_cross(struct world *w, bool in)
{
    event(w, (struct orl_event){.kind = in ? ORL_EVENT_ENTER : ORL_EVENT_LEAVE,
                                .x = (float)w->x,
                                .y = (float)w->y});
}

static void all_fingers(struct world *w, bool down)
{
    for (uint16_t usage = 1; usage < ORL_KEYBOARD_KEYS; usage++) {
        if (w->fingers[usage]) {
            key_event(w, usage, down, false);
        }
    }
}

void world_focus(struct world *w, bool focused)
{
    if (focused == w->focused) {
        return;
    }
    w->focused = focused;
    if (!focused && w->resets) {
        all_fingers(w, false);
    }
    event(w, (struct orl_event){.kind = focused ? ORL_EVENT_FOCUS : ORL_EVENT_BLUR});
    if (focused && w->returns) {
        all_fingers(w, true);
    }
}

void world_make(struct world *w, uint16_t usage, bool down)
{
    w->made[usage] = down;
    orl_input_inject(&w->in, usage, down, w->now_ns);
    after(w);
}

void world_type(struct world *w, uint16_t usage, bool down)
{
    w->made[usage] = down;
    orl_input_type(&w->in, usage, down, w->now_ns);
    for (uint16_t modifier = 0xE0; down && modifier <= 0xE7; modifier++) {
        bool told = orl_keyset_has(&w->in.keyboard.passed, modifier);
        assert_false(orl_input_usable(&w->in) && told);
    }
    after(w);
}

/* The program forgets what it typed when a dialog opens: the guest has been told to let go. */
void world_dialog(struct world *w, bool open)
{
    orl_input_set_dialog(&w->in, open, w->now_ns);
    if (open) {
        memset(w->made, 0, sizeof(w->made));
    }
    after(w);
}

/* ---- the guest ---- */

static void let_go(struct world_guest *g)
{
    memset(g->down, 0, sizeof(g->down));
    g->buttons = 0;
}

static void execute(struct world_guest *g, const struct orl_cmd *c)
{
    switch (c->kind) {
    case ORL_CMD_KEY:
        if (c->code >= WORLD_CODES || (c->code == 0 && c->usage == 0)) {
            g->wild++;
        } else if (c->code == ORL_CODE_PAUSE) {
            g->presses += c->down; /* goes down and up at once */
        } else if (c->code) {
            g->presses += c->down && !g->down[c->code];
            g->down[c->code] = c->down;
        }
        break;
    case ORL_CMD_BUTTON:
        if (c->code < 1 || c->code > 5) {
            g->wild++;
            break;
        }
        g->buttons =
            (uint8_t)(c->down ? g->buttons | 1u << c->code : g->buttons & ~(1u << c->code));
        break;
    case ORL_CMD_RELEASE_ALL: let_go(g); break;
    case ORL_CMD_MOTION:
    case ORL_CMD_POSITION:
    case ORL_CMD_WHEEL:
    case ORL_CMD_LOCKS: break;
    default: g->wild++; break;
    }
}

void world_session(struct world *w, bool up)
{
    w->guest.session = up;
    let_go(&w->guest); /* the server does so when a client goes */
    w->guest.epoch += up;
}

void world_news(struct world *w)
{
    struct orl_input_guest g = {.connected = w->guest.session,
                                .hold = w->guest.hold,
                                .absolute = w->guest.absolute,
                                .linux_os = true,
                                .epoch = w->guest.epoch};
    orl_input_set_guest(&w->in, &g, w->now_ns);
    orl_input_tick(&w->in, w->now_ns);
    after(w);
}

void world_drain(struct world *w, int batches)
{
    struct orl_cmd out[3];
    size_t n = 1;
    for (int i = 0; i < batches && n > 0; i++) {
        n = orl_cmdq_drain(&w->q, out, 3);
        for (size_t j = 0; j < n && w->guest.session; j++) {
            execute(&w->guest, &out[j]);
        }
    }
}

void world_wait(struct world *w, uint64_t ns)
{
    uint64_t end = w->now_ns + ns;
    while (w->now_ns < end) {
        uint64_t due = orl_input_due(&w->in);
        uint64_t next = due > w->now_ns ? due : w->now_ns + WORLD_STEP_NS;
        w->now_ns = next < end ? next : end;
        orl_input_tick(&w->in, w->now_ns);
        after(w);
    }
}

void world_settle(struct world *w)
{
    world_news(w);
    for (int i = 0; i < 8; i++) {
        world_drain(w, 1024);
        after(w);
    }
    assert_int_equal(w->q.remainders, 0);
}

/* ---- looking ---- */

static uint16_t code_of(uint16_t usage)
{
    const struct orl_key *key = orl_key_of(usage);
    return key ? key->set1 : 0;
}

int world_guest_keys(const struct world *w)
{
    int n = 0;
    for (int i = 0; i < WORLD_CODES; i++) {
        n += w->guest.down[i];
    }
    return n;
}

int world_stuck_keys(const struct world *w)
{
    bool may[WORLD_CODES] = {false};
    int n = 0;
    for (uint16_t usage = 1; usage < ORL_KEYBOARD_KEYS; usage++) {
        if (w->fingers[usage] || w->made[usage]) {
            may[code_of(usage)] = true;
        }
    }
    for (int i = 1; i < WORLD_CODES; i++) {
        n += w->guest.down[i] && !may[i];
    }
    return n;
}

int world_guest_lacks(const struct world *w)
{
    int n = 0;
    for (uint16_t usage = 1; usage < ORL_KEYBOARD_KEYS; usage++) {
        uint16_t code = code_of(usage);
        n += w->fingers[usage] && code && code != ORL_CODE_PAUSE && !w->guest.down[code];
    }
    return n;
}
