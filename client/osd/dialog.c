/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "osd/dialog.h"

#include <string.h>

#include "base/str.h"

enum { /* USB HID usages, page 7 */
       KEY_A = 4,
       KEY_ENTER = 40,
       KEY_ESCAPE = 41,
       KEY_BACKSPACE = 42,
       KEY_SPACE = 44,
       KEY_DOWN = 81,
       KEY_UP = 82,
       KEYPAD_ENTER = 88
};

static void open_dialog(struct orl_dialog *d, enum orl_dialog_kind kind, const char *title,
                        const char *text, const char *keys)
{
    orl_dialog_close(d);
    d->kind = kind;
    orl_str_copy(d->look.title, sizeof(d->look.title), title);
    orl_str_copy(d->look.text, sizeof(d->look.text), text);
    orl_str_copy(d->look.keys, sizeof(d->look.keys), keys);
}

void orl_dialog_ask(struct orl_dialog *d, const char *title, const char *text, const char *keys)
{
    open_dialog(d, ORL_DIALOG_ASK, title, text, keys);
}

void orl_dialog_field(struct orl_dialog *d, const char *title, const char *text, bool secret,
                      const char *keys)
{
    open_dialog(d, ORL_DIALOG_FIELD, title, text, keys);
    d->secret = secret;
    d->look.has_entry = true;
}

void orl_dialog_list(struct orl_dialog *d, const char *title, const char *text,
                     const char *keys)
{
    open_dialog(d, ORL_DIALOG_LIST, title, text, keys);
}

void orl_dialog_rows(struct orl_dialog *d, uint32_t count, char row[ORL_OSD_ROWS][ORL_OSD_ROW])
{
    d->look.rows = count < ORL_OSD_ROWS ? count : ORL_OSD_ROWS;
    memset(d->look.row, 0, sizeof(d->look.row));
    for (uint32_t i = 0; i < d->look.rows; i++) {
        orl_str_copy(d->look.row[i], sizeof(d->look.row[i]), row[i]);
    }
    if (d->look.selected >= d->look.rows) {
        d->look.selected = d->look.rows ? d->look.rows - 1 : 0;
    }
}

static size_t characters(const char *utf8)
{
    size_t n = 0;
    for (const char *c = utf8; *c; c++) {
        n += ((unsigned char)*c & 0xc0) != 0x80;
    }
    return n;
}

/* A secret is never handed to the overlay, only its length. */
static void show_entry(struct orl_dialog *d)
{
    if (!d->secret) {
        orl_str_copy(d->look.entry, sizeof(d->look.entry), d->entry);
        return;
    }
    size_t n = characters(d->entry);
    size_t room = sizeof(d->look.entry) - 1;
    n = n < room ? n : room;
    memset(d->look.entry, 0, sizeof(d->look.entry));
    memset(d->look.entry, '*', n);
}

static enum orl_dialog_outcome erase(struct orl_dialog *d)
{
    size_t len = strlen(d->entry);
    if (d->kind != ORL_DIALOG_FIELD || len == 0) {
        return ORL_DIALOG_NOTHING;
    }
    do {
        len--;
    } while (len > 0 && ((unsigned char)d->entry[len] & 0xc0) == 0x80);
    memset(d->entry + len, 0, sizeof(d->entry) - len);
    show_entry(d);
    return ORL_DIALOG_CHANGED;
}

static enum orl_dialog_outcome step(struct orl_dialog *d, bool down)
{
    uint32_t rows = d->look.rows;
    if (d->kind != ORL_DIALOG_LIST || rows == 0) {
        return ORL_DIALOG_NOTHING;
    }
    d->look.selected = (d->look.selected + (down ? 1 : rows - 1)) % rows;
    return ORL_DIALOG_CHANGED;
}

static enum orl_dialog_outcome confirm(const struct orl_dialog *d)
{
    if (d->kind == ORL_DIALOG_LIST) {
        return d->look.rows ? ORL_DIALOG_ROW : ORL_DIALOG_NOTHING;
    }
    return ORL_DIALOG_YES;
}

enum orl_dialog_outcome orl_dialog_key(struct orl_dialog *d, uint16_t usage)
{
    if (d->kind == ORL_DIALOG_CLOSED) {
        return ORL_DIALOG_NOTHING;
    }
    switch (usage) {
    case KEY_ESCAPE: return ORL_DIALOG_NO;
    case KEY_ENTER:
    case KEYPAD_ENTER: return confirm(d);
    case KEY_SPACE: return d->kind == ORL_DIALOG_LIST ? confirm(d) : ORL_DIALOG_NOTHING;
    case KEY_A: return d->kind == ORL_DIALOG_ASK ? ORL_DIALOG_ALWAYS : ORL_DIALOG_NOTHING;
    case KEY_BACKSPACE: return erase(d);
    case KEY_DOWN: return step(d, true);
    case KEY_UP: return step(d, false);
    default: return ORL_DIALOG_NOTHING;
    }
}

enum orl_dialog_outcome orl_dialog_text(struct orl_dialog *d, const char *text)
{
    size_t len = strlen(d->entry);
    size_t more = strlen(text);
    if (d->kind != ORL_DIALOG_FIELD || more == 0 || len + more >= sizeof(d->entry)) {
        return ORL_DIALOG_NOTHING;
    }
    memcpy(d->entry + len, text, more + 1);
    show_entry(d);
    return ORL_DIALOG_CHANGED;
}

void orl_dialog_close(struct orl_dialog *d)
{
    explicit_bzero(d->entry, sizeof(d->entry));
    memset(d, 0, sizeof(*d));
}
