/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent's clipboard, with a real SPICE server between the session and an agent that obeys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clip/clip.h"
#include "rig.h"
#include "support/check.h"
#include "support/random.h"

/* VD_AGENT_CAP bits: on demand, selections, size bound, and the line ends. */
#define CAPS_LF   "560"
#define CAPS_CRLF "660"

static bool is_clip_ready(const struct orl_spice_status *s)
{
    return s->clip_ready && (s->has & ORL_SPICE_HAS_AGENT);
}
static bool is_not_clip_ready(const struct orl_spice_status *s)
{
    return !s->clip_ready;
}

static int begin(void **state)
{
    struct rig *r = calloc(1, sizeof(*r));
    rig_init(r);
    rig_serve(r, NULL);
    *state = r;
    return 0;
}

static int end(void **state)
{
    rig_finish(*state);
    free(*state);
    return 0;
}

static void start(struct rig *r)
{
    rig_tell(r, "agent 1");
    rig_connect(r);
    rig_wait(r, is_clip_ready);
    assert_true(r->status.has & ORL_SPICE_HAS_AGENT);
}

static uint32_t sum_of(const uint8_t *data, size_t n)
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < n; i++) {
        sum = (sum ^ data[i]) * 16777619u;
    }
    return sum;
}

/* The agent has heard all that was asked of it, and has been heard. */
static void settle(struct rig *r)
{
    rig_tell(r, "agent-request 77"); /* refused at once, in order with everything else */
    rig_expect(r, "data none 0 ");
}

static void put_content(struct rig *r, const char *type, const void *data, size_t n)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/%s", r->dir, type);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
    rig_tell(r, "agent-content %s %s", type, path);
    settle(r);
}

static struct orl_spice_note wait_note(struct rig *r, enum orl_spice_note_kind kind)
{
    struct orl_spice_note note;
    assert_true(rig_event(r, kind, &note, RIG_MS));
    return note;
}

static void expect_offer(struct rig *r, uint32_t types)
{
    struct orl_spice_note note = wait_note(r, ORL_SPICE_CLIP_OFFER);
    assert_int_equal(note.a, types);
    free(note.data);
}

/* Asks the agent and compares; want NULL: refused. */
static void fetch(struct rig *r, uint32_t type, uint64_t id, const void *want, size_t n)
{
    rig_request(r, ORL_SPICE_CLIP_REQUEST, type, 0, id, NULL, 0);
    struct orl_spice_note note = wait_note(r, ORL_SPICE_CLIP_DATA);
    assert_true(note.id == id);
    assert_int_equal(note.a, type);
    if (want) {
        assert_non_null(note.data);
        assert_int_equal(note.len, n);
        assert_true(memcmp(note.data, want, n) == 0);
    } else {
        assert_null(note.data);
    }
    free(note.data);
}

/* The agent asks, main answers `data`, and the agent must get `want`. */
static void serve(struct rig *r, const char *name, uint32_t type, const void *data, size_t n,
                  const void *want, size_t want_n)
{
    char line[80];
    rig_tell(r, "agent-request %s", name);
    struct orl_spice_note note = wait_note(r, ORL_SPICE_CLIP_REQUEST);
    assert_int_equal(note.a, type);
    rig_request(r, ORL_SPICE_CLIP_DATA, type, 0, note.id, data, n);
    if (data) {
        snprintf(line, sizeof(line), "data %s %zu %08x", name, want_n, sum_of(want, want_n));
    } else {
        snprintf(line, sizeof(line), "data none 0 ");
    }
    rig_expect(r, line);
}

static uint8_t *noise(size_t n)
{
    uint64_t seed = n;
    uint8_t *data = malloc(n);
    for (size_t i = 0; i < n; i++) {
        data[i] = (uint8_t)random_next(&seed);
    }
    return data;
}

static void set_mode(struct rig *r, const char *mode)
{
    settle(r);
    rig_tell(r, "agent-mode %s", mode);
    settle(r);
}

static void text_and_images_come_from_the_guest(void **state)
{
    struct rig *r = *state;
    start(r);
    uint8_t *png = noise(3000000);
    put_content(r, "text", "gr\xC3\xBC\xC3\x9F\x65\nzwei", 12);
    put_content(r, "png", png, 3000000);
    rig_tell(r, "agent-grab text png");
    expect_offer(r, ORL_CLIP_TEXT | ORL_CLIP_PNG);
    fetch(r, ORL_CLIP_TEXT, 7, "gr\xC3\xBC\xC3\x9F\x65\nzwei", 12);
    fetch(r, ORL_CLIP_PNG, 8, png, 3000000);
    fetch(r, ORL_CLIP_BMP, 9, NULL, 0); /* the agent says that it cannot */
    put_content(r, "text", "", 0);
    fetch(r, ORL_CLIP_TEXT, 10, "", 0);
    rig_tell(r, "agent-grab bmp 4 77"); /* what we do not know is left out */
    expect_offer(r, ORL_CLIP_BMP);
    rig_tell(r, "agent-release");
    expect_offer(r, 0);
    free(png);
}

