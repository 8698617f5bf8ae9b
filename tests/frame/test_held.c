/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames handed over in the guest's memory, against a real producer, one step at a time with a clock
 * that is a number.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame/way.h"
#include "ring/mem.h"
#include "support/check.h"
#include "world.h"

#define ALL_WAYS (ORL_WAY_HELD | ORL_WAY_DMABUF | ORL_WAY_MEMORY)

static uint32_t used_slots(const struct world *w)
{
    return orl_producer_used(&w->guest.producer, w->guest.frame_queue);
}

static const struct orl_slot *between(const struct world *w)
{
    return &w->link->frame[w->link->frame_mb.mid & 3];
}

/* A viewer that takes frames by `ways`, and the first picture in the mailbox. */
static struct world *first_out(struct world *w, uint32_t ways)
{
    viewer_set_ways(&w->viewer, ways);
    guest_start(&w->guest, w->now / MS);
    attach(w);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(w->pump->hold.out);
    assert_int_equal(used_slots(w), 1);
    return w;
}

/* The same, shown and given back. */
static struct world *streaming(struct world *w, uint32_t ways)
{
    first_out(w, ways);
    assert_true(viewer_take(&w->viewer));
    viewer_release(&w->viewer, true);
    assert_int_equal(tick(w, 1), ORL_EAGAIN);
    assert_false(w->pump->hold.out);
    assert_int_equal(used_slots(w), 0);
    return w;
}

static void post(struct world *w)
{
    assert_true(guest_post_frame(&w->guest, w->now / MS));
}

/* ---- The good case ------------------------------------------------------------------------- */

static void in_place(enum orl_release release)
{
    struct world *w = streaming(create(release, 1 << 20), ALL_WAYS);
    for (int i = 0; i < 100; i++) {
        post(w);
        assert_int_equal(tick(w, 1), ORL_OK);
        assert_int_equal(between(w)->kind, ORL_SLOT_HELD); /* a plain file is not exported */
        assert_true(i == 0 || !between(w)->upload.full);
        assert_true(viewer_take(&w->viewer));
        assert_int_equal(tick(w, 1), ORL_EAGAIN);
        assert_int_equal(used_slots(w), 1); /* ours until the release */
        viewer_release(&w->viewer, true);
        assert_int_equal(tick(w, 1), ORL_EAGAIN);
        assert_int_equal(used_slots(w), 0);
    }
    assert_int_equal(w->viewer.in_place, 101);
    assert_int_equal(orl_counter_get(&w->link->frames_held), 101);
    assert_true(orl_histogram_percentile(&w->link->held_ns, 50) > MS); /* two steps each */
    assert_false(orl_mailbox_take(&w->link->want_mb)); /* no buffers were asked for */
    assert_int_equal(orl_counter_get(&w->link->frames_dropped), 0);
    destroy(w);
}

static void a_held_frame_keeps_its_message_until_it_is_released(void **state)
{
    (void)state;
    each_release(in_place);
}

static void exported(enum orl_release release)
{
    struct world *w = streaming(create_sealed(release, 1 << 20), ALL_WAYS);
    for (int i = 0; i < 100; i++) {
        post(w);
        assert_int_equal(tick(w, 1), ORL_OK);
        assert_int_equal(between(w)->kind, ORL_SLOT_DMABUF);
        assert_true(viewer_take(&w->viewer));
        viewer_release(&w->viewer, true);
        assert_int_equal(tick(w, 1), ORL_EAGAIN);
    }
    assert_int_equal(w->viewer.imported, 101);
    assert_true(w->pump->exports.last_id <= 2); /* two places, made once */
    assert_false(orl_mailbox_take(&w->link->want_mb));
    char text[ORL_WAY_LINE];
    orl_way_text(text, orl_counter_get(&w->link->way));
    assert_true(strcmp(text, "shared memory, imported") == 0 ||
                strcmp(text, "DMA-BUF (udmabuf)") == 0);
    destroy(w);
}

static void memory_that_cannot_shrink_goes_as_a_descriptor(void **state)
{
    (void)state;
    each_release(exported);
}

static void without_permission_nothing_is_exported(void **state)
{
    (void)state;
    struct world *w = create_sealed(ORL_B7, 1 << 20);
    char text[ORL_WAY_LINE];
    w->pump->allow_dma = false;
    streaming(w, ALL_WAYS);
    assert_int_equal(w->viewer.in_place, 1);
    assert_int_equal(w->pump->exports.last_id, 0);
    orl_way_text(text, orl_counter_get(&w->link->way));
    assert_string_equal(text, "read in place (app:allowDMA=no)");
    destroy(w);
}

