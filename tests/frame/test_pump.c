/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame pump against a real producer, one step at a time with a clock that is a number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring/mem.h"
#include "support/check.h"
#include "support/random.h"
#include "world.h"

static struct world *streaming(enum orl_release release)
{
    struct world *w = create(release, 1 << 20);
    guest_start(&w->guest, w->now / MS);
    attach(w);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_EAGAIN); /* there are no buffers yet */
    assert_true(viewer_serve_pool(&w->viewer));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    assert_int_equal(status(w)->state, ORL_GUEST_STREAMING);
    return w;
}

/* ---- Pictures ------------------------------------------------------------------------------ */

struct odds {
    uint32_t post, skip, take, step, pool, restart, late;
};

static void random_run(enum orl_release release, uint64_t rng, const struct odds *o)
{
    struct world *w = streaming(release);
    for (int i = 0; i < 6000; i++) {
        if (random_below(&rng, 100) < o->post && guest_can_post(&w->guest)) {
            guest_post_frame(&w->guest, w->now / MS);
        }
        if (random_below(&rng, 100) < o->skip) {
            guest_skip_frame(&w->guest);
        }
        if (random_below(&rng, 100) < o->step) {
            int err = tick(w, 1 + random_below(&rng, 10));
            assert_true(err == ORL_OK || err == ORL_EAGAIN);
        }
        if (random_below(&rng, 100) < o->take) {
            viewer_take(&w->viewer);
            viewer_serve_pool(&w->viewer);
        }
        if (random_below(&rng, 1000) < o->pool && !w->viewer.old.map[0]) {
            viewer_new_pool(&w->viewer, 20000 + random_below(&rng, 40000));
        }
        if (random_below(&rng, 1000) < o->restart) {
            guest_start(&w->guest, w->now / MS);
        }
        if (random_below(&rng, 1000) < o->late) {
            for (int k = 0; k < 3; k++) { /* we sleep, the guest marks us bad and frees us */
                w->now += 1100 * MS;
                guest_pass(&w->guest, w->now / MS);
            }
        }
    }
    assert_true(w->viewer.frames > 50);
    destroy(w);
}

static void random_runs(enum orl_release release)
{
    const struct odds quick = {80, 5, 80, 100, 0, 0, 0};
    const struct odds slow_viewer = {80, 10, 10, 100, 0, 0, 0};
    const struct odds fast_guest = {100, 30, 50, 40, 0, 0, 0};
    const struct odds all = {70, 10, 40, 80, 10, 4, 4};
    random_run(release, 1, &quick);
    random_run(release, 2, &slow_viewer);
    random_run(release, 3, &fast_guest);
    random_run(release, 4, &all);
    random_run(release, 5, &all);
}

static void every_taken_frame_is_the_picture_the_guest_announced(void **state)
{
    (void)state;
    each_release(random_runs);
}

static void damage_of_skipped_messages(enum orl_release release)
{
    struct world *w = streaming(release);
    for (int i = 0; i < 100; i++) { /* all three buffers get a whole picture first */
        assert_true(guest_post_frame(&w->guest, w->now / MS));
        assert_int_equal(tick(w, 1), ORL_OK);
        viewer_take(&w->viewer);
    }
    uint64_t before = orl_counter_get(&w->link->frames_found);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_int_equal(orl_counter_get(&w->link->frames_found), before + 2);
    const struct orl_slot *slot = &w->link->frame[w->link->frame_mb.mid & 3];
    assert_false(slot->upload.full);
    assert_true(viewer_take(&w->viewer));
    assert_int_equal(orl_counter_get(&w->link->frames_skipped), 0);
    assert_int_equal(orl_producer_used(&w->guest.producer, w->guest.frame_queue), 0);
    destroy(w);
}

static void two_pending_messages_cost_one_copy_and_keep_their_damage(void **state)
{
    (void)state;
    each_release(damage_of_skipped_messages);
}