static void text_and_images_go_to_the_guest(void **state)
{
    struct rig *r = *state;
    start(r);
    rig_request(r, ORL_SPICE_CLIP_OFFER, ORL_CLIP_PNG | ORL_CLIP_TEXT | ORL_CLIP_BMP, 0, 0,
                NULL, 0);
    rig_expect(r, "grab text png bmp");
    uint8_t *png = noise(3000000);
    serve(r, "text", ORL_CLIP_TEXT, "a\nb", 3, "a\nb", 3);
    serve(r, "png", ORL_CLIP_PNG, png, 3000000, png, 3000000);
    serve(r, "bmp", ORL_CLIP_BMP, NULL, 0, NULL, 0);
    rig_request(r, ORL_SPICE_CLIP_OFFER, 0, 0, 0, NULL, 0);
    rig_expect(r, "release");
    rig_tell(r, "agent-request 77"); /* a type nobody knows is refused at once */
    rig_expect(r, "data none 0 ");
    free(png);
}

static void text_for_the_guest_is_clean(void **state)
{
    struct rig *r = *state;
    start(r);
    rig_request(r, ORL_SPICE_CLIP_OFFER, ORL_CLIP_TEXT | ORL_CLIP_PNG, 0, 0, NULL, 0);
    rig_expect(r, "grab text png");
    serve(r, "text", ORL_CLIP_TEXT, "\xFF\xC3(\0x\0", 6, "?\?(?x", 5);
    serve(r, "png", ORL_CLIP_PNG, "\xFF\xC3(\0x\0", 6, "\xFF\xC3(\0x\0", 6);
}

static void line_ends_are_those_of_the_guest(void **state)
{
    struct rig *r = *state;
    rig_tell(r, "agent-caps %s", CAPS_CRLF);
    start(r);
    put_content(r, "text", "one\r\ntwo\r\n\0", 11);
    rig_tell(r, "agent-grab text");
    expect_offer(r, ORL_CLIP_TEXT);
    fetch(r, ORL_CLIP_TEXT, 1, "one\ntwo\n", 8);
    rig_request(r, ORL_SPICE_CLIP_OFFER, ORL_CLIP_TEXT, 0, 0, NULL, 0);
    serve(r, "text", ORL_CLIP_TEXT, "one\ntwo\n", 8, "one\r\ntwo\r\n", 10);
    put_content(r, "png", "\r\n", 2);
    fetch(r, ORL_CLIP_PNG, 2, "\r\n", 2); /* images have none */
    rig_tell(r, "agent-caps %s", CAPS_LF);
    rig_tell(r, "agent-grab text");
    expect_offer(r, ORL_CLIP_TEXT);
    fetch(r, ORL_CLIP_TEXT, 3, "one\r\ntwo\r\n", 10);
}

static void an_agent_without_clipboards_or_selections_is_respected(void **state)
{
    struct rig *r = *state;
    rig_tell(r, "agent-caps 1");
    rig_tell(r, "agent 1");
    rig_connect(r);
    rig_wait(r, rig_is_ready);
    assert_false(rig_wait_ms(r, is_clip_ready, 500));
    rig_tell(r, "agent-bare 1");
    rig_tell(r, "agent-caps 20"); /* on demand, but no selections */
    rig_wait(r, is_clip_ready);
    put_content(r, "text", "old", 3);
    rig_tell(r, "agent-grab text");
    expect_offer(r, ORL_CLIP_TEXT);
    fetch(r, ORL_CLIP_TEXT, 1, "old", 3);
    rig_request(r, ORL_SPICE_CLIP_OFFER, ORL_CLIP_TEXT, 0, 0, NULL, 0);
    rig_expect(r, "grab text");
    serve(r, "text", ORL_CLIP_TEXT, "new", 3, "new", 3);
}

