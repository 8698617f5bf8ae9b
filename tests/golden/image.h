/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to tests/golden: one image while it is compared with its JSON file. */
#ifndef ORL_TESTS_GOLDEN_IMAGE_H
#define ORL_TESTS_GOLDEN_IMAGE_H

#include <json-c/json.h>

#include "support/guarded.h"
#include "wire/wire.h"

struct golden_image {
    struct orl_guarded g;
    const struct orl_layout *lay;
    struct json_object *layout; /* measured layout */
    struct orl_session_info info;
};

static inline struct orl_mem golden_mem(const struct golden_image *m)
{
    return orl_guarded_mem(&m->g);
}

/* Takes "payloads" out of `expect` and compares it; "queues" must still be there. */
void golden_check_payloads(struct json_object *expect, const struct golden_image *m);

#endif