static void repeated_serial(enum orl_release release)
{
    struct world *w = streaming(release);
    assert_true(guest_repost(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_EAGAIN);
    assert_false(viewer_take(&w->viewer));
    assert_int_equal(orl_producer_used(&w->guest.producer, w->guest.frame_queue), 0);
    assert_int_equal(orl_counter_get(&w->link->frames_found), 1);
    destroy(w);
}

static void a_repeated_serial_is_finished_and_not_shown_again(void **state)
{
    (void)state;
    each_release(repeated_serial);
}

static void a_gap_in_the_serials_is_counted_and_uploads_everything(void **state)
{
    (void)state;
    struct world *w = streaming(ORL_B7);
    guest_skip_frame(&w->guest);
    guest_skip_frame(&w->guest);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(w->link->frame[w->link->frame_mb.mid & 3].upload.full);
    assert_int_equal(orl_counter_get(&w->link->frames_skipped), 2);
    assert_true(viewer_take(&w->viewer));
    destroy(w);
}

/* ---- Buffers ------------------------------------------------------------------------------- */

static void a_still_desktop_is_shown_although_buffers_come_late(void **state)
{
    (void)state;
    struct world *w = create(ORL_B7, 1 << 20);
    guest_start(&w->guest, w->now / MS);
    attach(w);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    for (int i = 0; i < 20; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN); /* the message is kept */
    }
    assert_int_equal(orl_producer_used(&w->guest.producer, w->guest.frame_queue), 1);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
    }
    /* Given up before the guest gives us up; asked for again when the buffers are there. */
    assert_int_equal(orl_producer_used(&w->guest.producer, w->guest.frame_queue), 0);
    (void)orl_producer_new_subscribers(&w->guest.producer, w->guest.frame_queue);
    assert_true(viewer_serve_pool(&w->viewer));
    for (int i = 0; i < 20; i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
    }
    assert_int_equal(orl_producer_new_subscribers(&w->guest.producer, w->guest.frame_queue), 1);
    assert_true(guest_repost(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    destroy(w);
}

static void buffers_are_asked_for_once_a_second_until_they_come(void **state)
{
    (void)state;
    struct world *w = create(ORL_MASTER, 1 << 20);
    guest_start(&w->guest, w->now / MS);
    attach(w);
    unsigned asked = 0;
    for (int i = 0; i < 300; i++) {
        if (guest_can_post(&w->guest)) {
            guest_post_frame(&w->guest, w->now / MS);
        }
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
        asked += orl_mailbox_take(&w->link->want_mb);
    }
    assert_in_range(asked, 3, 5); /* a change of the guest's mode asks at once */
    destroy(w);
}

/* ---- Pixels that do not come --------------------------------------------------------------- */

static void unwritten(enum orl_release release)
{
    struct world *w = streaming(release);
    w->guest.hold_written = true;
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_EAGAIN);
    assert_int_equal(orl_counter_get(&w->link->frames_dropped), 1);
    assert_int_equal(orl_producer_used(&w->guest.producer, w->guest.frame_queue), 0);
    assert_false(viewer_take(&w->viewer)); /* the old picture stays */
    w->guest.hold_written = false;
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(w->link->frame[w->link->frame_mb.mid & 3].upload.full);
    assert_true(viewer_take(&w->viewer));
    destroy(w);
}

static void a_frame_that_is_never_written_is_given_up_and_the_next_one_is_whole(void **state)
{
    (void)state;
    each_release(unwritten);
}