static void the_end_of_an_agent_ends_what_was_asked_and_offered(void **state)
{
    struct rig *r = *state;
    for (int round = 0; round < 3; round++) {
        if (round == 0) {
            start(r);
        }
        put_content(r, "text", "here", 4);
        rig_tell(r, "agent-mode mute");
        rig_tell(r, "agent-grab text");
        expect_offer(r, ORL_CLIP_TEXT);
        rig_request(r, ORL_SPICE_CLIP_REQUEST, ORL_CLIP_TEXT, 0, 5, NULL, 0);
        rig_expect(r, "request text");
        rig_tell(r, "agent 0");
        rig_tell(r, "agent 1"); /* at once: main must see the gap all the same */
        struct orl_spice_note note = wait_note(r, ORL_SPICE_CLIP_DATA);
        assert_true(note.id == 5);
        assert_null(note.data);
        expect_offer(r, 0);
        rig_wait(r, is_not_clip_ready);
        rig_wait(r, is_clip_ready);
        rig_tell(r, "agent-mode well");
        rig_tell(r, "agent-grab text");
        expect_offer(r, ORL_CLIP_TEXT);
        fetch(r, ORL_CLIP_TEXT, 6, "here", 4);
    }
}

static void a_server_that_comes_back_finds_the_clipboard_working(void **state)
{
    struct rig *r = *state;
    start(r);
    rig_tell(r, "agent-grab text");
    expect_offer(r, ORL_CLIP_TEXT);
    rig_kill_server(r);
    expect_offer(r, 0);
    rig_wait(r, is_not_clip_ready);
    rig_request(r, ORL_SPICE_CLIP_REQUEST, ORL_CLIP_TEXT, 0, 1, NULL,
                0); /* no agent: refused */
    struct orl_spice_note note = wait_note(r, ORL_SPICE_CLIP_DATA);
    assert_true(note.id == 1 && !note.data);
    rig_serve(r, NULL);
    rig_tell(r, "agent 1");
    rig_wait(r, is_clip_ready);
    put_content(r, "text", "again", 5);
    rig_tell(r, "agent-grab text");
    expect_offer(r, ORL_CLIP_TEXT);
    fetch(r, ORL_CLIP_TEXT, 2, "again", 5);
    rig_request(r, ORL_SPICE_CLIP_OFFER, ORL_CLIP_TEXT, 0, 0, NULL, 0);
    rig_expect(r, "grab text");
    serve(r, "text", ORL_CLIP_TEXT, "back", 4, "back", 4);
}

static void an_agent_that_answers_too_much_or_never_does_no_harm(void **state)
{
    struct rig *r = *state;
    start(r);
    put_content(r, "text", "yes", 3);
    rig_tell(r, "agent-grab text");
    expect_offer(r, ORL_CLIP_TEXT);
    rig_tell(r, "agent-mode unasked");
    rig_tell(r, "agent-grab text"); /* when this is heard, the other was */
    expect_offer(r, ORL_CLIP_TEXT);
    set_mode(r, "twice");
    fetch(r, ORL_CLIP_TEXT, 1, "yes", 3);
    set_mode(r, "none");
    fetch(r, ORL_CLIP_TEXT, 2, NULL, 0);
    set_mode(r, "mute");
    for (uint64_t id = 10; id < 15; id++) { /* the fifth is one too many: four are given up */
        rig_request(r, ORL_SPICE_CLIP_REQUEST, ORL_CLIP_TEXT, 0, id, NULL, 0);
    }
    for (uint64_t id = 10; id < 14; id++) {
        struct orl_spice_note note = wait_note(r, ORL_SPICE_CLIP_DATA);
        assert_true(note.id == id && !note.data);
    }
    set_mode(r, "well");
    rig_request(r, ORL_SPICE_CLIP_REQUEST, ORL_CLIP_TEXT, 0, 15, NULL, 0);
    for (uint64_t id = 14; id < 16; id++) { /* the answer serves both */
        struct orl_spice_note note = wait_note(r, ORL_SPICE_CLIP_DATA);
        assert_true(note.id == id);
        assert_int_equal(note.len, 3);
        free(note.data);
    }
}

static void ask(struct rig *r, uint64_t id)
{
    rig_request(r, ORL_SPICE_CLIP_REQUEST, ORL_CLIP_TEXT, 0, id, NULL, 0);
    rig_expect(r, "request text");
}

static void expect_text(struct rig *r, uint64_t id, const char *want)
{
    struct orl_spice_note note = wait_note(r, ORL_SPICE_CLIP_DATA);
    assert_true(note.id == id);
    assert_non_null(note.data);
    assert_string_equal((const char *)note.data, want);
    free(note.data);
}

