/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/payload.h"

#include <inttypes.h>

static void number(struct orl_writer *r, const char *key, const uint8_t *raw, uint32_t off)
{
    if (off != ORL_ABSENT) {
        orl_writer_number(r, key, orl_get_u32(raw + off));
    }
}
static void number64(struct orl_writer *r, const char *key, const uint8_t *raw, uint32_t off)
{
    if (off != ORL_ABSENT) {
        orl_writer_number(r, key, orl_get_u64(raw + off));
    }
}

static void put_frame_fields(struct orl_writer *r, const struct orl_layout *lay,
                             const uint8_t *raw)
{
    uint32_t type = orl_get_u32(raw + lay->frame_pixel_type);
    number(r, "format_ver", raw, lay->frame_format_ver);
    number(r, "serial", raw, lay->frame_serial);
    orl_writer_number(r, "pixel_type", type);
    orl_writer_text(r, "pixel_name",
                    type <= lay->pixel_types ? orl_pixfmt_name((enum orl_pixfmt)type)
                                             : "unknown");
    number(r, "screen_w", raw, lay->frame_screen_w);
    number(r, "screen_h", raw, lay->frame_screen_h);
    number(r, "data_w", raw, lay->frame_data_w);
    number(r, "data_h", raw, lay->frame_data_h);
    number(r, "frame_w", raw, lay->frame_frame_w);
    number(r, "frame_h", raw, lay->frame_frame_h);
    number(r, "rotation", raw, lay->frame_rotation);
    number(r, "pitch", raw, lay->frame_pitch);
    number(r, "fb_offset", raw, lay->frame_fb_offset);
    number(r, "flags", raw, lay->frame_flags);
    number(r, "damage_count", raw, lay->frame_damage_count);
    number(r, "sdr_white_nits", raw, lay->frame_sdr_white_nits);
    number64(r, "capture_ns", raw, lay->frame_capture_ns);
    number64(r, "copy_ns", raw, lay->frame_copy_ns);
    number64(r, "ready_ns", raw, lay->frame_ready_ns);
    number(r, "timing_valid", raw, lay->frame_timing_valid);
    number(r, "sched_epoch", raw, lay->frame_sched_epoch);
    number(r, "sched_deadline_serial", raw, lay->frame_sched_deadline_serial);
}

/* Why a header is refused; the same rules as orl_frame_read, put into words. */
static void explain_rejection(struct orl_problems *p, const struct orl_layout *lay,
                              const uint8_t *raw, struct orl_payload msg)
{
    uint32_t type = orl_get_u32(raw + lay->frame_pixel_type);
    uint32_t w = orl_get_u32(raw + lay->frame_frame_w);
    uint32_t h = orl_get_u32(raw + lay->frame_frame_h);
    uint32_t pitch = orl_get_u32(raw + lay->frame_pitch);
    uint32_t fb = orl_get_u32(raw + lay->frame_fb_offset);
    bool known = type >= 1 && type <= lay->pixel_types;
    uint64_t row = (uint64_t)w * (known ? orl_pixfmt_bytes((enum orl_pixfmt)type) : 1);
    uint32_t before = p->n;
    if (!known) {
        orl_problems_add(p, "pixel type %" PRIu32 " is not one of this release: rejected",
                         type);
    }
    if (w == 0 || h == 0 || w > ORL_FRAME_SIDE_MAX || h > ORL_FRAME_SIDE_MAX) {
        orl_problems_add(p, "picture of %" PRIu32 "x%" PRIu32 " pixels: rejected", w, h);
    }
    if (pitch < row) {
        orl_problems_add(p, "pitch shorter than row: rejected");
    } else if (pitch > INT32_MAX) {
        orl_problems_add(p, "pitch beyond any row: rejected");
    }
    if (fb < lay->frame_bytes) {
        orl_problems_add(p, "frame buffer inside the frame header: rejected");
    } else if (fb > msg.size || msg.size - fb < lay->fb_bytes) {
        orl_problems_add(p, "frame buffer outside the message: rejected");
    } else if ((msg.off + fb) % 4 != 0) {
        orl_problems_add(p, "frame buffer not aligned to 4 bytes: rejected");
    } else if (pitch > msg.size - fb - lay->fb_bytes) {
        orl_problems_add(p, "no room for a row: rejected");
    }
    if (p->n == before) {
        orl_problems_add(p, "rejected, although nothing is wrong now: it is changing");
    }
}

/* What is taken differently from how the guest wrote it. */
static void explain_mending(struct orl_problems *p, const struct orl_layout *lay,
                            const uint8_t *raw, const struct orl_frame_desc *d)
{
    uint32_t flags = orl_get_u32(raw + lay->frame_flags);
    uint32_t wanted =
        lay->frame_data_h == ORL_ABSENT ? d->h : orl_get_u32(raw + lay->frame_data_h);
    if (orl_get_u32(raw + lay->frame_rotation) > 3) {
        orl_problems_add(p, "rotation out of range: taken as 0");
    }
    if (orl_get_u32(raw + lay->frame_screen_w) != d->screen_w ||
        orl_get_u32(raw + lay->frame_screen_h) != d->screen_h) {
        orl_problems_add(p, "screen size out of range: picture size used");
    }
    if (orl_get_u32(raw + lay->frame_damage_count) > ORL_RECTS_MAX) {
        orl_problems_add(p, "more than 64 damage rectangles: all counts as changed");
    }
    if (flags & ~lay->known_flags) {
        orl_problems_add(p, "unknown flags 0x%" PRIx32 " ignored", flags & ~lay->known_flags);
    }
    if (wanted != 0 && wanted != d->rows) {
        orl_problems_add(p, "%" PRIu32 " stored rows announced, %" PRIu32 " can be used",
                         wanted, d->rows);
    }
    if (d->rows < d->h && !(d->flags & ORL_FRAME_TRUNCATED) && !d->extra_rows) {
        orl_problems_add(p, "fewer rows than the picture has, but not marked truncated");
    }
}

