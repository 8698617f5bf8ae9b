/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [keys]: what the user binds to keys, kept as text for those who know keys and actions. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "conf/load.h"
#include "conf/report.h"
#include "conf/state.h"

const struct orl_conf_key *orl_conf_keys(const struct orl_conf *conf, size_t *n)
{
    *n = conf->state->key_count;
    return conf->state->keys;
}

void orl_conf_reject_key(const struct orl_conf_key *key, const char *why,
                         struct orl_conf_report *rep)
{
    orl_conf_error(rep, "%s: %s:%.64s=%.64s is not allowed: %s", key->where, CONF_KEYS,
                   key->chord, key->action, why);
}

/* One block holds the three strings. */
static bool fill(struct orl_conf_key *key, const char *chord, size_t chord_len,
                 const char *action, const char *where)
{
    size_t action_size = strlen(action) + 1;
    size_t where_size = strlen(where) + 1;
    char *block = calloc(1, chord_len + 1 + action_size + where_size);
    if (block == NULL) {
        return false;
    }
    memcpy(block, chord, chord_len);
    key->chord = block;
    key->action = memcpy(block + chord_len + 1, action, action_size);
    key->where = memcpy(block + chord_len + 1 + action_size, where, where_size);
    return true;
}

static void append(struct conf_loader *l, const struct orl_conf_key *key)
{
    struct orl_conf_state *state = l->conf->state;
    struct orl_conf_key *keys =
        realloc(state->keys, (state->key_count + 1) * sizeof(*state->keys));
    if (keys == NULL) {
        free((char *)key->chord);
        l->err = ORL_ENOMEM;
        return;
    }
    state->keys = keys;
    keys[state->key_count++] = *key;
}

void orl_conf_apply_key(struct conf_loader *l, const char *chord, size_t chord_len,
                        const char *action, const char *where)
{
    struct orl_conf_key key;
    if (l->conf->state->key_count >= ORL_CONF_KEYS) {
        if (!l->keys_full_said) {
            orl_conf_error(l->rep, "%s: there are more than %d key bindings", where,
                           ORL_CONF_KEYS);
        }
        l->keys_full_said = true;
        return;
    }
    if (!fill(&key, chord, chord_len, action, where)) {
        l->err = ORL_ENOMEM;
        return;
    }
    const char *why =
        !orl_str_is_utf8(key.chord) || !orl_str_is_utf8(key.action) ? "it is not UTF-8"
        : key.chord[0] == '\0'                                      ? "a key is missing"
        : key.action[0] == '\0' ? "an action is missing; none takes a binding away"
                                : NULL;
    if (why == NULL) {
        append(l, &key);
    } else {
        orl_conf_reject_key(&key, why, l->rep);
        free((char *)key.chord);
    }
}
