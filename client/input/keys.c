/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/keys.h"

#include <string.h>

#include "base/str.h"
#include "input/keymap.h"

bool orl_key_parse(const char *text, uint16_t *usage)
{
    int number = -1;
    const struct orl_key *key = NULL;
    if (!orl_str_to_int(text, &number)) {
        key = orl_key_named(text, strlen(text));
    } else if (number >= 0 && number <= UINT16_MAX) {
        key = orl_key_of_linux((uint16_t)number);
    }
    if (key == NULL) {
        return false;
    }
    *usage = key->usage;
    return true;
}

void orl_key_list(FILE *out)
{
    size_t n = 0;
    const struct orl_key *keys = orl_keymap(&n);
    for (size_t i = 0; i < n; i++) {
        if (orl_key_of_linux(keys[i].linux_code) == &keys[i]) {
            fprintf(out, "%3d KEY_%-17s %s\n", keys[i].linux_code, keys[i].linux_name,
                    keys[i].name);
        }
    }
}
