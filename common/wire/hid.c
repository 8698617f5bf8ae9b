/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/hid.h"

#include <string.h>

#include "base/bytes.h"

enum { FLAG_AVAILABLE = 1, FLAG_HAS_OWNER = 2, FLAG_LEDS = 4, FLAGS_ALL = 7 };
enum { END_AVAILABLE = 1, END_BOUND = 2 };
#define CAPABILITIES_ALL 7u
#define LEDS_ALL         31u

static bool is_zero(const uint8_t *p, size_t bytes)
{
    uint8_t any = 0;
    for (size_t i = 0; i < bytes; i++) {
        any |= p[i];
    }
    return any == 0;
}

/* ---- Status -------------------------------------------------------------------------------- */

static bool read_endpoint(struct orl_hid_endpoint *out, const uint8_t *raw)
{
    uint32_t flags = orl_get_u32(raw + ORL_AT_hend_flags);
    struct orl_hid_endpoint e = {
        .client_id = orl_get_u32(raw + ORL_AT_hend_bound_client_id),
        .epoch = orl_get_u32(raw + ORL_AT_hend_binding_generation),
    };
    bool bound = (flags & END_BOUND) != 0;
    if (orl_stream_desc_read(&e.stream, raw + ORL_AT_hend_stream) != ORL_OK ||
        (flags & ~(uint32_t)END_BOUND) != END_AVAILABLE || (e.client_id != 0) != bound ||
        (e.epoch != 0) != bound || orl_get_u32(raw + ORL_AT_hend_reserved) != 0 ||
        e.stream.direction != ORL_STREAM_TO_GUEST ||
        e.stream.slot_count != ORL_HID_SLOT_COUNT ||
        e.stream.slot_bytes != ORL_HID_SLOT_BYTES ||
        e.stream.region_bytes != ORL_HID_REGION_BYTES) {
        return false;
    }
    *out = e;
    return true;
}

/* Each endpoint whole, none sharing its region or its viewer with another. */
static bool read_endpoints(struct orl_hid_endpoint *e, const uint8_t *raw)
{
    for (uint32_t i = 0; i < ORL_HID_ENDPOINTS; i++) {
        if (!read_endpoint(&e[i], raw + (size_t)i * ORL_LEN_hend)) {
            return false;
        }
        for (uint32_t k = 0; k < i; k++) {
            if (e[k].stream.off == e[i].stream.off ||
                (e[i].client_id != 0 && e[k].client_id == e[i].client_id)) {
                return false;
            }
        }
    }
    return true;
}

static bool numbers_agree(const struct orl_hid_status *s)
{
    const uint32_t least = ORL_HID_RELATIVE | ORL_HID_KEYBOARD;
    bool owned = s->owner_client_id != 0 && s->owner_generation != 0;
    bool free = s->owner_client_id == 0 && s->owner_generation == 0;
    return s->version >= 1 && s->version <= ORL_HID_VERSION && s->generation != 0 &&
           s->lease_ms != 0 && s->max_buttons != 0 && s->max_buttons <= ORL_HID_BUTTONS_MAX &&
           s->stream_generation != 0 && (s->has_owner ? owned : free) &&
           (!s->available || (s->capabilities & least) == least);
}

int orl_hid_status_read(struct orl_hid_status *out, const uint8_t *raw)
{
    uint32_t flags = orl_get_u32(raw + ORL_AT_hstat_flags);
    struct orl_hid_status s = {
        .version = orl_get_u32(raw + ORL_AT_hstat_version),
        .capabilities = orl_get_u32(raw + ORL_AT_hstat_capabilities),
        .available = (flags & FLAG_AVAILABLE) != 0,
        .has_owner = (flags & FLAG_HAS_OWNER) != 0,
        .leds_valid = (flags & FLAG_LEDS) != 0,
        .generation = orl_get_u32(raw + ORL_AT_hstat_generation),
        .owner_client_id = orl_get_u32(raw + ORL_AT_hstat_owner_client_id),
        .owner_generation = orl_get_u32(raw + ORL_AT_hstat_owner_generation),
        .lease_ms = orl_get_u32(raw + ORL_AT_hstat_lease_ms),
        .max_buttons = orl_get_u32(raw + ORL_AT_hstat_max_buttons),
        .stream_generation = orl_get_u32(raw + ORL_AT_hstat_stream_generation),
        .leds = raw[ORL_AT_hstat_keyboard_leds],
    };
    bool known = (flags & ~(uint32_t)FLAGS_ALL) == 0 &&
                 (s.capabilities & ~CAPABILITIES_ALL) == 0 && (s.leds & ~LEDS_ALL) == 0;
    bool reserved = is_zero(raw + ORL_AT_hstat_status_reserved,
                            ORL_AT_hstat_endpoints - ORL_AT_hstat_status_reserved);
    if (!known || !reserved || !numbers_agree(&s) ||
        orl_get_u32(raw + ORL_AT_hstat_stream_version) != ORL_STREAM_VERSION ||
        orl_get_u32(raw + ORL_AT_hstat_endpoint_count) != ORL_HID_ENDPOINTS ||
        !read_endpoints(s.endpoints, raw + ORL_AT_hstat_endpoints)) {
        return ORL_EMALFORMED;
    }
    *out = s;
    return ORL_OK;
}

