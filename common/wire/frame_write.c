/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/wire.h"

static void put32(uint8_t *raw, uint32_t off, uint32_t v)
{
    if (off != ORL_ABSENT) {
        orl_put_u32(raw + off, v);
    }
}
static void put64(uint8_t *raw, uint32_t off, uint64_t v)
{
    if (off != ORL_ABSENT) {
        orl_put_u64(raw + off, v);
    }
}

/* What orl_frame_read() would refuse, or what this release cannot say. */
static bool can_write(const struct orl_layout *lay, size_t mem_size, struct orl_payload msg,
                      const struct orl_frame_desc *d)
{
    uint32_t bytes = orl_pixfmt_bytes(d->fmt);
    if (bytes == 0 || (uint32_t)d->fmt > lay->pixel_types || d->w == 0 || d->h == 0 ||
        d->w > ORL_FRAME_SIDE_MAX || d->h > ORL_FRAME_SIDE_MAX || d->rows == 0 ||
        d->rows > d->h || d->pitch > INT32_MAX || d->pitch < d->w * bytes || d->rotation > 3) {
        return false;
    }
    if (msg.off > mem_size || msg.size > mem_size - msg.off || d->pix_off < msg.off ||
        d->pix_off - msg.off > msg.size || d->pix_off % sizeof(uint32_t) != 0 ||
        d->pix_off - msg.off < (size_t)lay->frame_bytes + lay->fb_bytes) {
        return false;
    }
    return (uint64_t)d->rows * d->pitch <= msg.size - (d->pix_off - msg.off);
}

static void put_geometry(uint8_t *raw, const struct orl_layout *lay,
                         const struct orl_frame_desc *d, uint32_t fb_offset)
{
    bool packed32 = d->fmt == ORL_PIX_BGR24_IN_32;
    uint32_t unit = packed32 ? 4 : orl_pixfmt_bytes(d->fmt);
    bool has_data_size = lay->frame_data_h != ORL_ABSENT;
    put32(raw, lay->frame_format_ver, d->format_id);
    put32(raw, lay->frame_serial, d->serial);
    put32(raw, lay->frame_pixel_type, (uint32_t)d->fmt);
    put32(raw, lay->frame_screen_w, d->screen_w);
    put32(raw, lay->frame_screen_h, d->screen_h);
    put32(raw, lay->frame_data_w, packed32 ? d->pitch / unit : d->w);
    put32(raw, lay->frame_data_h, d->rows);
    put32(raw, lay->frame_frame_w, d->w);
    put32(raw, lay->frame_frame_h, has_data_size ? d->h : d->rows);
    put32(raw, lay->frame_rotation, d->rotation);
    put32(raw, lay->frame_stride, d->pitch / unit);
    put32(raw, lay->frame_pitch, d->pitch);
    put32(raw, lay->frame_fb_offset, fb_offset);
    put32(raw, lay->frame_flags, d->flags & lay->known_flags);
}

static void put_damage(uint8_t *raw, const struct orl_layout *lay,
                       const struct orl_rects *damage)
{
    if (damage->full || damage->n > ORL_RECTS_MAX) {
        return; /* count 0 */
    }
    if (damage->n == 0) {
        /* Count 0 would mean everything; one rectangle without area says nothing. */
        put32(raw, lay->frame_damage_count, 1);
        return;
    }
    put32(raw, lay->frame_damage_count, damage->n);
    for (uint32_t i = 0; i < damage->n; i++) {
        uint8_t *r = raw + lay->frame_damage + (size_t)i * lay->rect_bytes;
        orl_put_u32(r + lay->rect_x, damage->r[i].x);
        orl_put_u32(r + lay->rect_y, damage->r[i].y);
        orl_put_u32(r + lay->rect_width, damage->r[i].w);
        orl_put_u32(r + lay->rect_height, damage->r[i].h);
    }
}

static void put_colour(uint8_t *raw, const struct orl_layout *lay,
                       const struct orl_frame_desc *d)
{
    put32(raw, lay->frame_sdr_white_nits, d->white_nits);
    if (lay->frame_hdr_primaries == ORL_ABSENT) {
        return;
    }
    for (size_t i = 0; i < 6; i++) {
        orl_put_u16(raw + lay->frame_hdr_primaries + 2 * i, d->hdr.primaries[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        orl_put_u16(raw + lay->frame_hdr_white_point + 2 * i, d->hdr.white[i]);
    }
    put32(raw, lay->frame_hdr_max_display_lum, d->hdr.max_display_nits);
    put32(raw, lay->frame_hdr_min_display_lum, d->hdr.min_display);
    put32(raw, lay->frame_hdr_max_cll, d->hdr.max_cll);
    put32(raw, lay->frame_hdr_max_fall, d->hdr.max_fall);
}

static void put_timing(uint8_t *raw, const struct orl_layout *lay,
                       const struct orl_frame_desc *d)
{
    put64(raw, lay->frame_capture_ns, d->capture_ns);
    put64(raw, lay->frame_post_process_ns, d->post_process_ns);
    put64(raw, lay->frame_copy_ns, d->copy_ns);
    put64(raw, lay->frame_ready_ns, d->ready_ns);
    put64(raw, lay->frame_hold_ns, d->hold_ns);
    put64(raw, lay->frame_ready_lead_ns, d->ready_lead_ns);
    put32(raw, lay->frame_timing_serial, d->timing_serial);
    put32(raw, lay->frame_timing_valid, d->timing_valid);
    put32(raw, lay->frame_timing_flags, d->timing_flags);
    put32(raw, lay->frame_sched_generation, d->sched_generation);
    put32(raw, lay->frame_sched_epoch, d->sched_epoch);
    put32(raw, lay->frame_sched_deadline_serial, d->sched_deadline_serial);
}

int orl_frame_write(uint8_t *base, size_t mem_size, const struct orl_layout *lay,
                    struct orl_payload msg, const struct orl_frame_desc *desc)
{
    if (!can_write(lay, mem_size, msg, desc)) {
        return ORL_EINVAL;
    }
    uint8_t raw[ORL_BYTES_frame] = {0};
    size_t fb = desc->pix_off - msg.off - lay->fb_pixels;
    put_geometry(raw, lay, desc, (uint32_t)fb);
    put_damage(raw, lay, &desc->damage);
    put_colour(raw, lay, desc);
    put_timing(raw, lay, desc);
    memcpy(base + msg.off, raw, lay->frame_bytes);
    orl_put_u32(base + msg.off + fb + lay->fb_written, 0);
    return ORL_OK;
}
