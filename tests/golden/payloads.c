/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames and cursors of the golden images. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/expect.h"
#include "golden/image.h"
#include "support/check.h"
#include "support/fields.h"
#include "support/pixels.h"
#include "support/vectors.h"

/* The message that a payload of the JSON belongs to, from the image's own queue. */
static struct orl_payload find_payload(struct json_object *payload,
                                       const struct golden_image *m)
{
    const struct orl_layout *lay = m->lay;
    struct json_object *id = orl_expect_take(payload, "queue_id");
    struct json_object *slot = orl_expect_take(payload, "slot");
    struct orl_payload out = {0};
    for (uint32_t i = 0; i < orl_get_u32(m->g.base + lay->hdr_queue_count); i++) {
        const uint8_t *queue = m->g.base + lay->hdr_queues + i * lay->queue_bytes;
        if (orl_get_u32(queue + lay->queue_queue_id) == json_object_get_uint64(id)) {
            const uint8_t *p = m->g.base + orl_get_u32(queue + lay->queue_ring_offset) +
                               json_object_get_uint64(slot) * lay->slot_bytes;
            out.off = orl_get_u32(p + lay->slot_offset);
            out.size = orl_get_u32(p + lay->slot_size);
            out.tag = lay->tag_bytes == 8 ? orl_get_u64(p + lay->slot_tag)
                                          : orl_get_u32(p + lay->slot_tag);
        }
    }
    json_object_put(id);
    json_object_put(slot);
    assert_int_not_equal(out.size, 0);
    return out;
}

static void check_sample(struct json_object *s, const struct orl_frame_desc *d,
                         const uint8_t *pixels)
{
    struct json_object *value = orl_expect_take(s, "value");
    size_t x = (size_t)orl_json_int(s, "x"), y = (size_t)orl_json_int(s, "y");
    double got[4];
    orl_pixels_sample(got, d->fmt, pixels + y * d->pitch + x * orl_pixfmt_bytes(d->fmt));
    assert_int_equal(json_object_array_length(value), 4);
    for (size_t i = 0; i < 4; i++) {
        double want = json_object_get_double(json_object_array_get_idx(value, i));
        if (fabs(want - got[i]) > 1e-12) {
            fail_msg("sample %zu,%zu [%zu] is %g, expected %g", x, y, i, got[i], want);
        }
    }
    json_object_put(value);
    json_object_object_del(s, "x");
    json_object_object_del(s, "y");
    orl_expect_empty(s, "canonical.samples");
}

static void check_canonical(struct json_object *c, const struct orl_frame_desc *d,
                            const uint8_t *pixels)
{
    size_t bytes = orl_pixels_canonical_bytes(d->fmt);
    orl_expect_text(c, "layout",
                    bytes == 6   ? "10-bit R,G,B as 3 x u16 little-endian per pixel"
                    : bytes == 8 ? "R,G,B,A half floats as stored, 8 bytes per pixel"
                                 : "R,G,B,A bytes, A forced to 255");
    orl_expect_int(c, "width", d->w);
    orl_expect_int(c, "height", d->rows);
    size_t size = (size_t)d->w * d->rows * bytes;
    uint8_t *canonical = malloc(size);
    orl_pixels_canonical(canonical, d->fmt, d->w, d->rows, d->pitch, pixels);
    char sum[65];
    orl_sha256_hex(sum, canonical, size);
    free(canonical);
    orl_expect_text(c, "sha256", sum);
    struct json_object *samples = orl_expect_take(c, "samples");
    assert_true(json_object_array_length(samples) > 0);
    for (size_t i = 0; i < json_object_array_length(samples); i++) {
        check_sample(json_object_array_get_idx(samples, i), d, pixels);
    }
    json_object_put(samples);
    orl_expect_empty(c, "canonical");
}

static void check_damage(struct json_object *f, const struct golden_image *m,
                         const struct orl_frame_desc *d, const uint8_t *raw)
{
    struct json_object *list = orl_expect_take(f, "damage");
    size_t n = json_object_array_length(list);
    assert_int_equal(d->damage.full, n == 0);
    assert_int_equal(d->damage.n, n);
    for (size_t i = 0; i < n; i++) {
        struct json_object *r = json_object_array_get_idx(list, i);
        struct orl_rect want = {(uint32_t)orl_json_int(r, "x"), (uint32_t)orl_json_int(r, "y"),
                                (uint32_t)orl_json_int(r, "width"),
                                (uint32_t)orl_json_int(r, "height")};
        assert_memory_equal(&d->damage.r[i], &want, sizeof(want));
        orl_expect_raw(r, m->layout, m->lay, "damage_rect",
                       raw + m->lay->frame_damage + i * m->lay->rect_bytes);
        orl_expect_empty(r, "frame.damage");
    }
    json_object_put(list);
}