static void a_frame_that_failed_may_be_posted_again(void **state)
{
    (void)state;
    struct world *w = streaming(ORL_B7);
    w->guest.hold_written = true;
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_EAGAIN);
    guest_write(&w->guest, w->guest.last.rows);
    assert_true(guest_repost(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    destroy(w);
}

static void a_broken_header_is_dropped_and_the_next_frame_is_whole(void **state)
{
    (void)state;
    struct world *w = streaming(ORL_B7);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    orl_w32_store(
        w->guest.shm.base + w->guest.slot[w->guest.last_slot] + w->guest.lay->frame_pitch, 3);
    assert_int_equal(tick(w, 1), ORL_EAGAIN);
    assert_int_equal(orl_counter_get(&w->link->frames_dropped), 1);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(w->link->frame[w->link->frame_mb.mid & 3].upload.full);
    assert_true(viewer_take(&w->viewer));
    destroy(w);
}

static void a_row_that_may_be_missing_is_taken_when_it_is_there(void **state)
{
    (void)state;
    struct world *w = create(ORL_B7, 1 << 20);
    guest_start(&w->guest, w->now / MS);
    attach(w);
    viewer_new_pool(&w->viewer, 4096);
    for (uint32_t i = 0; i < 3; i++) {
        struct orl_frame_desc d = guest_desc(&w->guest, i % 2, 7, 4);
        d.fmt = ORL_PIX_BGR24_IN_32;
        d.pitch = 256;
        d.row_bytes = 21;
        d.rows = 3; /* the guest's rounding error */
        d.serial = i;
        orl_rects_add_one(&d.damage, (struct orl_rect){0, 0, 1, 1});
        assert_true(guest_post_desc(&w->guest, i % 2, &d, w->now / MS));
        memset(w->guest.shm.base + d.pix_off, (int)(0x10 + i), 4 * 256);
        /* The second frame lacks the row: the one of the first stays. */
        orl_w32_store(w->guest.shm.base + d.wp_off, i == 1 ? 3 * 256 : 4 * 256);
        assert_int_equal(tick(w, 1), ORL_OK);
        assert_true(orl_mailbox_take(&w->link->frame_mb));
        const struct orl_slot *slot = &w->link->frame[w->link->frame_mb.front];
        assert_int_equal(slot->desc.rows, 4);
        assert_int_equal(slot->map[0], 0x10 + i);
        assert_int_equal(slot->map[3 * 256 + 20], i == 1 ? 0x10 : 0x10 + i);
        if (i > 0) {
            struct orl_rect all = orl_rects_bounds(&slot->upload, 7, 4);
            assert_int_equal(all.y + all.h, 4);
        }
    }
    destroy(w);
}

/* ---- Sessions ------------------------------------------------------------------------------ */

static void restarted(enum orl_release release)
{
    struct world *w = streaming(release);
    guest_start(&w->guest, w->now / MS);
    tick(w, 60);
    assert_int_equal(status(w)->state, ORL_GUEST_LOST);
    assert_true(viewer_take(&w->viewer));
    assert_int_equal(w->viewer.nones, 1);
    uint64_t from = w->now;
    attach(w);
    assert_true(w->now - from <= 1000 * MS);
    assert_int_equal(status(w)->session, 2);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    assert_int_equal(status(w)->state, ORL_GUEST_STREAMING);
    destroy(w);
}

static void a_restart_of_the_guest_software_is_followed_at_once(void **state)
{
    (void)state;
    each_release(restarted);
}

static void a_heartbeat_that_stops_loses_the_session_and_comes_back(void **state)
{
    (void)state;
    struct world *w = streaming(ORL_B6);
    for (int i = 0; i < 130; i++) { /* no pass: the guest hangs */
        w->now += 10 * MS;
        assert_int_equal(orl_pump_step(w->pump, w->now), ORL_EAGAIN);
    }
    assert_int_equal(status(w)->state, ORL_GUEST_LOST);
    assert_false(w->pump->source.open);
    attach(w);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    assert_true(viewer_take(&w->viewer) == false);
    destroy(w);
}

static void a_subscriber_that_was_late(enum orl_release release)
{
    struct world *w = streaming(release);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    for (int i = 0; i < 2; i++) {
        w->now += 1100 * MS;
        guest_pass(&w->guest, w->now / MS);
    }
    assert_int_equal(orl_producer_subscribers(&w->guest.producer, w->guest.frame_queue), 0);
    for (int i = 0;
         i < 30 && orl_producer_subscribers(&w->guest.producer, w->guest.frame_queue) == 0;
         i++) {
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
    }
    assert_int_equal(orl_producer_subscribers(&w->guest.producer, w->guest.frame_queue), 1);
    assert_int_equal(status(w)->session, 1);
    assert_true(guest_repost(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK); /* it was never shown */
    assert_true(viewer_take(&w->viewer));
    destroy(w);
}

static void being_marked_bad_ends_in_a_new_subscription(void **state)
{
    (void)state;
    each_release(a_subscriber_that_was_late);
}

static void corrupt_indices_are_reported_after_some_tries(void **state)
{
    (void)state;
    struct world *w = streaming(ORL_B7);
    size_t tail = w->guest.lay->hdr_queues + w->guest.frame_queue * w->guest.lay->queue_bytes +
                  w->guest.lay->queue_tail;
    unsigned opens = 0;
    for (int i = 0; i < 1000; i++) {
        bool open = w->pump->source.open;
        orl_w32_store(w->guest.shm.base + tail, 77);
        assert_int_equal(tick(w, 10), ORL_EAGAIN);
        opens += !open && w->pump->source.open;
    }
    assert_int_equal(status(w)->state, ORL_GUEST_INVALID);
    assert_true(opens <= 15); /* about once a second */
    orl_w32_store(w->guest.shm.base + tail, w->guest.producer.queues[0].tail);
    attach(w);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_int_equal(status(w)->state, ORL_GUEST_STREAMING);
    destroy(w);
}

static void a_file_that_shrinks_under_a_copy_is_a_lost_session(void **state)
{
    (void)state;
    struct world *w = streaming(ORL_B7);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    /* Only the header of the memory stays: frame slots lie behind the end of the file now. */
    assert_int_equal(ftruncate(w->guest.fd, 16384), 0);
    w->now += MS;
    assert_int_equal(orl_pump_step(w->pump, w->now), ORL_EAGAIN);
    w->now += 60 * MS;
    assert_int_equal(orl_pump_step(w->pump, w->now), ORL_EAGAIN);
    assert_false(w->pump->source.open);
    viewer_take(&w->viewer);
    assert_int_equal(w->viewer.nones, 1);
    destroy(w);
}

static void a_file_that_is_replaced_is_opened_again(void **state)
{
    (void)state;
    struct world *w = streaming(ORL_B7);
    struct guest next;
    guest_create(&next, ORL_MASTER, 2 << 20);
    assert_int_equal(rename(next.path, w->guest.path), 0); /* the machine was started anew */
    memcpy(next.path, w->guest.path, sizeof(next.path));
    orl_shm_close(&w->guest.shm);
    close(w->guest.fd);
    w->guest = next;
    w->viewer.master = true;
    guest_start(&w->guest, w->now / MS);
    tick(w, 1000);
    assert_false(w->pump->source.open);
    attach(w);
    assert_string_equal(status(w)->release, "master");
    assert_int_equal(status(w)->memory_bytes, 2 << 20);
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    destroy(w);
}

static void a_guest_that_changes_all_the_time_does_not_fill_the_log(void **state)
{
    (void)state;
    int pipes[2];
    static char text[65536];
    struct world *w = streaming(ORL_B7);
    assert_int_equal(pipe(pipes), 0);
    int real = dup(STDERR_FILENO);
    assert_int_equal(dup2(pipes[1], STDERR_FILENO), STDERR_FILENO);
    viewer_new_pool(&w->viewer, 1 << 16);
    for (uint32_t i = 0; i < 1000; i++) {
        struct orl_frame_desc d = guest_desc(&w->guest, i % 2, 16 + i % 16, 16);
        d.serial = i;
        d.flags = i % 3 ? ORL_FRAME_TRUNCATED : 0;
        assert_true(guest_post_desc(&w->guest, i % 2, &d, w->now / MS));
        orl_w32_store(w->guest.shm.base + d.wp_off, UINT32_MAX);
        int err = tick(w, 4);
        assert_true(err == ORL_OK || i == 0); /* the new buffers cost one subscription */
        while (err != ORL_OK && !w->pump->ring.session) {
            err = tick(w, 10);
        }
    }
    assert_int_equal(dup2(real, STDERR_FILENO), STDERR_FILENO);
    close(real);
    close(pipes[1]);
    ssize_t n = read(pipes[0], text, sizeof(text) - 1);
    close(pipes[0]);
    assert_true(n > 0);
    unsigned lines = 0;
    for (ssize_t i = 0; i < n; i++) {
        lines += text[i] == '\n';
    }
    assert_in_range(lines, 5, 60); /* 4 seconds, 1000 changes */
    destroy(w);
}

/* ---- What the user is told ------------------------------------------------------------------ */

static enum orl_guest_state state_after(struct world *w, int ms)
{
    for (int i = 0; i < ms / 10; i++) {
        int err = tick(w, 10);
        assert_true(err == ORL_OK || err == ORL_EAGAIN);
    }
    return status(w)->state;
}

static void each_state_of_the_memory_has_its_name(void **state)
{
    (void)state;
    struct world *w = create(ORL_B7, 1 << 20);
    char path[64];
    char away[72];
    memcpy(path, w->guest.path, sizeof(path));
    snprintf(away, sizeof(away), "%s.away", path);
    assert_int_equal(rename(path, away), 0);
    assert_int_equal(state_after(w, 100), ORL_GUEST_NO_MEMORY);
    assert_int_equal(status(w)->fault, ORL_SHM_MISSING);
    assert_int_equal(rename(away, path), 0);
    assert_int_equal(ftruncate(w->guest.fd, 0), 0);
    assert_int_equal(state_after(w, 1500), ORL_GUEST_NO_MEMORY);
    assert_int_equal(status(w)->fault, ORL_SHM_EMPTY);
    assert_int_equal(ftruncate(w->guest.fd, 1 << 20), 0);
    assert_int_equal(state_after(w, 2500), ORL_GUEST_NO_SESSION);
    assert_int_equal(status(w)->memory_bytes, 1 << 20);

    guest_start(&w->guest, w->now / MS);
    struct orl_producer alive = w->guest.producer;
    w->guest.producer.base = NULL; /* no heartbeat */
    assert_int_equal(state_after(w, 2500), ORL_GUEST_NOT_ALIVE);
    orl_w32_store(w->guest.shm.base + w->guest.lay->hdr_proto_version, 8);
    assert_int_equal(state_after(w, 2500), ORL_GUEST_VERSION);
    assert_int_equal(status(w)->lgmp, 8);
    orl_w32_store(w->guest.shm.base + w->guest.lay->hdr_proto_version, w->guest.lay->lgmp);
    orl_w32_store(w->guest.shm.base + w->guest.lay->hdr_queue_count, 9999);
    assert_int_equal(state_after(w, 2500), ORL_GUEST_INVALID);
    orl_w32_store(w->guest.shm.base + w->guest.lay->hdr_queue_count, 2);
    w->guest.producer = alive;
    assert_int_equal(state_after(w, 2500), ORL_GUEST_NO_FRAME);
    assert_string_equal(status(w)->release, "B7");
    assert_string_equal(status(w)->info.host_version, "test-guest");
    destroy(w);
}

static void both_status_mailboxes_carry_the_newest_value(void **state)
{
    (void)state;
    struct world *w = streaming(ORL_B7);
    assert_true(orl_mailbox_take(&w->link->status_mb));
    assert_true(orl_mailbox_take(&w->link->status_main_mb));
    const struct orl_guest_status *a = &w->link->status[w->link->status_mb.front];
    const struct orl_guest_status *b = &w->link->status_main[w->link->status_main_mb.front];
    assert_int_equal(a->state, ORL_GUEST_STREAMING);
    assert_int_equal(b->state, ORL_GUEST_STREAMING);
    assert_int_equal(a->w, 64);
    assert_int_equal(b->h, 48);

    /* Not published again while nothing changes, then once per change. */
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_false(orl_mailbox_take(&w->link->status_mb));
    w->guest.flags = ORL_FRAME_BLOCK_SCREENSAVER | ORL_FRAME_REQUEST_ACTIVATION;
    assert_true(guest_post_frame(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(orl_mailbox_take(&w->link->status_main_mb));
    b = &w->link->status_main[w->link->status_main_mb.front];
    assert_true(b->block_screensaver);
    assert_int_equal(b->activations, 1);
    assert_true(guest_repost(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 1), ORL_EAGAIN);
    assert_false(orl_mailbox_take(&w->link->status_main_mb)); /* the same frame asks once */
    destroy(w);
}

static void a_cut_picture_names_the_memory_it_needs(void **state)
{
    (void)state;
    struct world *w = create(ORL_B7, 1 << 20);
    guest_start(&w->guest, w->now / MS);
    attach(w);
    viewer_new_pool(&w->viewer, 1 << 20);
    struct orl_frame_desc d = guest_desc(&w->guest, 0, 1920, 1080);
    d.screen_w = 1920;
    d.pitch = 1920 * 4;
    d.row_bytes = d.pitch;
    d.rows = 40;
    d.flags = ORL_FRAME_TRUNCATED;
    assert_true(guest_post_desc(&w->guest, 0, &d, w->now / MS));
    orl_w32_store(w->guest.shm.base + d.wp_off, UINT32_MAX);
    assert_int_equal(tick(w, 1), ORL_OK);
    assert_true(status(w)->truncated);
    assert_int_equal(status(w)->needed_bytes, 32 << 20);
    destroy(w);
}

static void video_off_gives_the_subscription_back_and_on_shows_the_same_frame(void **state)
{
    (void)state;
    struct world *w = streaming(ORL_MASTER);
    orl_flag_raise(&w->pump->video_off);
    tick(w, 10);
    assert_int_equal(status(w)->state, ORL_GUEST_VIDEO_OFF);
    assert_int_equal(orl_producer_subscribers(&w->guest.producer, w->guest.frame_queue), 0);
    assert_true(viewer_take(&w->viewer));
    assert_int_equal(w->viewer.nones, 1);
    orl_flag_lower(&w->pump->video_off);
    tick(w, 10);
    assert_int_equal(orl_producer_subscribers(&w->guest.producer, w->guest.frame_queue), 1);
    assert_true(guest_repost(&w->guest, w->now / MS));
    assert_int_equal(tick(w, 10), ORL_OK);
    assert_true(viewer_take(&w->viewer));
    assert_int_equal(w->viewer.frames, 2);
    assert_int_equal(status(w)->state, ORL_GUEST_STREAMING);
    destroy(w);
}

static void needed_memory_follows_the_release(void **state)
{
    (void)state;
    assert_int_equal(orl_needed_memory(ORL_B7, 1920, 1080, 4), 32 << 20);
    assert_int_equal(orl_needed_memory(ORL_B6, 2560, 1440, 4), 64 << 20);
    assert_int_equal(orl_needed_memory(ORL_B7, 3840, 2160, 4), 128 << 20);
    assert_int_equal(orl_needed_memory(ORL_B7, 3840, 2160, 8), 256 << 20);
    assert_int_equal(orl_needed_memory(ORL_MASTER, 1920, 1080, 4), 32 << 20);
    assert_int_equal(orl_needed_memory(ORL_MASTER, 3840, 2160, 4), 128 << 20);
}

/* The linker sends the allocations of this program here (--wrap). */
static unsigned long allocations;
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}
void *__wrap_calloc(size_t n, size_t size)
{
    allocations++;
    return __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t size)
{
    allocations++;
    return __real_realloc(p, size);
}

static void a_frame_in_the_steady_state_allocates_nothing(void **state)
{
    (void)state;
    for (int release = 0; release < ORL_RELEASES; release++) {
        struct world *w = streaming((enum orl_release)release);
        unsigned long before = allocations;
        assert_true(before > 0); /* the count is wired */
        for (int i = 0; i < 1000; i++) {
            if (w->guest.serial == DRAWINGS_PER_MODE) {
                w->guest.serial = 1; /* a new mode would want new buffers */
            }
            assert_true(guest_post_frame(&w->guest, w->now / MS));
            assert_int_equal(tick(w, 1), ORL_OK);
        }
        assert_int_equal(allocations, before);
        destroy(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_taken_frame_is_the_picture_the_guest_announced),
        cmocka_unit_test(two_pending_messages_cost_one_copy_and_keep_their_damage),
        cmocka_unit_test(a_repeated_serial_is_finished_and_not_shown_again),
        cmocka_unit_test(a_gap_in_the_serials_is_counted_and_uploads_everything),
        cmocka_unit_test(a_still_desktop_is_shown_although_buffers_come_late),
        cmocka_unit_test(buffers_are_asked_for_once_a_second_until_they_come),
        cmocka_unit_test(a_frame_that_is_never_written_is_given_up_and_the_next_one_is_whole),
        cmocka_unit_test(a_frame_that_failed_may_be_posted_again),
        cmocka_unit_test(a_broken_header_is_dropped_and_the_next_frame_is_whole),
        cmocka_unit_test(a_row_that_may_be_missing_is_taken_when_it_is_there),
        cmocka_unit_test(a_restart_of_the_guest_software_is_followed_at_once),
        cmocka_unit_test(a_heartbeat_that_stops_loses_the_session_and_comes_back),
        cmocka_unit_test(being_marked_bad_ends_in_a_new_subscription),
        cmocka_unit_test(corrupt_indices_are_reported_after_some_tries),
        cmocka_unit_test(a_file_that_shrinks_under_a_copy_is_a_lost_session),
        cmocka_unit_test(a_file_that_is_replaced_is_opened_again),
        cmocka_unit_test(a_guest_that_changes_all_the_time_does_not_fill_the_log),
        cmocka_unit_test(each_state_of_the_memory_has_its_name),
        cmocka_unit_test(both_status_mailboxes_carry_the_newest_value),
        cmocka_unit_test(a_cut_picture_names_the_memory_it_needs),
        cmocka_unit_test(video_off_gives_the_subscription_back_and_on_shows_the_same_frame),
        cmocka_unit_test(needed_memory_follows_the_release),
        cmocka_unit_test(a_frame_in_the_steady_state_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