void orl_hid_status_write(uint8_t *dst, const struct orl_hid_status *s)
{
    uint32_t flags = (s->available ? (uint32_t)FLAG_AVAILABLE : 0) |
                     (s->has_owner ? (uint32_t)FLAG_HAS_OWNER : 0) |
                     (s->leds_valid ? (uint32_t)FLAG_LEDS : 0);
    memset(dst, 0, ORL_LEN_hstat);
    orl_put_u32(dst + ORL_AT_hstat_version, s->version);
    orl_put_u32(dst + ORL_AT_hstat_capabilities, s->capabilities);
    orl_put_u32(dst + ORL_AT_hstat_flags, flags);
    orl_put_u32(dst + ORL_AT_hstat_generation, s->generation);
    orl_put_u32(dst + ORL_AT_hstat_owner_client_id, s->owner_client_id);
    orl_put_u32(dst + ORL_AT_hstat_owner_generation, s->owner_generation);
    orl_put_u32(dst + ORL_AT_hstat_lease_ms, s->lease_ms);
    orl_put_u32(dst + ORL_AT_hstat_max_buttons, s->max_buttons);
    orl_put_u32(dst + ORL_AT_hstat_stream_version, ORL_STREAM_VERSION);
    orl_put_u32(dst + ORL_AT_hstat_endpoint_count, ORL_HID_ENDPOINTS);
    orl_put_u32(dst + ORL_AT_hstat_stream_generation, s->stream_generation);
    dst[ORL_AT_hstat_keyboard_leds] = s->leds;
    for (uint32_t i = 0; i < ORL_HID_ENDPOINTS; i++) {
        const struct orl_hid_endpoint *e = &s->endpoints[i];
        uint8_t *raw = dst + ORL_AT_hstat_endpoints + (size_t)i * ORL_LEN_hend;
        orl_stream_desc_write(raw + ORL_AT_hend_stream, &e->stream);
        orl_put_u32(raw + ORL_AT_hend_bound_client_id, e->client_id);
        orl_put_u32(raw + ORL_AT_hend_binding_generation, e->epoch);
        orl_put_u32(raw + ORL_AT_hend_flags,
                    END_AVAILABLE | (e->client_id ? (uint32_t)END_BOUND : 0));
    }
}

/* ---- Records ------------------------------------------------------------------------------- */

static bool in_range(const struct orl_hid_record *r)
{
    bool wheel = r->wheel >= -ORL_HID_WHEEL_MAX && r->wheel <= ORL_HID_WHEEL_MAX;
    if (r->generation == 0 || r->sequence == 0) {
        return false;
    }
    switch (r->type) {
    case ORL_HID_CLAIM:
    case ORL_HID_RELEASE:
    case ORL_HID_KEEPALIVE:
    case ORL_HID_RESET: return true;
    case ORL_HID_MOUSE_RELATIVE:
        return wheel && r->dx >= ORL_HID_DELTA_MIN && r->dx <= ORL_HID_DELTA_MAX &&
               r->dy >= ORL_HID_DELTA_MIN && r->dy <= ORL_HID_DELTA_MAX;
    case ORL_HID_MOUSE_ABSOLUTE:
        return wheel && r->x <= ORL_HID_PLACE_MAX && r->y <= ORL_HID_PLACE_MAX;
    case ORL_HID_KEYS_HELD:
        for (uint32_t i = 0; i < ORL_HID_KEYS; i++) {
            if (r->keys[i] > ORL_HID_USAGE_MAX) {
                return false;
            }
        }
        return true;
    }
    return false;
}