static void compare_hdr(struct json_object *f, const struct orl_frame_desc *d)
{
    if (!(d->flags & ORL_FRAME_HDR_METADATA)) {
        return;
    }
    struct json_object *primaries = json_object_object_get(f, "hdr_primaries");
    struct json_object *white = json_object_object_get(f, "hdr_white_point");
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(d->hdr.primaries[i],
                         json_object_get_int(json_object_array_get_idx(primaries, i)));
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(d->hdr.white[i],
                         json_object_get_int(json_object_array_get_idx(white, i)));
    }
    assert_int_equal(d->hdr.max_display_nits, orl_json_int(f, "hdr_max_display_lum"));
    assert_int_equal(d->hdr.min_display, orl_json_int(f, "hdr_min_display_lum"));
    assert_int_equal(d->hdr.max_cll, orl_json_int(f, "hdr_max_cll"));
    assert_int_equal(d->hdr.max_fall, orl_json_int(f, "hdr_max_fall"));
}

/* What the descriptor carries on, against the JSON; the raw bytes are compared afterwards. */
static void compare_desc(struct json_object *f, const struct golden_image *m,
                         const struct orl_frame_desc *d)
{
    assert_int_equal(d->format_id, orl_json_int(f, "format_ver"));
    assert_int_equal(d->serial, orl_json_int(f, "serial"));
    assert_int_equal(d->fmt, orl_json_int(f, "pixel_type"));
    assert_int_equal(d->screen_w, orl_json_int(f, "screen_w"));
    assert_int_equal(d->screen_h, orl_json_int(f, "screen_h"));
    assert_int_equal(d->w, orl_json_int(f, "frame_w"));
    assert_int_equal(d->h, orl_json_int(f, "frame_h"));
    assert_int_equal(d->rotation, orl_json_int(f, "rotation"));
    assert_int_equal(d->pitch, orl_json_int(f, "pitch"));
    assert_int_equal(d->flags, orl_json_int(f, "flags"));
    assert_int_equal(d->extra_rows, 0);
    if (orl_expect_has(f, "data_h")) {
        assert_int_equal(d->rows, orl_json_int(f, "data_h"));
    } else {
        assert_int_equal(d->rows, d->h);
    }
    if (m->lay->release != ORL_MASTER) {
        assert_int_equal(d->white_nits, ORL_WHITE_NITS);
        return;
    }
    assert_int_equal(d->white_nits, orl_json_int(f, "sdr_white_nits"));
    assert_int_equal(d->capture_ns, orl_json_int(f, "capture_ns"));
    assert_int_equal(d->post_process_ns, orl_json_int(f, "post_process_ns"));
    assert_int_equal(d->copy_ns, orl_json_int(f, "copy_ns"));
    assert_int_equal(d->ready_ns, orl_json_int(f, "ready_ns"));
    assert_int_equal(d->hold_ns, orl_json_int(f, "hold_ns"));
    assert_int_equal(d->ready_lead_ns, orl_json_int(f, "ready_lead_ns"));
    assert_int_equal(d->timing_serial, orl_json_int(f, "timing_serial"));
    assert_int_equal(d->timing_valid, orl_json_int(f, "timing_valid"));
    assert_int_equal(d->timing_flags, orl_json_int(f, "timing_flags"));
    assert_int_equal(d->sched_generation, orl_json_int(f, "sched_generation"));
    assert_int_equal(d->sched_epoch, orl_json_int(f, "sched_epoch"));
    assert_int_equal(d->sched_deadline_serial, orl_json_int(f, "sched_deadline_serial"));
    compare_hdr(f, d);
}

