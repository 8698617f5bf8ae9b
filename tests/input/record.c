/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record.h"

#include <stdio.h>

#include "input/keymap.h"
#include "support/check.h"

static void word(struct record *r, const char *text)
{
    size_t cap = sizeof(r->text) - r->used;
    int n = snprintf(r->text + r->used, cap, "%s%s", r->used ? " " : "", text);
    assert_true(n > 0 && (size_t)n < cap);
    r->used += (size_t)n;
}

void record_cmd(struct record *r, const struct orl_cmd *c)
{
    char text[64] = "?";
    char sign = c->down ? '+' : '-';
    const struct orl_key *key = orl_key_of(c->usage);
    switch (c->kind) {
    case ORL_CMD_KEY: snprintf(text, sizeof(text), "%c%s", sign, key ? key->name : "?"); break;
    case ORL_CMD_BUTTON: snprintf(text, sizeof(text), "%cb%d", sign, c->code); break;
    case ORL_CMD_MOTION: snprintf(text, sizeof(text), "m%d,%d", c->dx, c->dy); break;
    case ORL_CMD_POSITION: snprintf(text, sizeof(text), "p%d,%d", c->dx, c->dy); break;
    case ORL_CMD_WHEEL: snprintf(text, sizeof(text), "w%d,%d", c->dx, c->dy); break;
    case ORL_CMD_LOCKS: snprintf(text, sizeof(text), "L%d", c->code); break;
    case ORL_CMD_RELEASE_ALL: snprintf(text, sizeof(text), "R"); break;
    default: break;
    }
    word(r, text);
    r->last = *c;
}

static void send(void *arg, const struct orl_cmd *cmd)
{
    record_cmd(arg, cmd);
}

static void align(void *arg, int32_t x, int32_t y)
{
    char text[64];
    snprintf(text, sizeof(text), "a%d,%d", x, y);
    word(arg, text);
}

static void set_host_locks(void *arg, uint8_t mask, uint8_t values)
{
    char text[64];
    snprintf(text, sizeof(text), "H%d=%d", mask, values);
    word(arg, text);
}

struct orl_input_sink record_sink(struct record *r)
{
    r->used = 0;
    r->text[0] = 0;
    return (struct orl_input_sink){
        .send = send, .align = align, .set_host_locks = set_host_locks, .arg = r};
}

const char *record_take(struct record *r)
{
    if (r->used == 0) {
        r->text[0] = 0;
    }
    r->used = 0;
    return r->text;
}