int orl_hid_record_write(uint8_t *dst, const struct orl_hid_record *r)
{
    if (!in_range(r)) {
        return ORL_EINVAL;
    }
    uint8_t *body = dst + ORL_AT_hmsg_payload;
    memset(dst, 0, ORL_LEN_hmsg);
    orl_put_u32(dst + ORL_AT_hmsg_type, (uint32_t)r->type);
    orl_put_u32(dst + ORL_AT_hmsg_generation, r->generation);
    orl_put_u32(dst + ORL_AT_hmsg_sequence, r->sequence);
    if (r->type == ORL_HID_MOUSE_RELATIVE) {
        orl_put_u32(body + ORL_AT_hrel_buttons, r->buttons);
        orl_put_u32(body + ORL_AT_hrel_dx, (uint32_t)r->dx);
        orl_put_u32(body + ORL_AT_hrel_dy, (uint32_t)r->dy);
        orl_put_u32(body + ORL_AT_hrel_wheel, (uint32_t)r->wheel);
    } else if (r->type == ORL_HID_MOUSE_ABSOLUTE) {
        orl_put_u32(body + ORL_AT_habs_buttons, r->buttons);
        orl_put_u16(body + ORL_AT_habs_x, r->x);
        orl_put_u16(body + ORL_AT_habs_y, r->y);
        orl_put_u32(body + ORL_AT_habs_wheel, (uint32_t)r->wheel);
    } else if (r->type == ORL_HID_KEYS_HELD) {
        body[ORL_AT_hkey_modifiers] = r->modifiers;
        memcpy(body + ORL_AT_hkey_keys, r->keys, ORL_HID_KEYS);
    }
    return ORL_OK;
}

/* False when bytes that must be 0 are not. */
static bool read_body(struct orl_hid_record *r, const uint8_t *body)
{
    switch (r->type) {
    case ORL_HID_MOUSE_RELATIVE:
        r->buttons = orl_get_u32(body + ORL_AT_hrel_buttons);
        r->dx = (int32_t)orl_get_u32(body + ORL_AT_hrel_dx);
        r->dy = (int32_t)orl_get_u32(body + ORL_AT_hrel_dy);
        r->wheel = (int32_t)orl_get_u32(body + ORL_AT_hrel_wheel);
        return true;
    case ORL_HID_MOUSE_ABSOLUTE:
        r->buttons = orl_get_u32(body + ORL_AT_habs_buttons);
        r->x = orl_get_u16(body + ORL_AT_habs_x);
        r->y = orl_get_u16(body + ORL_AT_habs_y);
        r->wheel = (int32_t)orl_get_u32(body + ORL_AT_habs_wheel);
        return orl_get_u32(body + ORL_AT_habs_reserved) == 0;
    case ORL_HID_KEYS_HELD:
        r->modifiers = body[ORL_AT_hkey_modifiers];
        memcpy(r->keys, body + ORL_AT_hkey_keys, ORL_HID_KEYS);
        return is_zero(body + ORL_AT_hkey_reserved, ORL_LEN_hkey - ORL_AT_hkey_reserved);
    default: return is_zero(body, ORL_LEN_hmsg - ORL_AT_hmsg_payload);
    }
}

int orl_hid_record_read(struct orl_hid_record *out, const uint8_t *raw, uint32_t len)
{
    if (len != ORL_LEN_hmsg) {
        return ORL_EMALFORMED;
    }
    struct orl_hid_record r = {.type = (enum orl_hid_type)orl_get_u32(raw + ORL_AT_hmsg_type),
                               .generation = orl_get_u32(raw + ORL_AT_hmsg_generation),
                               .sequence = orl_get_u32(raw + ORL_AT_hmsg_sequence)};
    if (orl_get_u32(raw + ORL_AT_hmsg_reserved) != 0 ||
        !read_body(&r, raw + ORL_AT_hmsg_payload) || !in_range(&r)) {
        return ORL_EMALFORMED;
    }
    *out = r;
    return ORL_OK;
}
