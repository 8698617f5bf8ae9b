/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way a paste goes, step by step; everything else is in test_clip_random.c. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/wake.h"
#include "clip/clip.h"
#include "support/check.h"

static char said[512]; /* the calls since the last look, in words */

static void say(const char *what, uint64_t a, uint64_t b, const void *data, size_t len)
{
    size_t n = strlen(said);
    snprintf(said + n, sizeof(said) - n, "%s %d %d%s%.*s; ", what, (int)a, (int)b,
             data ? " " : "", data ? (int)len : 0, data ? (const char *)data : "");
}
static void host_offer(void *arg, uint32_t types)
{
    (void)arg;
    say("host_offer", types, 0, NULL, 0);
}
static void host_request(void *arg, enum orl_clip_type type, uint64_t id)
{
    (void)arg;
    say("host_request", type, id, NULL, 0);
}
static void host_data(void *arg, uint64_t id, enum orl_clip_type type, const void *data,
                      size_t len)
{
    (void)arg;
    say("host_data", id, type, data, len);
}
static void guest_offer(void *arg, uint32_t types)
{
    (void)arg;
    say("guest_offer", types, 0, NULL, 0);
}
static void guest_request(void *arg, enum orl_clip_type type, uint64_t id)
{
    (void)arg;
    say("guest_request", type, id, NULL, 0);
}
static void guest_data(void *arg, uint64_t id, enum orl_clip_type type, const void *data,
                       size_t len)
{
    (void)arg;
    say("guest_data", id, type, data, len);
}

static struct orl_clip *make(bool to_guest, bool to_host)
{
    const struct orl_clip_conf conf = {to_guest, to_host};
    const struct orl_clip_calls calls = {NULL,        host_offer,    host_request, host_data,
                                         guest_offer, guest_request, guest_data};
    said[0] = 0;
    return orl_clip_create(&conf, &calls);
}

static void heard(const char *want)
{
    assert_string_equal(said, want);
    said[0] = 0;
}

static void host_text_reaches_the_guest_when_it_asks(void **state)
{
    (void)state;
    struct orl_clip *c = make(true, true);
    orl_clip_guest_ready(c, true);
    orl_clip_host_offers(c, ORL_CLIP_TEXT | 0x80);
    heard("");
    orl_clip_focus(c, true);
    heard("guest_offer 1 0; ");
    orl_clip_focus(c, false);
    orl_clip_focus(c, true);
    heard("");
    orl_clip_guest_wants(c, ORL_CLIP_TEXT, 70, 0);
    heard("host_request 1 1; ");
    orl_clip_guest_wants(c, ORL_CLIP_TEXT, 71, 0);
    heard("");
    orl_clip_host_data(c, 1, "hello", 5);
    assert_non_null(strstr(said, "guest_data 70 1 hello; "));
    assert_non_null(strstr(said, "guest_data 71 1 hello; "));
    said[0] = 0;
    orl_clip_host_data(c, 1, "again", 5);
    orl_clip_guest_wants(c, ORL_CLIP_PNG, 72, 0);
    heard("guest_data 72 2; ");
    orl_clip_destroy(&c);
}

static void guest_content_reaches_the_host_when_it_asks(void **state)
{
    (void)state;
    struct orl_clip *c = make(true, true);
    orl_clip_guest_ready(c, true);
    orl_clip_guest_offers(c, ORL_CLIP_TEXT | ORL_CLIP_BMP);
    heard("host_offer 5 0; ");
    orl_clip_host_wants(c, ORL_CLIP_BMP, 9, 0);
    heard("guest_request 4 1; ");
    orl_clip_guest_data(c, 1, "BM", 2);
    heard("host_data 9 4 BM; ");
    orl_clip_guest_offers(c, 0);
    heard("host_offer 0 0; ");
    orl_clip_destroy(&c);
}

