/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bookkeeping alone, with pictures of a few cells: whatever way each frame takes and whatever is
 * lost on the way, the texture is the announced picture after each take.
 */
#include <stdlib.h>
#include <string.h>

#include "frame/damage.h"
#include "support/check.h"
#include "support/random.h"

#define SIDE   12u
#define CELLS  (SIDE * SIDE)
#define FRAMES 200000

enum state { EMPTY, UNTAKEN, TAKEN };

struct sim {
    uint64_t rng;
    struct orl_damage damage;
    struct orl_frame_desc last;
    uint32_t guest[CELLS]; /* the newest picture; the guest's memory always holds it whole */
    uint32_t buffer[3][CELLS]; /* staging */
    uint32_t texture[CELLS];

    /* The hand-over: what was published last. */
    enum state state;
    bool held; /* in place, else a copy */
    uint32_t back, front, mid;
    struct orl_rects upload[3];
    uint32_t announced[CELLS]; /* the picture of what was published last */
    uint64_t takes, held_takes, withdrawn, refused, replaced;
};

static void apply(uint32_t *dst, const uint32_t *src, const struct orl_rects *what)
{
    if (what->full) {
        memcpy(dst, src, CELLS * sizeof(*dst));
    }
    struct orl_rects set = *what;
    orl_rects_clip(&set, SIDE, SIDE);
    for (uint32_t i = 0; i < set.n; i++) {
        for (uint32_t y = set.r[i].y; y < set.r[i].y + set.r[i].h; y++) {
            memcpy(dst + y * SIDE + set.r[i].x, src + y * SIDE + set.r[i].x,
                   set.r[i].w * sizeof(*dst));
        }
    }
}

/* The guest draws some rectangles; now and then a frame never reaches us. */
static void draw(struct sim *s)
{
    struct orl_frame_desc f = {.serial = s->last.serial + 1,
                               .fmt = ORL_PIX_BGRA8,
                               .w = SIDE,
                               .h = SIDE,
                               .rows = SIDE,
                               .pitch = SIDE * 4};
    if (random_below(&s->rng, 50) == 0) {
        f.serial++;
    }
    uint32_t n = random_below(&s->rng, random_below(&s->rng, 20) == 0 ? 70 : 4);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t x = random_below(&s->rng, SIDE), y = random_below(&s->rng, SIDE);
        struct orl_rect r = {x, y, 1 + random_below(&s->rng, SIDE - x),
                             1 + random_below(&s->rng, SIDE - y)};
        orl_rects_add_one(&f.damage, r);
        for (uint32_t k = r.y; k < r.y + r.h; k++) {
            for (uint32_t c = r.x; c < r.x + r.w; c++) {
                s->guest[k * SIDE + c] = (uint32_t)random_next(&s->rng);
            }
        }
    }
    if (f.serial != s->last.serial + 1) { /* what the lost one drew is not in the list */
        s->guest[random_below(&s->rng, CELLS)] = f.serial;
    }
    orl_damage_add(&s->damage, &f, orl_damage_follows(&s->last, &f, false));
    s->last = f;
}

static void publish(struct sim *s, bool held)
{
    const struct orl_rects *unread = s->state == UNTAKEN ? &s->upload[s->mid] : NULL;
    struct orl_rects *upload = &s->upload[s->back];
    s->replaced += unread != NULL;
    if (held) {
        orl_damage_held(&s->damage, unread, upload);
    } else {
        orl_damage_staged(&s->damage, s->back, unread, upload);
    }
    uint32_t was = s->mid;
    s->mid = s->back;
    s->back = was;
    s->held = held;
    s->state = UNTAKEN;
    memcpy(s->announced, s->guest, sizeof(s->announced));
}

static void stage(struct sim *s)
{
    struct orl_rects todo;
    orl_damage_todo(&s->damage, s->back, &todo);
    if (random_below(&s->rng, 40) == 0) { /* the copy fails half way */
        memset(s->buffer[s->back], 0xEE, sizeof(s->buffer[0]));
        orl_damage_failed(&s->damage, s->back);
        return;
    }
    apply(s->buffer[s->back], s->guest, &todo);
    assert_memory_equal(s->buffer[s->back], s->guest, sizeof(s->guest));
    publish(s, false);
}

/* The viewer takes it; a held one stays what it is while it is out, because nothing draws then. */
static void take(struct sim *s)
{
    uint32_t was = s->front;
    s->front = s->mid;
    s->mid = was;
    s->state = s->held ? TAKEN : EMPTY;
    if (s->held && random_below(&s->rng, 10) == 0) {
        orl_rects_set_full(&s->damage.fresh); /* refused: shown again in another way */
        s->state = EMPTY;
        s->refused++;
        stage(s);
        return;
    }
    apply(s->texture, s->held ? s->guest : s->buffer[s->front], &s->upload[s->front]);
    assert_memory_equal(s->texture, s->announced, sizeof(s->texture));
    s->takes++;
    s->held_takes += s->held;
}

static void give_back(struct sim *s)
{
    if (s->state == UNTAKEN) {
        orl_damage_returned(&s->damage, &s->upload[s->mid]);
        s->withdrawn++;
        s->state = EMPTY;
        if (random_below(&s->rng, 3) == 0) {
            stage(s); /* nobody looks */
        }
    } else if (s->state == TAKEN) {
        s->state = EMPTY;
    }
}

static void step(struct sim *s)
{
    bool out = s->held && s->state != EMPTY;
    if (!out) {
        draw(s);
        uint32_t lot = random_below(&s->rng, 8);
        if (lot < 3) {
            stage(s);
        } else if (lot < 7) {
            publish(s, true);
        } /* else: it was too late, the next one is seen */
    }
    if (s->state == UNTAKEN && random_below(&s->rng, 2)) {
        take(s);
    }
    if (s->held && s->state != EMPTY && random_below(&s->rng, 2)) {
        give_back(s);
    }
}

static void the_texture_is_the_announced_picture_whatever_is_lost(void **state)
{
    (void)state;
    struct sim *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->rng = 77;
    s->back = 0;
    s->mid = 1;
    s->front = 2;
    orl_damage_reset(&s->damage);
    for (int i = 0; i < FRAMES; i++) {
        step(s);
        if (random_below(&s->rng, 5000) == 0) { /* new buffers, or a new session */
            if (!(s->held && s->state != EMPTY)) {
                orl_damage_reset(&s->damage);
            }
        }
    }
    print_message("%lu taken, %lu of them in place, %lu withdrawn, %lu refused, %lu replaced\n",
                  (unsigned long)s->takes, (unsigned long)s->held_takes,
                  (unsigned long)s->withdrawn, (unsigned long)s->refused,
                  (unsigned long)s->replaced);
    assert_true(s->held_takes > 1000 && s->takes - s->held_takes > 1000);
    assert_true(s->withdrawn > 1000 && s->refused > 100 && s->replaced > 1000);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_texture_is_the_announced_picture_whatever_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
