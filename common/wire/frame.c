/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/wire.h"

#define SCREEN_SIDE_MAX   65535
#define NITS_MAX          10000 /* where PQ ends */
#define CHROMATICITY_MAX  50000 /* 1.0 in steps of 0.00002 */
#define MIN_LUMINANCE_MAX 65535 /* 0.0001 cd/m2; the widest that HDMI and DisplayPort carry */

/* A private copy of a frame header together with the row that says where its fields are. */
struct header {
    const struct orl_layout *lay;
    uint8_t raw[ORL_BYTES_frame];
};

/* A field that the release lacks reads as 0. */
static uint32_t get32(const struct header *h, uint32_t off)
{
    return off == ORL_ABSENT ? 0 : orl_get_u32(h->raw + off);
}
static uint64_t get64(const struct header *h, uint32_t off)
{
    return off == ORL_ABSENT ? 0 : orl_get_u64(h->raw + off);
}

static uint32_t at_most(uint32_t v, uint32_t limit)
{
    return v < limit ? v : limit;
}

uint32_t orl_pixfmt_bytes(enum orl_pixfmt fmt)
{
    switch (fmt) {
    case ORL_PIX_BGRA8:
    case ORL_PIX_RGBA8:
    case ORL_PIX_RGB10A2: return 4;
    case ORL_PIX_RGBA16F: return 8;
    case ORL_PIX_BGR24_IN_32:
    case ORL_PIX_RGB24: return 3;
    }
    return 0;
}

const char *orl_pixfmt_name(enum orl_pixfmt fmt)
{
    switch (fmt) {
    case ORL_PIX_BGRA8: return "BGRA";
    case ORL_PIX_RGBA8: return "RGBA";
    case ORL_PIX_RGB10A2: return "RGBA10";
    case ORL_PIX_RGBA16F: return "RGBA16F";
    case ORL_PIX_BGR24_IN_32: return "BGR_32";
    case ORL_PIX_RGB24: return "RGB_24";
    }
    return "unknown";
}

/* Format and size of picture and row; false when a rule is broken. */
static bool read_picture(struct orl_frame_desc *d, const struct header *h)
{
    const struct orl_layout *lay = h->lay;
    uint32_t type = get32(h, lay->frame_pixel_type);
    if (type == 0 || type > lay->pixel_types) {
        return false;
    }
    d->fmt = (enum orl_pixfmt)type;
    d->w = get32(h, lay->frame_frame_w);
    d->h = get32(h, lay->frame_frame_h);
    if (d->w == 0 || d->w > ORL_FRAME_SIDE_MAX || d->h == 0 || d->h > ORL_FRAME_SIDE_MAX) {
        return false;
    }
    d->pitch = get32(h, lay->frame_pitch);
    if (d->pitch == 0 || d->pitch > INT32_MAX) {
        return false;
    }
    d->row_bytes = d->w * orl_pixfmt_bytes(d->fmt);
    d->screen_w = get32(h, lay->frame_screen_w);
    d->screen_h = get32(h, lay->frame_screen_h);
    if (d->screen_w == 0 || d->screen_w > SCREEN_SIDE_MAX || d->screen_h == 0 ||
        d->screen_h > SCREEN_SIDE_MAX) {
        d->screen_w = d->w;
        d->screen_h = d->h;
    }
    return d->row_bytes > 0 && d->pitch >= d->row_bytes;
}

/* Where counter and pixels are, and how many rows the message can hold. */
static bool read_buffer(struct orl_frame_desc *d, const struct header *h,
                        struct orl_payload msg)
{
    const struct orl_layout *lay = h->lay;
    uint32_t fb = get32(h, lay->frame_fb_offset);
    if (fb < lay->frame_bytes || msg.size < lay->fb_bytes || fb > msg.size - lay->fb_bytes ||
        (msg.off + fb) % sizeof(uint32_t) != 0) {
        return false;
    }
    d->wp_off = msg.off + fb + lay->fb_written;
    d->pix_off = msg.off + fb + lay->fb_pixels;

    /* Stored rows: B6 cuts the picture height itself, later releases say it apart. */
    uint32_t stored = get32(h, lay->frame_data_h);
    if (stored == 0 || stored > d->h || get32(h, lay->frame_data_w) == 0) {
        stored = d->h;
    }
    uint32_t room = (msg.size - fb - lay->fb_bytes) / d->pitch;
    d->rows = at_most(stored, room);
    bool one_less = d->fmt == ORL_PIX_BGR24_IN_32 && d->h - stored == 1 &&
                    !(d->flags & ORL_FRAME_TRUNCATED);
    d->extra_rows = one_less && room > stored ? 1 : 0;
    return d->rows > 0;
}

