/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clipboard on a real X server: xclip is the well-behaved other program, `peer` one that does
 * as the test wants.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xcb/xcb.h>

#include "base/clock.h"
#include "base/serial.h"
#include "base/thread.h"
#include "clip_rig.h"
#include "support/check.h"
#include "win/clipboard_image.h"

enum mischief {
    PEER_SILENT,          /* owns the clipboard and answers nothing */
    PEER_LISTS_ONLY,      /* says what it has and never gives it */
    PEER_STALLS,          /* gives two pieces by INCR, then nothing */
    PEER_ENDLESS,         /* gives pieces for ever */
    PEER_WRONG_FORMAT,    /* gives 32-bit units as text */
    PEER_HUGE_LIST,       /* names 100000 targets */
    PEER_PIECES,          /* gives `content` by INCR in odd pieces, as it should */
    PEER_ASKS_AND_STALLS, /* asks for ours and takes one piece only */
    PEER_ASKS_AND_DIES    /* asks for ours and destroys its window */
};

struct peer {
    enum mischief mischief;
    struct rig_blob content;
    struct orl_thread thread;
    struct orl_flag stop, done;
    xcb_connection_t *c;
    xcb_window_t window;
    xcb_atom_t clipboard, targets, incr, text, png;
    xcb_window_t requestor; /* of the INCR transfer */
    xcb_atom_t property, target;
    size_t sent;
    int pieces;
};

static xcb_atom_t atom(struct peer *p, const char *name)
{
    xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(
        p->c, xcb_intern_atom(p->c, 0, (uint16_t)strlen(name), name), NULL);
    assert_non_null(reply);
    xcb_atom_t a = reply->atom;
    free(reply);
    return a;
}

static void peer_notify(struct peer *p, const xcb_selection_request_event_t *e)
{
    union {
        xcb_selection_notify_event_t event;
        char bytes[32];
    } u;
    memset(&u, 0, sizeof(u));
    u.event.response_type = XCB_SELECTION_NOTIFY;
    u.event.time = e->time;
    u.event.requestor = e->requestor;
    u.event.selection = e->selection;
    u.event.target = e->target;
    u.event.property = e->property;
    xcb_send_event(p->c, 0, e->requestor, 0, u.bytes);
}

static void peer_put(struct peer *p, xcb_window_t w, xcb_atom_t property, xcb_atom_t type,
                     uint8_t format, size_t n, const void *data)
{
    xcb_change_property(p->c, XCB_PROP_MODE_REPLACE, w, property, type, format, (uint32_t)n,
                        data);
}

static void peer_lists(struct peer *p, const xcb_selection_request_event_t *e)
{
    if (p->mischief == PEER_HUGE_LIST) {
        xcb_atom_t *many = calloc(100000, sizeof(*many));
        many[99999] = p->text;
        for (int i = 0; i < 100000; i += 50000) { /* a request holds 256 KB */
            xcb_change_property(p->c, i ? XCB_PROP_MODE_APPEND : XCB_PROP_MODE_REPLACE,
                                e->requestor, e->property, XCB_ATOM_ATOM, 32, 50000, many + i);
        }
        free(many);
    } else {
        const xcb_atom_t atoms[] = {p->targets, p->text, p->png};
        peer_put(p, e->requestor, e->property, XCB_ATOM_ATOM, 32, 3, atoms);
    }
    peer_notify(p, e);
}

static void peer_answers(struct peer *p, const xcb_selection_request_event_t *e)
{
    const uint32_t zero[4] = {1, 2, 3, 4};
    const uint32_t watch = XCB_EVENT_MASK_PROPERTY_CHANGE;
    if (p->mischief == PEER_SILENT) {
        return;
    }
    if (e->target == p->targets) {
        peer_lists(p, e);
        return;
    }
    switch (p->mischief) {
    case PEER_WRONG_FORMAT:
        peer_put(p, e->requestor, e->property, p->text, 32, 4, zero);
        peer_notify(p, e);
        break;
    case PEER_STALLS:
    case PEER_ENDLESS:
    case PEER_PIECES:
        p->requestor = e->requestor;
        p->property = e->property;
        p->target = e->target;
        p->sent = 0;
        xcb_change_window_attributes(p->c, e->requestor, XCB_CW_EVENT_MASK, &watch);
        peer_put(p, e->requestor, e->property, p->incr, 32, 1, zero);
        peer_notify(p, e);
        break;
    default: break;
    }
}