static void an_agent_that_goes_takes_its_offer_along(void **state)
{
    (void)state;
    struct orl_clip *c = make(true, true);
    orl_clip_focus(c, true);
    orl_clip_guest_ready(c, true);
    orl_clip_guest_offers(c, ORL_CLIP_TEXT);
    orl_clip_host_wants(c, ORL_CLIP_TEXT, 3, 0);
    heard("host_offer 1 0; guest_request 1 1; ");
    orl_clip_guest_ready(c, false);
    heard("host_data 3 1; host_offer 0 0; ");
    orl_clip_guest_data(c, 1, "late", 4);
    orl_clip_guest_offers(c, ORL_CLIP_TEXT);
    heard("");
    orl_clip_guest_ready(c, true); /* the two words may come in this order */
    heard("host_offer 1 0; ");
    orl_clip_guest_ready(c, false);
    heard("host_offer 0 0; ");
    orl_clip_guest_ready(c, true);
    orl_clip_guest_ready(c, false);
    heard("");
    orl_clip_host_offers(c, ORL_CLIP_PNG);
    orl_clip_guest_ready(c, true);
    heard("guest_offer 2 0; ");
    orl_clip_guest_ready(c, false);
    orl_clip_guest_ready(c, true);
    heard("guest_offer 2 0; ");
    orl_clip_destroy(&c);
}

static void what_is_copied_behind_the_window_stays_there_until_it_has_the_focus(void **state)
{
    (void)state;
    struct orl_clip *c = make(true, true);
    orl_clip_guest_ready(c, true);
    orl_clip_focus(c, true);
    orl_clip_host_offers(c, ORL_CLIP_TEXT);
    heard("guest_offer 1 0; ");
    orl_clip_focus(c, false);
    orl_clip_host_offers(c, ORL_CLIP_TEXT);
    heard("guest_offer 0 0; ");
    orl_clip_guest_wants(c, ORL_CLIP_TEXT, 5, 0);
    heard("guest_data 5 1; ");
    orl_clip_focus(c, true);
    heard("guest_offer 1 0; ");
    orl_clip_destroy(&c);
}

static void nobody_waits_longer_than_ten_seconds(void **state)
{
    (void)state;
    struct orl_clip *c = make(true, true);
    orl_clip_guest_ready(c, true);
    orl_clip_guest_offers(c, ORL_CLIP_TEXT);
    assert_true(orl_clip_due(c) == ORL_WAKE_NEVER);
    orl_clip_host_wants(c, ORL_CLIP_TEXT, 3, 5 * ORL_NS_PER_S);
    assert_true(orl_clip_due(c) == 15 * ORL_NS_PER_S);
    said[0] = 0;
    orl_clip_tick(c, 15 * ORL_NS_PER_S - 1);
    heard("");
    orl_clip_tick(c, 15 * ORL_NS_PER_S);
    heard("host_data 3 1; ");
    assert_true(orl_clip_due(c) == ORL_WAKE_NEVER);
    orl_clip_destroy(&c);
}

static void directions_switched_off_stay_silent(void **state)
{
    (void)state;
    struct orl_clip *c = make(false, false);
    orl_clip_focus(c, true);
    orl_clip_guest_ready(c, true);
    orl_clip_host_offers(c, ORL_CLIP_TEXT);
    orl_clip_guest_offers(c, ORL_CLIP_TEXT);
    heard("");
    orl_clip_guest_wants(c, ORL_CLIP_TEXT, 1, 0);
    orl_clip_host_wants(c, ORL_CLIP_TEXT, 2, 0);
    heard("guest_data 1 1; host_data 2 1; ");
    orl_clip_destroy(&c);
}

static void more_than_the_bound_is_not_passed_on(void **state)
{
    (void)state;
    struct orl_clip *c = make(true, true);
    orl_clip_guest_ready(c, true);
    orl_clip_guest_offers(c, ORL_CLIP_TEXT);
    orl_clip_host_wants(c, ORL_CLIP_TEXT, 3, 0);
    said[0] = 0;
    orl_clip_guest_data(c, 1, "", (size_t)ORL_CLIP_MAX_BYTES + 1);
    heard("host_data 3 1; ");
    orl_clip_destroy(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_text_reaches_the_guest_when_it_asks),
        cmocka_unit_test(guest_content_reaches_the_host_when_it_asks),
        cmocka_unit_test(an_agent_that_goes_takes_its_offer_along),
        cmocka_unit_test(what_is_copied_behind_the_window_stays_there_until_it_has_the_focus),
        cmocka_unit_test(nobody_waits_longer_than_ten_seconds),
        cmocka_unit_test(directions_switched_off_stay_silent),
        cmocka_unit_test(more_than_the_bound_is_not_passed_on),
    };
    return cmocka_run_group_tests_name("clip", tests, NULL, NULL);
}