static void pixels_are_awaited_before_the_hand_over(void **state)
{
    (void)state;
    struct world *w = streaming(create(ORL_B7, 1 << 20), ALL_WAYS);
    w->guest.hold_written = true;
    post(w);
    guest_write(&w->guest, w->guest.last.rows - 1);
    assert_int_equal(tick(w, 1), ORL_EAGAIN);
    assert_false(w->pump->hold.out);
    assert_int_equal(orl_counter_get(&w->link->frames_dropped), 1);
    assert_int_equal(used_slots(w), 0);
    w->guest.hold_written = false;
    post(w);
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(between(w)->upload.full);
    assert_true(viewer_take(&w->viewer));
    viewer_release(&w->viewer, true);
    destroy(w);
}

static void a_row_that_may_be_missing_counts_when_it_is_there(void **state)
{
    (void)state;
    struct world *w = create(ORL_B7, 1 << 20);
    viewer_set_ways(&w->viewer, ALL_WAYS);
    guest_start(&w->guest, w->now / MS);
    attach(w);
    for (uint32_t i = 0; i < 4; i++) {
        struct orl_frame_desc d = guest_desc(&w->guest, i % 2, 7, 4);
        d.fmt = ORL_PIX_BGR24_IN_32;
        d.pitch = 256;
        d.row_bytes = 21;
        d.rows = 3;
        d.serial = i;
        orl_rects_add_one(&d.damage, (struct orl_rect){0, 0, 1, 1});
        assert_true(guest_post_desc(&w->guest, i % 2, &d, w->now / MS));
        bool there = i % 2 == 0;
        orl_w32_store(w->guest.shm.base + d.wp_off, there ? 4 * 256 : 3 * 256);
        assert_int_equal(tick(w, 1), ORL_OK);
        assert_true(orl_mailbox_take(&w->link->frame_mb));
        const struct orl_slot *slot = &w->link->frame[w->link->frame_mb.front];
        assert_int_equal(slot->kind, ORL_SLOT_HELD);
        assert_int_equal(slot->desc.rows, there ? 4 : 3);
        if (i > 0) {
            struct orl_rect all = orl_rects_bounds(&slot->upload, 7, 4);
            assert_int_equal(all.y + all.h, 4);
        }
        orl_frame_link_release(w->link, slot->hold, true);
    }
    destroy(w);
}

/* ---- What becomes of it -------------------------------------------------------------------- */

static void newer(enum orl_release release)
{
    struct world *w = streaming(create(release, 1 << 20), ALL_WAYS);
    for (int i = 0; i < 20; i++) {
        post(w);
        assert_int_equal(tick(w, 1), ORL_OK);
        post(w);
        assert_int_equal(tick(w, 1), ORL_OK); /* the newer one goes in its place */
        assert_int_equal(used_slots(w), 1);
        assert_true(viewer_take(&w->viewer));
        assert_int_equal(w->viewer.expected.serial, w->guest.picture.serial);
        viewer_release(&w->viewer, true);
        tick(w, 1);
    }
    assert_int_equal(orl_counter_get(&w->link->frames_skipped), 0);
    assert_int_equal(orl_counter_get(&w->link->frames_dropped), 0);
    destroy(w);
}

static void an_untaken_frame_gives_way_to_a_newer_one_and_its_damage_is_kept(void **state)
{
    (void)state;
    each_release(newer);
}

static void a_taken_frame_is_waited_for_though_a_newer_one_is_there(void **state)
{
    (void)state;
    struct world *w = first_out(create(ORL_B7, 1 << 20), ALL_WAYS);
    assert_true(viewer_take(&w->viewer));
    post(w);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
        assert_int_equal(used_slots(w), 2);
    }
    viewer_release(&w->viewer, true);
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_int_equal(used_slots(w), 1);
    assert_true(viewer_take(&w->viewer));
    viewer_release(&w->viewer, true);
    destroy(w);
}

static void nobody_looks(enum orl_release release)
{
    struct world *w = streaming(create(release, 1 << 20), ALL_WAYS);
    post(w);
    assert_int_equal(tick(w, 1), ORL_OK);
    for (int i = 0; i < 9; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
    }
    assert_true(w->pump->hold.out);
    assert_int_equal(tick(w, 15), ORL_EAGAIN); /* withdrawn; buffers are needed for the copy */
    assert_false(w->pump->hold.out);
    assert_false(viewer_take(&w->viewer));
    assert_true(viewer_serve_pool(&w->viewer));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_int_equal(used_slots(w), 0);
    assert_true(viewer_take(&w->viewer)); /* the window is back */
    assert_int_equal(w->viewer.in_place, 1);
    post(w);
    assert_int_equal(tick(w, 1), ORL_OK); /* and frames come in place again */
    assert_int_equal(between(w)->kind, ORL_SLOT_HELD);
    assert_true(viewer_take(&w->viewer));
    viewer_release(&w->viewer, true);
    destroy(w);
}