static void put_damage(struct orl_writer *r, const struct orl_rects *damage)
{
    if (damage->full) {
        return;
    }
    orl_writer_list(r, "damage");
    for (uint32_t i = 0; i < damage->n; i++) {
        orl_writer_open(r, NULL);
        orl_writer_number(r, "x", damage->r[i].x);
        orl_writer_number(r, "y", damage->r[i].y);
        orl_writer_number(r, "w", damage->r[i].w);
        orl_writer_number(r, "h", damage->r[i].h);
        orl_writer_close(r);
    }
    orl_writer_close(r);
}

void orl_payload_frame(struct orl_writer *r, const struct orl_layout *lay, struct orl_mem mem,
                       struct orl_payload msg)
{
    struct orl_problems problems = {0};
    struct orl_frame_desc d;
    uint8_t raw[ORL_BYTES_frame], written[4];
    orl_writer_open(r, "frame");
    if (msg.size < lay->frame_bytes || !orl_mem_copy(raw, mem, msg.off, lay->frame_bytes)) {
        orl_problems_add(&problems, "message shorter than a frame header: rejected");
        orl_writer_bool(r, "accepted", false);
    } else {
        put_frame_fields(r, lay, raw);
        bool accepted = orl_frame_read(&d, lay, mem, msg) == ORL_OK;
        orl_writer_bool(r, "accepted", accepted);
        if (accepted) {
            orl_writer_number(r, "rows", d.rows);
            if (orl_mem_copy(written, mem, d.wp_off, sizeof(written))) {
                orl_writer_number(r, "written", orl_get_u32(written));
                if (orl_get_u32(written) < (uint64_t)d.rows * d.pitch) {
                    orl_problems_add(&problems, "pixels not complete yet");
                }
            }
            explain_mending(&problems, lay, raw, &d);
            put_damage(r, &d.damage);
        } else {
            explain_rejection(&problems, lay, raw, msg);
        }
    }
    orl_writer_problems(r, &problems);
    orl_writer_close(r);
}

static void put_cursor_fields(struct orl_writer *r, const struct orl_layout *lay,
                              const uint8_t *raw)
{
    orl_writer_signed(r, "x", (int16_t)orl_get_u16(raw + lay->cursor_x));
    orl_writer_signed(r, "y", (int16_t)orl_get_u16(raw + lay->cursor_y));
    number(r, "shape_type", raw, lay->cursor_shape_type);
    orl_writer_signed(r, "hot_x", (int8_t)raw[lay->cursor_hot_x]);
    orl_writer_signed(r, "hot_y", (int8_t)raw[lay->cursor_hot_y]);
    number(r, "width", raw, lay->cursor_width);
    number(r, "height", raw, lay->cursor_height);
    number(r, "pitch", raw, lay->cursor_pitch);
    number(r, "sdr_white_nits", raw, lay->cursor_sdr_white_nits);
}

void orl_payload_cursor(struct orl_writer *r, const struct orl_layout *lay, struct orl_mem mem,
                        struct orl_payload msg)
{
    struct orl_problems problems = {0};
    struct orl_cursor_msg c;
    uint8_t raw[ORL_BYTES_cursor];
    orl_writer_open(r, "cursor");
    orl_writer_number(r, "flags", msg.tag);
    if (msg.size < lay->cursor_bytes || !orl_mem_copy(raw, mem, msg.off, lay->cursor_bytes) ||
        orl_cursor_read(&c, lay, mem, msg) != ORL_OK) {
        orl_problems_add(&problems, "message shorter than a cursor header: rejected");
        orl_writer_bool(r, "accepted", false);
    } else {
        put_cursor_fields(r, lay, raw);
        orl_writer_bool(r, "accepted", true);
        if (c.has_visible) {
            orl_writer_bool(r, "visible", c.visible);
        }
        orl_writer_bool(r, "has_shape", c.has_shape);
        orl_writer_bool(r, "has_transform", c.has_transform);
        if (c.bad_shape) {
            orl_problems_add(&problems, "shape breaks a rule or is longer than the message: "
                                        "old shape stays");
        }
        if (c.bad_transform) {
            orl_problems_add(&problems, "no room for the colour transform: old one stays");
        }
    }
    orl_writer_problems(r, &problems);
    orl_writer_close(r);
}

void orl_payload_client(struct orl_writer *r, const uint8_t *data, uint32_t size)
{
    static const char *const names[] = {"set_cursor_pos", "window_size", "frame_schedule"};
    uint32_t type = size >= 4 ? orl_get_u32(data) : UINT32_MAX;
    if (type < sizeof(names) / sizeof(names[0])) {
        orl_writer_text(r, "type", names[type]);
    }
    if (type == 0 && size == 12) {
        orl_writer_signed(r, "x", (int32_t)orl_get_u32(data + 4));
        orl_writer_signed(r, "y", (int32_t)orl_get_u32(data + 8));
    } else if (type == 1 && size == 12) {
        orl_writer_number(r, "width", orl_get_u32(data + 4));
        orl_writer_number(r, "height", orl_get_u32(data + 8));
    }
    orl_writer_bytes(r, "data", data, size);
}