static void a_late_answer_is_not_taken_for_one_about_a_newer_offer(void **state)
{
    struct rig *r = *state;
    start(r);
    set_mode(r, "late");
    put_content(r, "text", "OLD", 3);
    rig_tell(r, "agent-grab text");
    expect_offer(r, ORL_CLIP_TEXT);
    ask(r, 1);
    ask(r, 2);
    put_content(r, "text", "NEW", 3);
    rig_tell(r, "agent-grab text");
    expect_offer(r, ORL_CLIP_TEXT);
    ask(r, 3);
    rig_tell(r, "agent-answer");
    expect_text(r, 1, "OLD"); /* one answer serves both */
    expect_text(r, 2, "OLD");
    ask(r, 4);
    rig_tell(r, "agent-answer"); /* the second's own answer: nobody waits for it any more */
    rig_tell(r, "agent-answer");
    expect_text(r, 3, "NEW");
    expect_text(r, 4, "NEW");
}

static void requests_of_the_agent_are_bounded(void **state)
{
    struct rig *r = *state;
    start(r);
    for (int i = 0; i < 40; i++) {
        rig_tell(r, "agent-request text");
    }
    for (int i = 0; i < 24; i++) {
        rig_expect(r, "data none 0 ");
    }
    for (int i = 0; i < 16; i++) {
        struct orl_spice_note note = wait_note(r, ORL_SPICE_CLIP_REQUEST);
        rig_request(r, ORL_SPICE_CLIP_DATA, note.a, 0, note.id, "x", 1);
        rig_expect(r, "data text 1 ");
    }
    rig_request(r, ORL_SPICE_CLIP_DATA, ORL_CLIP_TEXT, 0, 1, "twice", 5); /* answered already */
    serve(r, "text", ORL_CLIP_TEXT, "y", 1, "y", 1);
}

static void garbage_and_huge_sizes_do_not_end_the_session(void **state)
{
    struct rig *r = *state;
    start(r);
    for (int seed = 1; seed < 20; seed++) {
        rig_tell(r, "agent-garbage %d", seed);
    }
    rig_tell(r, "agent-chunks 1");
    rig_tell(r, "agent-grab png");
    struct orl_spice_note note;
    do {
        note = wait_note(r, ORL_SPICE_CLIP_OFFER);
    } while (note.a != ORL_CLIP_PNG);
    uint8_t *png = noise(5000);
    put_content(r, "png", png, 5000);
    fetch(r, ORL_CLIP_PNG, 1, png, 5000);
    rig_tell(r, "agent-chunks 2048");
    rig_tell(r, "agent-huge 0xFFFFFFF0");
    rig_tell(r, "agent 0"); /* a new agent begins a new message */
    rig_wait(r, is_not_clip_ready);
    rig_tell(r, "agent 1");
    rig_wait(r, is_clip_ready);
    rig_tell(r, "agent-grab png");
    do {
        note = wait_note(r, ORL_SPICE_CLIP_OFFER);
    } while (note.a != ORL_CLIP_PNG);
    fetch(r, ORL_CLIP_PNG, 2, png, 5000);
    free(png);
}

static void more_than_the_bound_is_refused_both_ways(void **state)
{
    struct rig *r = *state;
    start(r);
    size_t n = (size_t)ORL_CLIP_MAX_BYTES + 1;
    uint8_t *large = calloc(1, n);
    put_content(r, "png", large, n);
    rig_tell(r, "agent-grab png");
    expect_offer(r, ORL_CLIP_PNG);
    fetch(r, ORL_CLIP_PNG, 1, NULL, 0);
    rig_request(r, ORL_SPICE_CLIP_OFFER, ORL_CLIP_TEXT, 0, 0, NULL, 0);
    rig_tell(r, "agent-request text");
    struct orl_spice_note note = wait_note(r, ORL_SPICE_CLIP_REQUEST);
    memset(large, 'x', n);
    rig_request(r, ORL_SPICE_CLIP_DATA, ORL_CLIP_TEXT, 0, note.id, large, n);
    rig_expect(r, "data none 0 ");
    free(large);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_and_images_come_from_the_guest),
        TEST(text_and_images_go_to_the_guest),
        TEST(line_ends_are_those_of_the_guest),
        TEST(an_agent_without_clipboards_or_selections_is_respected),
        TEST(the_end_of_an_agent_ends_what_was_asked_and_offered),
        TEST(a_server_that_comes_back_finds_the_clipboard_working),
        TEST(an_agent_that_answers_too_much_or_never_does_no_harm),
        TEST(a_late_answer_is_not_taken_for_one_about_a_newer_offer),
        TEST(text_for_the_guest_is_clean),
        TEST(requests_of_the_agent_are_bounded),
        TEST(garbage_and_huge_sizes_do_not_end_the_session),
        TEST(more_than_the_bound_is_refused_both_ways),
    };
    return cmocka_run_group_tests_name("spice_clipboard", tests, NULL, NULL);
}