static void a_frame_that_nobody_takes_is_copied_for_when_the_window_comes_back(void **state)
{
    (void)state;
    each_release(nobody_looks);
}

static void refusal(enum orl_release release)
{
    struct world *w = first_out(create_sealed(release, 1 << 20), ALL_WAYS);
    viewer_set_ways(&w->viewer, ORL_WAY_HELD);
    assert_true(viewer_refuse(&w->viewer));
    assert_int_equal(tick(w, 1), ORL_OK); /* the same picture, in place */
    assert_int_equal(between(w)->kind, ORL_SLOT_HELD);
    assert_true(between(w)->upload.full);
    viewer_set_ways(&w->viewer, 0);
    assert_true(viewer_refuse(&w->viewer));
    assert_int_equal(tick(w, 1), ORL_EAGAIN); /* no buffers yet */
    assert_true(viewer_serve_pool(&w->viewer));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    assert_int_equal(w->viewer.held, 0);
    assert_int_equal(used_slots(w), 0);
    assert_int_equal(orl_counter_get(&w->link->frames_found), 1);
    post(w);
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_int_equal(between(w)->kind, ORL_SLOT_STAGED);
    assert_true(viewer_take(&w->viewer));
    destroy(w);
}

static void a_refused_frame_comes_again_in_the_next_way(void **state)
{
    (void)state;
    each_release(refusal);
}

static void a_way_that_was_refused_is_not_tried_again_in_this_session(void **state)
{
    (void)state;
    struct world *w = first_out(create_sealed(ORL_B7, 1 << 20), ALL_WAYS);
    assert_true(viewer_refuse(&w->viewer)); /* without taking it from the ways */
    for (int i = 0; i < 20; i++) {
        assert_int_equal(tick(w, 1), ORL_OK);
        assert_int_equal(between(w)->kind, ORL_SLOT_HELD);
        assert_true(viewer_take(&w->viewer));
        viewer_release(&w->viewer, true);
        post(w);
    }
    destroy(w);
}

static void hanging(enum orl_release release)
{
    struct world *w = first_out(create(release, 1 << 20), ALL_WAYS);
    assert_true(viewer_take(&w->viewer));
    for (int i = 0; i < 30; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
    }
    assert_int_equal(orl_counter_get(&w->link->frames_late), 1);
    assert_int_equal(used_slots(w), 0); /* the guest is not kept waiting */
    assert_true(w->pump->hold.out);
    for (int i = 0; i < 300; i++) {
        if (guest_can_post(&w->guest) && i < 2) {
            guest_post_frame(&w->guest, w->now / MS);
        }
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
        assert_true(w->pump->source.mapped);
    }
    viewer_release(&w->viewer, true);
    /* Thrown out meanwhile, because messages stood in the ring; subscribed anew. */
    for (int i = 0; i < 50 && !(w->pump->ring.session && !w->pump->hold.out); i++) {
        tick(w, 10);
    }
    attach(w);
    post(w);
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(between(w)->upload.full);
    assert_true(viewer_take(&w->viewer));
    viewer_release(&w->viewer, true);
    assert_int_equal(status(w)->session, 1);
    destroy(w);
}

static void a_viewer_that_hangs_does_not_hold_the_guest(void **state)
{
    (void)state;
    each_release(hanging);
}

static void a_late_refusal_asks_for_the_picture_again(void **state)
{
    (void)state;
    struct world *w = first_out(create(ORL_MASTER, 1 << 20), ALL_WAYS);
    assert_true(orl_mailbox_take(&w->link->frame_mb));
    uint64_t hold = w->link->frame[w->link->frame_mb.front].hold;
    for (int i = 0; i < 30; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
    }
    assert_int_equal(used_slots(w), 0);
    (void)orl_producer_new_subscribers(&w->guest.producer, w->guest.frame_queue);
    viewer_new_pool(&w->viewer, 1 << 16);
    orl_frame_link_release(w->link, hold, false);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
    }
    assert_int_equal(orl_producer_new_subscribers(&w->guest.producer, w->guest.frame_queue), 1);
    assert_true(guest_repost(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    destroy(w);
}

/* ---- Sessions ------------------------------------------------------------------------------ */

static void restarted(enum orl_release release)
{
    struct world *w = first_out(create(release, 1 << 20), ALL_WAYS);
    assert_true(viewer_take(&w->viewer));
    guest_start(&w->guest, w->now / MS);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
        assert_true(w->pump->source.open); /* not looked at */
    }
    viewer_release(&w->viewer, true);
    tick(w, 10);
    assert_int_equal(status(w)->state, ORL_GUEST_LOST);
    assert_true(viewer_take(&w->viewer));
    assert_int_equal(w->viewer.nones, 1);
    attach(w);
    post(w);
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    viewer_release(&w->viewer, true);
    destroy(w);
}

