/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "osd/dialog.h"

#include <string.h>

#include "base/str.h"

enum { /* USB HID usages, page 7 */
       KEY_ENTER = 40,
       KEY_ESCAPE = 41,
       KEY_BACKSPACE = 42,
       KEY_SPACE = 44,
       KEY_HOME = 74,
       KEY_PAGE_UP = 75,
       KEY_END = 77,
       KEY_PAGE_DOWN = 78,
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

/* The part of the list that is shown moves no further than the selected row needs. */
static void show_rows(struct orl_dialog *d)
{
    struct orl_osd_dialog *look = &d->look;
    look->total = d->rows;
    look->rows = d->rows < ORL_OSD_ROWS ? d->rows : ORL_OSD_ROWS;
    if (d->selected < look->first) {
        look->first = d->selected;
    } else if (d->selected >= look->first + ORL_OSD_ROWS) {
        look->first = d->selected - ORL_OSD_ROWS + 1;
    }
    if (look->first > look->total - look->rows) {
        look->first = look->total - look->rows;
    }
    look->selected = d->selected - look->first;
    memset(look->row, 0, sizeof(look->row));
    for (uint32_t i = 0; i < look->rows; i++) {
        orl_str_copy(look->row[i], sizeof(look->row[i]), d->row[look->first + i]);
    }
}

void orl_dialog_rows(struct orl_dialog *d, uint32_t count, char (*row)[ORL_OSD_ROW])
{
    d->rows = count < ORL_DIALOG_ROWS ? count : ORL_DIALOG_ROWS;
    for (uint32_t i = 0; i < d->rows; i++) {
        orl_str_copy(d->row[i], sizeof(d->row[i]), row[i]);
    }
    if (d->selected >= d->rows) {
        d->selected = d->rows ? d->rows - 1 : 0;
    }
    show_rows(d);
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

/* Single steps go round; pages end at the ends. */
static enum orl_dialog_outcome walk(struct orl_dialog *d, uint16_t key)
{
    uint32_t rows = d->rows;
    uint32_t at = d->selected;
    if (d->kind != ORL_DIALOG_LIST || rows == 0) {
        return ORL_DIALOG_NOTHING;
    }
    switch (key) {
    case KEY_DOWN: at = (at + 1) % rows; break;
    case KEY_UP: at = (at + rows - 1) % rows; break;
    case KEY_PAGE_DOWN: at = rows - at > ORL_OSD_ROWS ? at + ORL_OSD_ROWS : rows - 1; break;
    case KEY_PAGE_UP: at = at > ORL_OSD_ROWS ? at - ORL_OSD_ROWS : 0; break;
    case KEY_HOME: at = 0; break;
    default: at = rows - 1; break;
    }
    d->selected = at;
    show_rows(d);
    return ORL_DIALOG_CHANGED;
}

static enum orl_dialog_outcome confirm(const struct orl_dialog *d)
{
    if (d->kind == ORL_DIALOG_LIST) {
        return d->rows ? ORL_DIALOG_ROW : ORL_DIALOG_NOTHING;
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
    case KEY_BACKSPACE: return erase(d);
    case KEY_DOWN:
    case KEY_UP:
    case KEY_PAGE_DOWN:
    case KEY_PAGE_UP:
    case KEY_HOME:
    case KEY_END: return walk(d, usage);
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
