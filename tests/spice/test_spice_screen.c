/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "frame/link.h"
#include "spice/screen.h"
#include "support/check.h"
#include "support/random.h"

#define SIDE   160
#define COPIES 4000

/* A card: draws at random, says what it has drawn, changes its mode. */
struct card {
    struct orl_screen screen;
    struct orl_fallback *out;
    struct orl_surface_view view;
    uint8_t memory[SIDE * SIDE * 4];
    uint64_t random;
    uint64_t hash[COPIES + 2]; /* by serial: of the picture that was handed over; 0 none */
    struct orl_flag done;
    int failed;
};

static uint64_t hash_of(const uint8_t *bytes, size_t n, uint64_t start)
{
    for (size_t i = 0; i < n; i++) {
        start = (start ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return start;
}

static uint64_t picture_hash(const struct card *c)
{
    const struct orl_rect h = c->screen.head;
    uint64_t hash = UINT64_C(0xcbf29ce484222325) + h.w;
    for (uint32_t y = h.y; y < h.y + h.h; y++) {
        hash = hash_of(c->memory + (size_t)y * (size_t)c->view.pitch + (size_t)h.x * 4,
                       (size_t)h.w * 4, hash);
    }
    return hash;
}

static void draw(struct card *c, int x, int y, int w, int h)
{
    for (int row = y; row < y + h; row++) {
        for (int i = x * 4; i < (x + w) * 4; i++) {
            c->memory[row * c->view.pitch + i] = (uint8_t)random_next(&c->random);
        }
    }
    orl_screen_damage(&c->screen, x, y, w, h);
}

static void new_mode(struct card *c)
{
    int w = 1 + (int)random_below(&c->random, SIDE),
        h = 1 + (int)random_below(&c->random, SIDE);
    int pitch = SIDE * 4 - 4 * (int)random_below(&c->random, (uint32_t)(SIDE - w + 1));
    c->view = (struct orl_surface_view){
        .format = ORL_SURFACE_XRGB8888, .w = w, .h = h, .pitch = pitch, .data = c->memory};
    struct orl_rect head = {random_below(&c->random, SIDE), random_below(&c->random, SIDE),
                            random_below(&c->random, SIDE), random_below(&c->random, SIDE)};
    c->failed |= !orl_screen_place(&c->screen, w, h, head);
    draw(c, 0, 0, w, h);
}

static void live(void *arg)
{
    struct card *c = arg;
    new_mode(c);
    while (c->screen.serial < COPIES && !c->failed) {
        uint32_t what = random_below(&c->random, 400);
        if (what == 0) {
            new_mode(c);
        } else if (what == 1) {
            orl_screen_gone(&c->screen);
        } else if (what == 2) {
            orl_screen_damage_all(&c->screen);
        } else {
            int x = (int)random_below(&c->random, (uint32_t)c->view.w);
            int y = (int)random_below(&c->random, (uint32_t)c->view.h);
            draw(c, x, y, 1 + (int)random_below(&c->random, (uint32_t)(c->view.w - x)) / 8,
                 1 + (int)random_below(&c->random, (uint32_t)(c->view.h - y)) / 8);
        }
        if (what % 3 == 0) {
            c->hash[c->screen.serial + 1] = picture_hash(c);
            c->failed |= orl_screen_copy(&c->screen, &c->view, 1) != ORL_OK;
        }
    }
    orl_flag_raise(&c->done);
}

/* The texture of the other side: only what the slots call upload goes into it. */
struct texture {
    uint32_t w, h, uploads, nones;
    uint8_t bytes[SIDE * SIDE * 4];
};

static void upload(struct texture *t, const struct orl_slot *slot)
{
    struct orl_rects set = slot->upload;
    if (t->w != slot->desc.w || t->h != slot->desc.h) {
        t->w = slot->desc.w;
        t->h = slot->desc.h;
        memset(t->bytes, 0x5a, sizeof(t->bytes));
    }
    if (set.full) {
        set = (struct orl_rects){.n = 1, .r = {{0, 0, t->w, t->h}}};
    }
    for (uint32_t i = 0; i < set.n; i++) {
        struct orl_rect r = set.r[i];
        assert_true(r.x + r.w <= t->w && r.y + r.h <= t->h);
        for (uint32_t y = r.y; y < r.y + r.h; y++) {
            memcpy(t->bytes + ((size_t)y * t->w + r.x) * 4,
                   slot->map + (size_t)y * slot->desc.pitch + (size_t)r.x * 4, (size_t)r.w * 4);
        }
    }
    t->uploads++;
}

static bool take(struct orl_fallback *f, struct card *c, struct texture *t)
{
    if (!orl_mailbox_take(&f->frame_mb)) {
        return false;
    }
    const struct orl_slot *slot = &f->frame[f->frame_mb.front];
    if (slot->kind == ORL_SLOT_NONE) {
        t->nones++;
        t->w = 0; /* forgotten, as a program may */
        return true;
    }
    upload(t, slot);
    uint64_t hash =
        hash_of(t->bytes, (size_t)t->w * t->h * 4, UINT64_C(0xcbf29ce484222325) + t->w);
    if (hash != c->hash[slot->desc.serial]) {
        fail_msg("serial %u is not what was drawn", slot->desc.serial);
    }
    return true;
}

static void every_pixel_arrives_through_a_mailbox_that_loses_slots(void **state)
{
    (void)state;
    static struct orl_fallback f;
    static struct card c;
    static struct texture t;
    struct orl_thread thread;
    uint64_t random = 99;
    orl_fallback_init(&f, NULL);
    c = (struct card){.out = &f, .random = 1};
    orl_flag_init(&c.done);
    orl_screen_init(&c.screen, &f);
    assert_int_equal(orl_thread_start(&thread, "card", live, &c), ORL_OK);
    bool done = false;
    while (!done) {
        done = orl_flag_is_raised(&c.done);
        if (!take(&f, &c, &t) && random_below(&random, 4) == 0) {
            orl_sleep_until(orl_now_ns() + random_below(&random, 300000));
        }
    }
    take(&f, &c, &t);
    orl_thread_join(&thread);
    assert_int_equal(c.failed, 0);
    assert_true(t.uploads > 10);
    assert_true(t.uploads + t.nones < COPIES); /* some were lost, which is what this is about */
    orl_fallback_finish(&f);
}

static void small_changes_upload_little(void **state)
{
    (void)state;
    static struct orl_fallback f;
    static struct card c;
    orl_fallback_init(&f, NULL);
    c = (struct card){.out = &f, .random = 2};
    orl_screen_init(&c.screen, &f);
    c.view = (struct orl_surface_view){
        .format = 32, .w = 100, .h = 50, .pitch = 400, .data = c.memory};
    assert_true(orl_screen_place(&c.screen, 100, 50, (struct orl_rect){0, 0, 0, 0}));
    for (int i = 0; i < 6; i++) {
        draw(&c, 10, i, 3, 1);
        assert_int_equal(orl_screen_copy(&c.screen, &c.view, 1), ORL_OK);
        assert_true(orl_mailbox_take(&f.frame_mb));
        const struct orl_slot *slot = &f.frame[f.frame_mb.front];
        assert_int_equal(slot->upload.full, i == 0);
        assert_int_equal(slot->upload.n, i == 0 ? 0 : 1);
        assert_int_equal(slot->desc.w, 100);
        assert_int_equal(slot->desc.h, 50);
    }
    orl_fallback_finish(&f);
}

static void sixteen_bit_surfaces_become_thirty_two(void **state)
{
    (void)state;
    static const struct {
        int format;
        uint16_t stored;
        uint8_t bgr[3];
    } rows[] = {{ORL_SURFACE_RGB555, 0x7fff, {255, 255, 255}},
                {ORL_SURFACE_RGB555, 0x8000, {0, 0, 0}},
                {ORL_SURFACE_RGB555, 0x001f, {255, 0, 0}},
                {ORL_SURFACE_RGB555, 0x03e0, {0, 255, 0}},
                {ORL_SURFACE_RGB555, 0x7c00, {0, 0, 255}},
                {ORL_SURFACE_RGB555, 0x0401, {8, 0, 8}},
                {ORL_SURFACE_RGB555, 0x4210, {132, 132, 132}},
                {ORL_SURFACE_RGB565, 0xffff, {255, 255, 255}},
                {ORL_SURFACE_RGB565, 0x07e0, {0, 255, 0}},
                {ORL_SURFACE_RGB565, 0x0020, {0, 4, 0}},
                {ORL_SURFACE_RGB565, 0xf800, {0, 0, 255}},
                {ORL_SURFACE_RGB565, 0x8410, {132, 130, 132}}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct orl_fallback f;
        struct orl_screen s;
        uint16_t pixels[2][3] = {{0, 0, 0}, {0, rows[i].stored, 0}};
        orl_fallback_init(&f, NULL);
        orl_screen_init(&s, &f);
        struct orl_surface_view v = {rows[i].format, 3, 2, 6, (const uint8_t *)pixels};
        assert_true(orl_screen_place(&s, 3, 2, (struct orl_rect){1, 1, 1, 1}));
        assert_int_equal(orl_screen_copy(&s, &v, 1), ORL_OK);
        assert_true(orl_mailbox_take(&f.frame_mb));
        assert_memory_equal(f.frame[f.frame_mb.front].map, rows[i].bgr, 3);
        orl_fallback_finish(&f);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct orl_fallback f;
    struct orl_screen s;
    uint8_t pixels[4 * 4 * 4] = {0};
    const struct orl_surface_view good = {32, 4, 4, 16, pixels};
    struct orl_surface_view v = good;
    const struct orl_rect no_head = {0, 0, 0, 0};
    orl_fallback_init(&f, NULL);
    orl_screen_init(&s, &f);
    assert_int_equal(orl_screen_copy(&s, &v, 1), ORL_EINVAL); /* not placed */
    assert_false(orl_screen_place(&s, 0, 4, no_head));
    assert_false(orl_screen_place(&s, -4, 4, no_head));
    assert_false(orl_screen_place(&s, 16385, 4, no_head));
    assert_false(orl_screen_place(&s, INT_MAX, INT_MAX, no_head));
    assert_true(orl_screen_place(&s, INT_MAX, INT_MAX, (struct orl_rect){5, 5, 4, 4}));
    assert_int_equal(orl_screen_copy(&s, &v, 1), ORL_EINVAL); /* the head is outside */
    assert_true(orl_screen_place(&s, 4, 4, no_head));
    static const int formats[] = {0, 1, 8, 24, 33, -1};
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        v.format = formats[i];
        assert_int_equal(orl_screen_copy(&s, &v, 1), ORL_EUNSUPPORTED);
    }
    v = good;
    v.pitch = 15;
    assert_int_equal(orl_screen_copy(&s, &v, 1), ORL_EINVAL);
    v.pitch = -16;
    assert_int_equal(orl_screen_copy(&s, &v, 1), ORL_EINVAL);
    v = good;
    v.h = 3;
    assert_int_equal(orl_screen_copy(&s, &v, 1), ORL_EINVAL);
    v = good;
    v.data = NULL;
    assert_int_equal(orl_screen_copy(&s, &v, 1), ORL_EINVAL);
    assert_false(orl_mailbox_take(&f.frame_mb));
    assert_int_equal(orl_screen_copy(&s, &good, 1), ORL_OK);
    orl_fallback_finish(&f);
}

static void damage_of_any_numbers_is_cut_to_the_head(void **state)
{
    (void)state;
    static const struct {
        int64_t x, y, w, h;
        struct orl_rect want;
    } rows[] = {{0, 0, 100, 100, {0, 0, 20, 10}},
                {-5, -5, 16, 26, {0, 0, 1, 1}},
                {29, 29, 50, 50, {19, 9, 1, 1}},
                {INT_MIN, INT_MIN, INT_MAX, INT_MAX, {0, 0, 0, 0}},
                {INT_MIN, INT_MIN, UINT_MAX, UINT_MAX, {0, 0, 20, 10}},
                {INT_MAX, 0, INT_MAX, 10, {0, 0, 0, 0}},
                {15, 25, -1, 5, {0, 0, 0, 0}},
                {15, 25, 0, 5, {0, 0, 0, 0}},
                {INT64_MIN, INT64_MIN, INT64_MAX, INT64_MAX, {0, 0, 0, 0}},
                {12, 22, 3, 4, {2, 2, 3, 4}}};
    struct orl_fallback f;
    orl_fallback_init(&f, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct orl_screen s;
        orl_screen_init(&s, &f);
        assert_true(orl_screen_place(&s, 30, 30, (struct orl_rect){10, 20, 20, 10}));
        orl_rects_clear(&s.damage.fresh);
        orl_screen_damage(&s, rows[i].x, rows[i].y, rows[i].w, rows[i].h);
        assert_int_equal(s.damage.fresh.n, rows[i].want.w > 0);
        if (s.damage.fresh.n) {
            assert_memory_equal(&s.damage.fresh.r[0], &rows[i].want, sizeof(rows[i].want));
        }
    }
    orl_fallback_finish(&f);
}

static void a_display_that_goes_is_told_once(void **state)
{
    (void)state;
    struct orl_fallback f;
    struct orl_wake wake;
    struct orl_screen s;
    uint8_t pixels[4] = {1, 2, 3, 4};
    struct orl_surface_view v = {32, 1, 1, 4, pixels};
    orl_wake_init(&wake);
    orl_fallback_init(&f, &wake);
    orl_screen_init(&s, &f);
    orl_screen_gone(&s);
    assert_int_equal(orl_wake_wait(&wake, 0), 0);
    assert_true(orl_screen_place(&s, 1, 1, (struct orl_rect){0, 0, 0, 0}));
    assert_int_equal(orl_screen_copy(&s, &v, 1), ORL_OK);
    assert_int_equal(orl_wake_wait(&wake, 0), ORL_RENDER_FALLBACK);
    orl_screen_gone(&s);
    assert_int_equal(orl_wake_wait(&wake, 0), ORL_RENDER_FALLBACK);
    assert_true(orl_mailbox_take(&f.frame_mb));
    assert_int_equal(f.frame[f.frame_mb.front].kind, ORL_SLOT_NONE);
    orl_screen_gone(&s);
    assert_false(orl_mailbox_take(&f.frame_mb));
    assert_int_equal(orl_screen_copy(&s, &v, 1), ORL_OK);
    assert_true(orl_mailbox_take(&f.frame_mb));
    assert_true(f.frame[f.frame_mb.front].upload.full);
    orl_fallback_finish(&f);
}

/* Any thread may lose the processor at any time: one try of many has to show it. */
static void a_slot_is_ready_when_its_copy_is_done(void **state)
{
    (void)state;
    const int w = 4096, h = 2048;
    struct orl_fallback f;
    struct orl_screen s;
    uint8_t *pixels = calloc((size_t)w * (size_t)h, 4);
    struct orl_surface_view v = {32, w, h, w * 4, pixels};
    bool late = false;
    assert_non_null(pixels);
    orl_fallback_init(&f, NULL);
    orl_screen_init(&s, &f);
    assert_true(orl_screen_place(&s, w, h, (struct orl_rect){0, 0, 0, 0}));
    for (int i = 0; i < 50 && !late; i++) {
        uint64_t before_ns = orl_now_ns();
        orl_screen_damage_all(&s);
        assert_int_equal(orl_screen_copy(&s, &v, 1), ORL_OK);
        uint64_t took_ns = orl_now_ns() - before_ns;
        assert_true(orl_mailbox_take(&f.frame_mb));
        const struct orl_slot *slot = &f.frame[f.frame_mb.front];
        assert_true(slot->t_seen_ns == 1);
        assert_true(slot->t_ready_ns >= before_ns);
        late = slot->t_ready_ns - before_ns > took_ns / 10 * 9;
    }
    assert_true(late);
    free(pixels);
    orl_fallback_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pixel_arrives_through_a_mailbox_that_loses_slots),
        cmocka_unit_test(small_changes_upload_little),
        cmocka_unit_test(sixteen_bit_surfaces_become_thirty_two),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(damage_of_any_numbers_is_cut_to_the_head),
        cmocka_unit_test(a_display_that_goes_is_told_once),
        cmocka_unit_test(a_slot_is_ready_when_its_copy_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