static void peer_continues(struct peer *p)
{
    static const uint8_t noise[200000];
    p->pieces++;
    if (p->mischief == PEER_STALLS && p->pieces > 2) {
        return;
    }
    if (p->mischief != PEER_PIECES) {
        peer_put(p, p->requestor, p->property, p->target, 8, sizeof(noise), noise);
        return;
    }
    size_t n = (size_t)(p->pieces * 7919 % 100000) + 1;
    n = n < p->content.len - p->sent ? n : p->content.len - p->sent;
    peer_put(p, p->requestor, p->property, p->target, 8, n, p->content.data + p->sent);
    p->sent += n;
}

static void peer_asks(struct peer *p)
{
    xcb_convert_selection(p->c, p->window, p->clipboard, p->text, p->text, XCB_CURRENT_TIME);
    if (p->mischief == PEER_ASKS_AND_DIES) {
        xcb_destroy_window(p->c, p->window);
    }
}

static void peer_event(struct peer *p, const xcb_generic_event_t *event)
{
    const void *any = event;
    switch (event->response_type & 0x7F) {
    case XCB_SELECTION_REQUEST: peer_answers(p, any); break;
    case XCB_SELECTION_NOTIFY:
        /* The first piece is taken, so that the transfer by pieces begins. */
        xcb_delete_property(p->c, p->window, p->text);
        orl_flag_raise(&p->done);
        break;
    case XCB_PROPERTY_NOTIFY: {
        const xcb_property_notify_event_t *e = any;
        if (e->state == XCB_PROPERTY_DELETE && e->window == p->requestor &&
            e->atom == p->property) {
            peer_continues(p);
        }
        break;
    }
    default: break;
    }
}

static void peer_run(void *arg)
{
    struct peer *p = arg;
    while (!orl_flag_is_raised(&p->stop)) {
        xcb_generic_event_t *e = NULL;
        while ((e = xcb_poll_for_event(p->c))) {
            peer_event(p, e);
            free(e);
        }
        xcb_flush(p->c);
        struct pollfd fd = {xcb_get_file_descriptor(p->c), POLLIN, 0};
        poll(&fd, 1, 20);
    }
}

static struct peer *peer_start(enum mischief mischief, struct rig_blob content)
{
    struct peer *p = calloc(1, sizeof(*p));
    p->mischief = mischief;
    p->content = content;
    orl_flag_init(&p->stop);
    orl_flag_init(&p->done);
    p->c = xcb_connect(NULL, NULL);
    assert_false(xcb_connection_has_error(p->c));
    p->clipboard = atom(p, "CLIPBOARD");
    p->targets = atom(p, "TARGETS");
    p->incr = atom(p, "INCR");
    p->text = atom(p, "UTF8_STRING");
    p->png = atom(p, "image/png");
    p->window = xcb_generate_id(p->c);
    xcb_create_window(p->c, 0, p->window,
                      xcb_setup_roots_iterator(xcb_get_setup(p->c)).data->root, 0, 0, 1, 1, 0,
                      XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, 0, NULL);
    if (mischief >= PEER_ASKS_AND_STALLS) {
        peer_asks(p);
    } else {
        xcb_set_selection_owner(p->c, p->window, p->clipboard, XCB_CURRENT_TIME);
    }
    free(xcb_get_input_focus_reply(p->c, xcb_get_input_focus(p->c), NULL)); /* done by now */
    assert_int_equal(orl_thread_start(&p->thread, "peer", peer_run, p), ORL_OK);
    return p;
}