static void check_frame(struct json_object *f, const struct golden_image *m,
                        struct orl_payload msg)
{
    static const char *const names[] = {"",        "bgra",   "rgba",  "rgba10",
                                        "rgba16f", "bgr_32", "rgb_24"};
    struct orl_frame_desc d;
    assert_int_equal(orl_frame_read(&d, m->lay, golden_mem(m), msg), ORL_OK);
    compare_desc(f, m, &d);
    uint32_t written = orl_get_u32(m->g.base + d.wp_off);
    uint64_t needed = (uint64_t)d.rows * d.pitch;
    orl_expect_int(f, "written", written);
    orl_expect_int(f, "pixels_offset_in_image", (int64_t)d.pix_off);
    orl_expect_int(f, "bytes_needed", (int64_t)needed);
    orl_expect_int(f, "complete", written >= needed);
    orl_expect_text(f, "pixel_type_name", names[d.fmt]);
    check_damage(f, m, &d, m->g.base + msg.off);
    if (written >= needed) {
        struct json_object *canonical = orl_expect_take(f, "canonical");
        check_canonical(canonical, &d, m->g.base + d.pix_off);
        json_object_put(canonical);
    }
    orl_expect_raw(f, m->layout, m->lay, "frame", m->g.base + msg.off);
    orl_expect_empty(f, "frame");
}

static void check_composite(struct json_object *c, const struct orl_cursor_msg *cur,
                            const uint8_t *rgba)
{
    struct json_object *bg = orl_expect_take(c, "background_rgb");
    uint8_t background[3];
    for (size_t i = 0; i < 3; i++) {
        background[i] = (uint8_t)json_object_get_int(json_object_array_get_idx(bg, i));
    }
    json_object_put(bg);
    size_t size = (size_t)cur->w * cur->h * 3;
    uint8_t *rgb = malloc(size);
    orl_pixels_compose(rgb, cur, rgba, background);
    char sum[65];
    orl_sha256_hex(sum, rgb, size);
    orl_expect_text(c, "result_rgb_sha256", sum); /* the reference rounds as the JSON says */
    struct json_object *row = orl_expect_take(c, "first_row");
    for (size_t x = 0; x < json_object_array_length(row); x++) {
        struct json_object *pixel = json_object_array_get_idx(row, x);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(rgb[3 * x + i],
                             json_object_get_int(json_object_array_get_idx(pixel, i)));
        }
    }
    json_object_put(row);
    free(rgb);
    orl_expect_empty(c, "cursor.composite");
}

static void check_shape(struct json_object *j, const struct golden_image *m,
                        const struct orl_cursor_msg *cur)
{
    char sum[65];
    orl_expect_int(j, "shape_bytes", (int64_t)cur->shape_bytes);
    orl_sha256_hex(sum, m->g.base + cur->shape_off, cur->shape_bytes);
    orl_expect_text(j, "shape_sha256", sum);
    orl_expect_int(j, "drawn_width", cur->w);
    orl_expect_int(j, "drawn_height", cur->h);
    assert_int_equal(cur->kind, orl_json_int(j, "shape_type"));
    assert_int_equal(cur->hot_x, orl_json_int(j, "hot_x"));
    assert_int_equal(cur->hot_y, orl_json_int(j, "hot_y"));
    assert_int_equal(cur->pitch, orl_json_int(j, "pitch"));
    uint8_t *rgba = malloc((size_t)cur->w * cur->h * 4);
    orl_cursor_unpack(rgba, cur, m->g.base + cur->shape_off);
    struct json_object *list = orl_expect_take(j, "composite");
    assert_true(json_object_array_length(list) > 0);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        check_composite(json_object_array_get_idx(list, i), cur, rgba);
    }
    json_object_put(list);
    free(rgba);
    if (orl_expect_has(j, "composite_note")) { /* prose about the rounding */
        json_object_put(orl_expect_take(j, "composite_note"));
    }
}

static void check_transform(struct json_object *t, const struct golden_image *m,
                            const struct orl_cursor_msg *cur)
{
    struct orl_color_transform *got = malloc(sizeof(*got));
    assert_int_equal(orl_color_transform_read(got, golden_mem(m), cur), ORL_OK);
    orl_expect_int(t, "flags", (got->has_matrix ? 1 : 0) | (got->has_lut ? 2 : 0));
    struct json_object *matrix = orl_expect_take(t, "matrix");
    for (size_t i = 0; i < 12; i++) {
        double want = json_object_get_double(json_object_array_get_idx(matrix, i));
        assert_true((double)got->matrix[i] == want);
    }
    json_object_put(matrix);
    struct json_object *scalar = orl_expect_take(t, "scalar");
    assert_true((double)got->scalar == json_object_get_double(scalar));
    json_object_put(scalar);
    struct json_object *lut = orl_expect_take(t, "lut_samples");
    json_object_object_foreach(lut, key, entry)
    {
        size_t at = strtoul(key, NULL, 10);
        for (size_t i = 0; i < 4; i++) {
            double want = json_object_get_double(json_object_array_get_idx(entry, i));
            assert_true((double)got->lut[4 * at + i] == want);
        }
    }
    json_object_put(lut);
    free(got);
    orl_expect_empty(t, "cursor.transform");
}