static void a_session_that_ends_while_a_frame_is_out_is_left_after_the_release(void **state)
{
    (void)state;
    each_release(restarted);
}

static void memory_that_goes_away_stays_mapped_until_the_release(void **state)
{
    (void)state;
    struct world *w = first_out(create(ORL_B7, 1 << 20), ALL_WAYS);
    assert_true(orl_mailbox_take(&w->link->frame_mb));
    const struct orl_slot *slot = &w->link->frame[w->link->frame_mb.front];
    assert_int_equal(ftruncate(w->guest.fd, 16384), 0);
    uint64_t sum = 0;
    for (int i = 0; i < 400; i++) {
        w->now += 10 * MS;
        assert_int_equal(orl_pump_step(w->pump, w->now), ORL_EAGAIN);
        assert_true(w->pump->source.mapped);
        for (size_t k = 0; k < (size_t)slot->desc.rows * slot->desc.pitch; k += 64) {
            sum += slot->map[k]; /* zero pages, and no signal that ends the program */
        }
    }
    assert_int_equal(sum, 0);
    orl_frame_link_release(w->link, slot->hold, true);
    for (int i = 0; i < 10; i++) {
        w->now += 10 * MS;
        assert_int_equal(orl_pump_step(w->pump, w->now), ORL_EAGAIN);
    }
    assert_false(w->pump->source.open);
    destroy(w);
}

/* Another memory at the same path: the machine was started anew. */
static void replace_memory(struct world *w)
{
    struct guest next;
    guest_create_sealed(&next, w->guest.lay->release, 2 << 20);
    assert_int_equal(dup2(next.fd, w->guest.fd), w->guest.fd);
    close(next.fd);
    next.fd = w->guest.fd;
    memcpy(next.path, w->guest.path, sizeof(next.path));
    orl_shm_close(&w->guest.shm);
    w->guest = next;
    guest_start(&w->guest, w->now / MS);
}

static void descriptors_go_with_the_memory(void **state)
{
    (void)state;
    struct world *w = streaming(create_sealed(ORL_B7, 1 << 20), ALL_WAYS);
    uint64_t id = w->pump->exports.last_id;
    assert_true(id > 0);
    replace_memory(w);
    tick(w, 1000);
    assert_false(w->pump->source.open);
    for (int i = 0; i < ORL_EXPORTS_MAX; i++) {
        assert_int_equal(w->pump->exports.entry[i].shared.id, 0);
    }
    viewer_take(&w->viewer);
    attach(w);
    post(w);
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_int_equal(between(w)->kind, ORL_SLOT_DMABUF);
    assert_true(between(w)->shared.id > id);
    assert_true(viewer_take(&w->viewer));
    viewer_release(&w->viewer, true);
    destroy(w);
}

static void an_export_that_fails_costs_one_try_a_session(void **state)
{
    (void)state;
    struct world *w = create_sealed(ORL_B7, 1 << 20);
    viewer_set_ways(&w->viewer, ALL_WAYS);
    guest_start(&w->guest, w->now / MS);
    attach(w);
    w->pump->source.shm.writable = false; /* orl_shm_export() says no */
    for (int i = 0; i < 10; i++) {
        post(w);
        assert_int_equal(tick(w, 1), ORL_OK);
        assert_int_equal(between(w)->kind, ORL_SLOT_HELD);
        assert_true(viewer_take(&w->viewer));
        viewer_release(&w->viewer, true);
        tick(w, 1);
    }
    char text[ORL_WAY_LINE];
    orl_way_text(text, orl_counter_get(&w->link->way));
    assert_string_equal(text, "read in place (the memory could not be exported)");
    w->pump->source.shm.writable = true;
    guest_start(&w->guest, w->now / MS);
    tick(w, 60);
    viewer_take(&w->viewer);
    attach(w);
    post(w);
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_int_equal(between(w)->kind, ORL_SLOT_DMABUF); /* a new session, a new try */
    assert_true(viewer_take(&w->viewer));
    viewer_release(&w->viewer, true);
    destroy(w);
}