/* How many pieces it sent. */
static int peer_stop(struct peer *p)
{
    orl_flag_raise(&p->stop);
    orl_thread_join(&p->thread);
    xcb_disconnect(p->c);
    int pieces = p->pieces;
    free(p);
    return pieces;
}

static void text_of_another_program_is_offered_and_fetched(void **state)
{
    struct rig *r = *state;
    struct rig_blob text = {(uint8_t *)strdup("gr\xC3\xBC\xC3\x9F\x65\nzweite Zeile\n"), 22};
    rig_write(r, "in", text.data, text.len);
    assert_int_equal(rig_run(r, "xclip -selection clipboard -i in"), 0);
    rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
    assert_true(rig_fetch(r, ORL_WIN_CLIP_TEXT));
    rig_same(r->got, text);
    assert_false(rig_fetch(r, ORL_WIN_CLIP_PNG));
    assert_int_equal(rig_run(r, ": | xclip -selection clipboard -i"),
                     0); /* and nothing at all */
    rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
    assert_true(rig_fetch(r, ORL_WIN_CLIP_TEXT));
    assert_int_equal(r->got.len, 0);
    rig_free(&text);
}

static void an_owner_that_was_there_before_us_is_found_and_its_end_is_told(void **state)
{
    struct rig *r = *state;
    pid_t pid = rig_begin(r, "echo early | exec xclip -quiet -selection clipboard -i");
    rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
    orl_win_clip_destroy(&r->clip);
    assert_int_equal(orl_win_clip_create(&r->clip, &r->win, RIG_MAX_BYTES), ORL_OK);
    r->offer = 0;
    rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
    assert_true(rig_fetch(r, ORL_WIN_CLIP_TEXT));
    rig_kill(pid);
    rig_wait_offer(r, 0);
    assert_false(rig_fetch(r, ORL_WIN_CLIP_TEXT));
}

static void our_text_is_pasted_by_another_program_at_any_size(void **state)
{
    struct rig *r = *state;
    static const size_t sizes[] = {0, 1, 4096, 262143, 262145, 5000000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        rig_free(&r->text);
        r->text = rig_text(sizes[i]);
        orl_win_clip_offer(r->clip, ORL_WIN_CLIP_TEXT);
        rig_pass(r, 50);
        assert_int_equal(rig_run(r, "xclip -selection clipboard -o > out"), 0);
        struct rig_blob out = rig_read(r, "out");
        rig_same(out, r->text);
        rig_free(&out);
    }
    assert_int_equal(r->offer_count, 0); /* our own is not reported as another's */
    assert_int_equal(r->request_count, 6);
}

static void targets_are_those_we_have_and_what_can_be_made_of_them(void **state)
{
    struct rig *r = *state;
    orl_win_clip_offer(r->clip, ORL_WIN_CLIP_TEXT | ORL_WIN_CLIP_BMP);
    rig_pass(r, 50);
    assert_int_equal(rig_run(r, "xclip -selection clipboard -o -t TARGETS | sort > out"), 0);
    struct rig_blob out = rig_read(r, "out");
    out.data[out.len] = 0;
    static const char *const names[] = {
        "TARGETS\n",   "TIMESTAMP\n", "UTF8_STRING\n", "text/plain;charset=utf-8\n",
        "image/png\n", "image/bmp\n", "image/x-bmp\n"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_non_null(strstr((char *)out.data, names[i]));
    }
    rig_free(&out);
    orl_win_clip_offer(r->clip, ORL_WIN_CLIP_TEXT);
    rig_pass(r, 50);
    assert_int_equal(rig_run(r, "xclip -selection clipboard -o -t TARGETS > out"), 0);
    out = rig_read(r, "out");
    out.data[out.len] = 0;
    assert_null(strstr((char *)out.data, "image"));
    rig_free(&out);
    assert_int_equal(rig_run(r, "xclip -selection clipboard -o -t TIMESTAMP > out"), 0);
    orl_win_clip_offer(r->clip, 0);
    rig_pass(r, 50);
    assert_int_not_equal(rig_run(r, "xclip -selection clipboard -o"), 0);
}