static uint32_t flag_bits(struct json_object *names)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } flags[] = {{"position", ORL_CURSOR_POSITION},
                 {"visible", ORL_CURSOR_VISIBLE},
                 {"shape", ORL_CURSOR_SHAPE},
                 {"color_transform", ORL_CURSOR_TRANSFORM},
                 {"visible_valid", ORL_CURSOR_VISIBLE_VALID}};
    uint32_t bits = 0;
    for (size_t i = 0; i < json_object_array_length(names); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(names, i));
        size_t k = 0;
        while (k < 5 && strcmp(flags[k].name, name) != 0) {
            k++;
        }
        if (k == 5) {
            fail_msg("unknown cursor flag %s", name);
        }
        bits |= flags[k].bit;
    }
    return bits;
}

static void check_cursor(struct json_object *j, const struct golden_image *m,
                         struct orl_payload msg)
{
    struct orl_cursor_msg c;
    assert_int_equal(orl_cursor_read(&c, m->lay, golden_mem(m), msg), ORL_OK);
    struct json_object *names = orl_expect_take(j, "flags");
    uint32_t flags = flag_bits(names);
    json_object_put(names);
    assert_int_equal(flags, msg.tag);
    assert_int_equal(c.has_position, (flags & ORL_CURSOR_POSITION) != 0);
    assert_int_equal(c.has_visible,
                     m->lay->release != ORL_MASTER || flags & ORL_CURSOR_VISIBLE_VALID);
    assert_int_equal(c.visible, (flags & ORL_CURSOR_VISIBLE) != 0);
    assert_int_equal(c.has_shape, (flags & ORL_CURSOR_SHAPE) != 0);
    assert_int_equal(c.has_transform, (flags & ORL_CURSOR_TRANSFORM) != 0);
    assert_false(c.bad_shape || c.bad_transform);
    if (c.has_position) {
        assert_int_equal(c.x, orl_json_int(j, "x"));
        assert_int_equal(c.y, orl_json_int(j, "y"));
    }
    if (m->lay->release == ORL_MASTER && orl_json_int(j, "sdr_white_nits") != 0) {
        assert_int_equal(c.white_nits, orl_json_int(j, "sdr_white_nits"));
    } else {
        assert_int_equal(c.white_nits, ORL_WHITE_NITS);
    }
    if (c.has_shape) {
        check_shape(j, m, &c);
    }
    if (c.has_transform) {
        struct json_object *transform = orl_expect_take(j, "transform");
        check_transform(transform, m, &c);
        json_object_put(transform);
    }
    orl_expect_raw(j, m->layout, m->lay, "cursor", m->g.base + msg.off);
    orl_expect_empty(j, "cursor");
}

/* Every message of the queues must be among the payloads. */
static size_t count_messages(struct json_object *queues)
{
    size_t n = 0;
    for (size_t i = 0; i < json_object_array_length(queues); i++) {
        struct json_object *q = json_object_array_get_idx(queues, i);
        n += json_object_array_length(json_object_object_get(q, "messages"));
    }
    return n;
}

void golden_check_payloads(struct json_object *expect, const struct golden_image *m)
{
    struct json_object *list = orl_expect_take(expect, "payloads");
    assert_int_equal(json_object_array_length(list),
                     count_messages(json_object_object_get(expect, "queues")));
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *payload = json_object_array_get_idx(list, i);
        struct orl_payload msg = find_payload(payload, m);
        bool is_frame = orl_expect_has(payload, "frame");
        struct json_object *content = orl_expect_take(payload, is_frame ? "frame" : "cursor");
        if (is_frame) {
            check_frame(content, m, msg);
        } else {
            check_cursor(content, m, msg);
        }
        json_object_put(content);
        orl_expect_empty(payload, "payloads");
    }
    json_object_put(list);
}