static void stopping_takes_an_untaken_frame_back(void **state)
{
    (void)state;
    struct world *w = first_out(create(ORL_B7, 1 << 20), ALL_WAYS);
    orl_pump_finish(w->pump);
    assert_false(viewer_take(&w->viewer));
    assert_null(w->pump->source.shm.base);
    assert_int_equal(orl_producer_subscribers(&w->guest.producer, w->guest.frame_queue), 0);
    free(w->pump);
    pump_start(w); /* a second pump on the same link counts on */
    attach(w);
    post(w);
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    viewer_release(&w->viewer, true);
    destroy(w);
}

static void stopping_leaves_memory_mapped_that_is_never_released(void **state)
{
    (void)state;
    struct world *w = first_out(create(ORL_B7, 1 << 20), ALL_WAYS);
    assert_true(viewer_take(&w->viewer));
    orl_pump_finish(w->pump);
    assert_true(w->pump->source.mapped);
    assert_non_null(w->pump->source.shm.base);
    assert_int_equal(w->pump->source.shm.base[0], w->guest.shm.base[0]);
    viewer_release(&w->viewer, true);
    destroy(w); /* finishes it for good */
}

/* ---- Start --------------------------------------------------------------------------------- */

static void before_the_viewer_is_up(uint32_t ways, int wait_steps)
{
    struct world *w = create(ORL_B7, 1 << 20);
    orl_counter_init(&w->link->ways); /* not known */
    guest_start(&w->guest, w->now / MS);
    attach(w);
    post(w);
    for (int i = 0; i < wait_steps; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
        assert_false(orl_mailbox_take(&w->link->want_mb)); /* it may need no buffers */
    }
    (void)orl_producer_new_subscribers(&w->guest.producer, w->guest.frame_queue);
    viewer_set_ways(&w->viewer, ways);
    int err = ORL_EAGAIN;
    for (int i = 0; i < 30 && err != ORL_OK; i++) {
        err = tick(w, 10);
        viewer_serve_pool(&w->viewer);
        if (orl_producer_new_subscribers(&w->guest.producer, w->guest.frame_queue)) {
            assert_true(guest_repost(&w->guest, w->now / MS));
        }
    }
    assert_int_equal(err, ORL_OK);
    assert_true(viewer_take(&w->viewer));
    assert_int_equal(w->viewer.held != 0, ways != 0);
    if (w->viewer.held) {
        assert_null(w->viewer.pool.map[0]);
        viewer_release(&w->viewer, true);
    }
    destroy(w);
}

static void
a_picture_from_before_the_viewer_was_up_is_shown_without_needless_buffers(void **state)
{
    (void)state;
    before_the_viewer_is_up(ORL_WAY_HELD, 10);
    before_the_viewer_is_up(ORL_WAY_HELD, 60); /* given up meanwhile, and asked for again */
    before_the_viewer_is_up(0, 10);
    before_the_viewer_is_up(0, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_held_frame_keeps_its_message_until_it_is_released),
        cmocka_unit_test(memory_that_cannot_shrink_goes_as_a_descriptor),
        cmocka_unit_test(without_permission_nothing_is_exported),
        cmocka_unit_test(pixels_are_awaited_before_the_hand_over),
        cmocka_unit_test(a_row_that_may_be_missing_counts_when_it_is_there),
        cmocka_unit_test(an_untaken_frame_gives_way_to_a_newer_one_and_its_damage_is_kept),
        cmocka_unit_test(a_taken_frame_is_waited_for_though_a_newer_one_is_there),
        cmocka_unit_test(a_frame_that_nobody_takes_is_copied_for_when_the_window_comes_back),
        cmocka_unit_test(a_refused_frame_comes_again_in_the_next_way),
        cmocka_unit_test(a_way_that_was_refused_is_not_tried_again_in_this_session),
        cmocka_unit_test(a_viewer_that_hangs_does_not_hold_the_guest),
        cmocka_unit_test(a_late_refusal_asks_for_the_picture_again),
        cmocka_unit_test(a_session_that_ends_while_a_frame_is_out_is_left_after_the_release),
        cmocka_unit_test(memory_that_goes_away_stays_mapped_until_the_release),
        cmocka_unit_test(descriptors_go_with_the_memory),
        cmocka_unit_test(an_export_that_fails_costs_one_try_a_session),
        cmocka_unit_test(stopping_takes_an_untaken_frame_back),
        cmocka_unit_test(stopping_leaves_memory_mapped_that_is_never_released),
        cmocka_unit_test(
            a_picture_from_before_the_viewer_was_up_is_shown_without_needless_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