static void a_large_png_goes_both_ways(void **state)
{
    struct rig *r = *state;
    r->png = rig_png(3u << 20);
    rig_write(r, "in", r->png.data, r->png.len);
    assert_int_equal(rig_run(r, "xclip -selection clipboard -t image/png -i in"), 0);
    rig_wait_offer(r, ORL_WIN_CLIP_PNG | ORL_WIN_CLIP_BMP);
    assert_true(rig_fetch(r, ORL_WIN_CLIP_PNG));
    rig_same(r->got, r->png);
    orl_win_clip_offer(r->clip, ORL_WIN_CLIP_PNG);
    rig_pass(r, 50);
    assert_int_equal(rig_run(r, "xclip -selection clipboard -t image/png -o > out"), 0);
    struct rig_blob out = rig_read(r, "out");
    rig_same(out, r->png);
    rig_free(&out);
}

static void images_convert_by_themselves(void **state)
{
    struct rig *r = *state;
    r->png = rig_png(300000);
    rig_write(r, "in", r->png.data, r->png.len);
    assert_int_equal(rig_run(r, "xclip -selection clipboard -t image/png -i in"), 0);
    rig_wait_offer(r, ORL_WIN_CLIP_PNG | ORL_WIN_CLIP_BMP);
    assert_true(rig_fetch(r, ORL_WIN_CLIP_BMP));
    rig_same_picture(r->png, r->got);
    r->bmp = r->got;
    r->got = (struct rig_blob){NULL, 0};
    struct rig_blob png = r->png;
    r->png = (struct rig_blob){NULL, 0};
    orl_win_clip_offer(r->clip, ORL_WIN_CLIP_BMP);
    rig_pass(r, 50);
    assert_int_equal(rig_run(r, "xclip -selection clipboard -t image/png -o > out"), 0);
    struct rig_blob out = rig_read(r, "out");
    rig_same_picture(out, r->bmp);
    rig_free(&out);
    assert_int_equal(rig_run(r, "xclip -selection clipboard -t image/x-MS-bmp -o > out"), 0);
    out = rig_read(r, "out");
    rig_same(out, r->bmp);
    rig_free(&out);
    rig_free(&png);
}

static void pieces_of_any_size_are_put_together(void **state)
{
    struct rig *r = *state;
    struct rig_blob png = rig_png(3u << 20);
    struct peer *p = peer_start(PEER_PIECES, png);
    rig_wait_offer(r, 7);
    assert_true(rig_fetch(r, ORL_WIN_CLIP_PNG));
    rig_same(r->got, png);
    assert_true(peer_stop(p) > 50);
    rig_free(&png);
}

static void owners_that_misbehave_are_given_up(void **state)
{
    struct rig *r = *state;
    const struct rig_blob none = {NULL, 0};
    static const enum mischief kinds[] = {PEER_LISTS_ONLY, PEER_STALLS, PEER_ENDLESS,
                                          PEER_WRONG_FORMAT};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        r->offer = 0;
        struct peer *p = peer_start(kinds[i], none);
        rig_wait_offer(r, 7);
        assert_false(rig_fetch(r, ORL_WIN_CLIP_TEXT));
        peer_stop(p);
        rig_wait_offer(r, 0);
    }
}

static void owners_that_say_nothing_or_too_much_offer_nothing(void **state)
{
    struct rig *r = *state;
    const struct rig_blob none = {NULL, 0};
    struct peer *p = peer_start(PEER_HUGE_LIST, none);
    rig_wait_offer(r, 0);
    peer_stop(p);
    rig_wait_offer(r, 0);
    p = peer_start(PEER_SILENT, none);
    rig_wait_offer(r, 0);
    /* Others are heard while it is waited for. */
    assert_int_equal(rig_run(r, "echo x | xclip -selection clipboard -i"), 0);
    rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
    peer_stop(p);
}