static void read_damage(struct orl_frame_desc *d, const struct header *h)
{
    const struct orl_layout *lay = h->lay;
    uint32_t count = get32(h, lay->frame_damage_count);
    if (count == 0 || count > ORL_RECTS_MAX) {
        orl_rects_set_full(&d->damage);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *r = h->raw + lay->frame_damage + (size_t)i * lay->rect_bytes;
        d->damage.r[i] = (struct orl_rect){
            orl_get_u32(r + lay->rect_x), orl_get_u32(r + lay->rect_y),
            orl_get_u32(r + lay->rect_width), orl_get_u32(r + lay->rect_height)};
    }
    d->damage.n = count;
    orl_rects_clip(&d->damage, d->w, d->rows);
}

static uint16_t get_chromaticity(const uint8_t *p)
{
    return (uint16_t)at_most(orl_get_u16(p), CHROMATICITY_MAX);
}

static void read_colour(struct orl_frame_desc *d, const struct header *h)
{
    const struct orl_layout *lay = h->lay;
    uint32_t white = get32(h, lay->frame_sdr_white_nits);
    d->white_nits = white == 0 ? ORL_WHITE_NITS : at_most(white, NITS_MAX);
    if (!(d->flags & ORL_FRAME_HDR_METADATA) || lay->frame_hdr_primaries == ORL_ABSENT) {
        return;
    }
    for (size_t i = 0; i < 6; i++) {
        d->hdr.primaries[i] = get_chromaticity(h->raw + lay->frame_hdr_primaries + 2 * i);
    }
    for (size_t i = 0; i < 2; i++) {
        d->hdr.white[i] = get_chromaticity(h->raw + lay->frame_hdr_white_point + 2 * i);
    }
    d->hdr.max_display_nits = at_most(get32(h, lay->frame_hdr_max_display_lum), NITS_MAX);
    d->hdr.min_display = at_most(get32(h, lay->frame_hdr_min_display_lum), MIN_LUMINANCE_MAX);
    if (d->hdr.max_display_nits != 0 &&
        d->hdr.min_display >= d->hdr.max_display_nits * 10000u) {
        d->hdr.min_display = 0; /* compositors end the connection over an empty range */
    }
    d->hdr.max_cll = at_most(get32(h, lay->frame_hdr_max_cll), NITS_MAX);
    d->hdr.max_fall = at_most(get32(h, lay->frame_hdr_max_fall), NITS_MAX);
}

static void read_timing(struct orl_frame_desc *d, const struct header *h)
{
    const struct orl_layout *lay = h->lay;
    d->capture_ns = get64(h, lay->frame_capture_ns);
    d->post_process_ns = get64(h, lay->frame_post_process_ns);
    d->copy_ns = get64(h, lay->frame_copy_ns);
    d->ready_ns = get64(h, lay->frame_ready_ns);
    d->hold_ns = get64(h, lay->frame_hold_ns);
    d->ready_lead_ns = get64(h, lay->frame_ready_lead_ns);
    d->timing_serial = get32(h, lay->frame_timing_serial);
    d->timing_valid = get32(h, lay->frame_timing_valid);
    d->timing_flags = get32(h, lay->frame_timing_flags);
    d->sched_generation = get32(h, lay->frame_sched_generation);
    d->sched_epoch = get32(h, lay->frame_sched_epoch);
    d->sched_deadline_serial = get32(h, lay->frame_sched_deadline_serial);
}

int orl_frame_read(struct orl_frame_desc *out, const struct orl_layout *lay, struct orl_mem mem,
                   struct orl_payload msg)
{
    struct header h;
    h.lay = lay;
    if (msg.size < lay->frame_bytes || !orl_mem_has(mem, msg.off, msg.size) ||
        !orl_mem_copy(h.raw, mem, msg.off, lay->frame_bytes)) {
        return ORL_EMALFORMED;
    }
    struct orl_frame_desc d = {
        .serial = get32(&h, lay->frame_serial),
        .format_id = get32(&h, lay->frame_format_ver),
        .flags = get32(&h, lay->frame_flags) & lay->known_flags,
    };
    if (!read_picture(&d, &h) || !read_buffer(&d, &h, msg)) {
        return ORL_EMALFORMED;
    }
    uint32_t rotation = get32(&h, lay->frame_rotation);
    d.rotation = rotation <= 3 ? (uint8_t)rotation : 0;
    read_damage(&d, &h);
    read_colour(&d, &h);
    read_timing(&d, &h);
    *out = d;
    return ORL_OK;
}
