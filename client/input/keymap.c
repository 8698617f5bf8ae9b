/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/keymap.h"

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "input/cmd.h"

static const struct orl_key keys[] = {
#define KEY(usage, set1, code, name)  {usage, set1, KEY_##code, #code, name},
#define TWIN(usage, set1, code, name) {usage, set1, KEY_##code, #code, name},
#include "input/keys.def"
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))
_Static_assert(KEYS < 255, "rows are indexed with a byte");

/* Number of each row, for the indexes below; 0 there is no row. */
enum {
    ROW_NONE,
#define KEY(usage, set1, code, name)  ROW_##usage,
#define TWIN(usage, set1, code, name) ROW_##usage,
#include "input/keys.def"
};

static const uint8_t row_of_usage[ORL_USAGES] = {
#define KEY(usage, set1, code, name)  [usage] = ROW_##usage,
#define TWIN(usage, set1, code, name) [usage] = ROW_##usage,
#include "input/keys.def"
};

/* Two KEY rows with one code would not compile. */
static const uint8_t row_of_code[256] = {
#define KEY(usage, set1, code, name) [KEY_##code] = ROW_##usage,
#define TWIN(usage, set1, code, name)
#include "input/keys.def"
};

struct other_name {
    const char *name;
    uint16_t usage;
};

static const struct other_name other_names[] = {
    {"Return", 40},
    {"Escape", 41},
    {"BkSp", 42},
    {"Spacebar", 44},
    {"Equals", 46},
    {"Hash", 50},
    {"Quote", 52},
    {"Backtick", 53},
    {"Caps", 57},
    {"Print", 70},
    {"PrtSc", 70},
    {"PrtScr", 70},
    {"Scroll", 71},
    {"Break", 72},
    {"Ins", 73},
    {"PgUp", 75},
    {"Prior", 75},
    {"Del", 76},
    {"PgDn", 78},
    {"PgDown", 78},
    {"Next", 78},
    {"Num", 83},
    {"KPDivide", 84},
    {"KPMultiply", 85},
    {"KPSubtract", 86},
    {"KPAdd", 87},
    {"KPDecimal", 99},
    {"Less", 100},
    {"IntlBackslash", 100},
    {"Application", 101},
    {"ContextMenu", 101},
    {"International1", 135},
    {"AbntC1", 135},
    {"AbntC2", 133},
    {"International2", 136},
    {"International3", 137},
    {"International4", 138},
    {"International5", 139},
    {"Lang1", 144},
    {"Lang2", 145},
    {"LCtrl", 224},
    {"LeftControl", 224},
    {"LShift", 225},
    {"LAlt", 226},
    {"LWin", 227},
    {"LeftSuper", 227},
    {"RCtrl", 228},
    {"RightControl", 228},
    {"RShift", 229},
    {"RAlt", 230},
    {"AltGr", 230},
    {"RWin", 231},
    {"RightSuper", 231},
};

const struct orl_key *orl_keymap(size_t *n)
{
    *n = KEYS;
    return keys;
}

const struct orl_key *orl_key_of(uint16_t usage)
{
    uint8_t row = usage < ORL_USAGES ? row_of_usage[usage] : ROW_NONE;
    return row != ROW_NONE ? &keys[row - 1] : NULL;
}

const struct orl_key *orl_key_of_linux(uint16_t linux_code)
{
    uint8_t row = linux_code < sizeof(row_of_code) ? row_of_code[linux_code] : ROW_NONE;
    return row != ROW_NONE ? &keys[row - 1] : NULL;
}

static bool same(const char *name, const char *text, size_t len)
{
    return strlen(name) == len && strncasecmp(name, text, len) == 0;
}

static const struct orl_key *named_by_linux(const char *name, size_t len)
{
    if (len > 4 && strncasecmp(name, "KEY_", 4) == 0) {
        name += 4;
        len -= 4;
    }
    for (size_t i = 0; i < KEYS; i++) {
        if (same(keys[i].linux_name, name, len)) {
            return orl_key_of_linux(keys[i].linux_code);
        }
    }
    return NULL;
}

const struct orl_key *orl_key_named(const char *name, size_t len)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (same(keys[i].name, name, len)) {
            return &keys[i];
        }
    }
    for (size_t i = 0; i < sizeof(other_names) / sizeof(other_names[0]); i++) {
        if (same(other_names[i].name, name, len)) {
            return orl_key_of(other_names[i].usage);
        }
    }
    return named_by_linux(name, len);
}