static void programs_that_stop_reading_or_vanish_do_not_hold_us(void **state)
{
    struct rig *r = *state;
    const struct rig_blob none = {NULL, 0};
    r->text = rig_text(2000000);
    orl_win_clip_offer(r->clip, ORL_WIN_CLIP_TEXT);
    rig_pass(r, 50);
    for (int i = 0; i < 30; i++) { /* more than there are places */
        struct peer *p = peer_start(i % 2 ? PEER_ASKS_AND_STALLS : PEER_ASKS_AND_DIES, none);
        rig_pass(r, 20);
        peer_stop(p);
    }
    struct peer *last = peer_start(PEER_ASKS_AND_STALLS, none);
    while (!orl_flag_is_raised(&last->done)) {
        rig_pass(r, 50);
    }
    rig_pass(r, 6000);
    assert_int_equal(rig_run(r, "xclip -selection clipboard -o > out"), 0);
    struct rig_blob out = rig_read(r, "out");
    rig_same(out, r->text);
    rig_free(&out);
    peer_stop(last);
}

static void main_that_does_not_answer_is_a_refusal_for_the_program(void **state)
{
    struct rig *r = *state;
    r->deaf = true;
    orl_win_clip_offer(r->clip, ORL_WIN_CLIP_TEXT);
    rig_pass(r, 50);
    pid_t pid = rig_begin(r, "xclip -selection clipboard -o > out");
    assert_int_not_equal(rig_end(r, pid), -1);
    assert_int_equal(r->request_count, 1);
    struct rig_blob out = rig_read(r, "out");
    assert_int_equal(out.len, 0);
    rig_free(&out);
}

static void taking_and_losing_the_clipboard_quickly_ends_with_the_last_owner(void **state)
{
    struct rig *r = *state;
    const struct rig_blob none = {NULL, 0};
    r->text = rig_text(100);
    for (int i = 0; i < 20; i++) {
        orl_win_clip_offer(r->clip, ORL_WIN_CLIP_TEXT);
        struct peer *p = peer_start(PEER_LISTS_ONLY, none);
        orl_win_clip_offer(r->clip, ORL_WIN_CLIP_TEXT);
        orl_win_clip_offer(r->clip, 0);
        orl_win_clip_offer(r->clip, ORL_WIN_CLIP_TEXT);
        r->offer_count = 0; /* whatever the peer said was before our last offer */
        assert_int_equal(rig_run(r, "sleep 0.05; xclip -selection clipboard -o > out"), 0);
        struct rig_blob out = rig_read(r, "out");
        rig_same(out, r->text);
        rig_free(&out);
        peer_stop(p);
        assert_int_equal(r->offer_count, 0);
    }
    assert_int_equal(rig_run(r, "echo theirs | xclip -selection clipboard -i"), 0);
    rig_wait_offer(r, ORL_WIN_CLIP_TEXT);
    assert_true(rig_fetch(r, ORL_WIN_CLIP_TEXT));
    assert_int_equal(r->got.len, 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_start, rig_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_of_another_program_is_offered_and_fetched),
        TEST(an_owner_that_was_there_before_us_is_found_and_its_end_is_told),
        TEST(our_text_is_pasted_by_another_program_at_any_size),
        TEST(targets_are_those_we_have_and_what_can_be_made_of_them),
        TEST(a_large_png_goes_both_ways),
        TEST(images_convert_by_themselves),
        TEST(pieces_of_any_size_are_put_together),
        TEST(owners_that_misbehave_are_given_up),
        TEST(owners_that_say_nothing_or_too_much_offer_nothing),
        TEST(programs_that_stop_reading_or_vanish_do_not_hold_us),
        TEST(main_that_does_not_answer_is_a_refusal_for_the_program),
        TEST(taking_and_losing_the_clipboard_quickly_ends_with_the_last_owner),
    };
    return cmocka_run_group_tests_name("clip_x11", tests, NULL, NULL);
}
