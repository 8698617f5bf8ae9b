/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyboard and mouse through the guest's memory (master, feature 8): what the guest says about it
 * (status messages of the input queue) and what a viewer writes (records of a stream). Reports are
 * states, not events: all buttons, all keys.
 * Readers take private copies. Pure; any thread.
 */
#ifndef ORL_WIRE_HID_H
#define ORL_WIRE_HID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/stream.h"

#define ORL_HID_VERSION      3 /* written; 1 to 3 are read */
#define ORL_HID_ENDPOINTS    8 /* one for each viewer that can subscribe */
#define ORL_HID_LEASE_MS     500
#define ORL_HID_BUTTONS_MAX  32
#define ORL_HID_SLOT_COUNT   128 /* of every endpoint's stream */
#define ORL_HID_SLOT_BYTES   64
#define ORL_HID_REGION_BYTES 16640

#define ORL_HID_KEYS      6    /* held at a time, besides the modifiers */
#define ORL_HID_USAGE_MAX 0xE7 /* HID usage page 7 */
#define ORL_HID_DELTA_MIN (-131072)
#define ORL_HID_DELTA_MAX 131068
#define ORL_HID_WHEEL_MAX 508   /* and as much the other way */
#define ORL_HID_PLACE_MAX 32767 /* right or bottom pixel */

enum orl_hid_capability { ORL_HID_RELATIVE = 1, ORL_HID_ABSOLUTE = 2, ORL_HID_KEYBOARD = 4 };
enum orl_hid_led { /* the wire's numbers */
                   ORL_HID_LED_NUM = 1,
                   ORL_HID_LED_CAPS = 2,
                   ORL_HID_LED_SCROLL = 4,
                   ORL_HID_LED_COMPOSE = 8,
                   ORL_HID_LED_KANA = 16
};

struct orl_hid_endpoint {
    struct orl_stream_desc stream;
    uint32_t client_id; /* 0: free */
    uint32_t epoch;     /* of the stream's binding; 0 when free */
};

struct orl_hid_status {
    uint32_t version;
    uint32_t capabilities; /* enum orl_hid_capability */
    bool available, has_owner, leds_valid;
    uint32_t generation;                        /* of the whole endpoint; not 0 */
    uint32_t owner_client_id, owner_generation; /* both 0 without an owner */
    uint32_t lease_ms, max_buttons;             /* not 0 */
    uint32_t stream_generation;                 /* changes with every binding; not 0 */
    uint8_t leds;                               /* enum orl_hid_led */
    struct orl_hid_endpoint endpoints[ORL_HID_ENDPOINTS];
};

/*
 * Checks a private copy of ORL_LEN_hstat bytes by every rule of the status. ORL_OK or
 * ORL_EMALFORMED (`out` untouched). Regions are not compared with the size of the memory.
 */
ORL_MUST int orl_hid_status_read(struct orl_hid_status *out, const uint8_t *raw);

/* The guest's side: ORL_LEN_hstat bytes, unchecked (tests write broken ones). */
void orl_hid_status_write(uint8_t *dst, const struct orl_hid_status *status);

enum orl_hid_type { /* the wire's numbers */
                    ORL_HID_CLAIM = 1,
                    ORL_HID_RELEASE = 2,
                    ORL_HID_KEEPALIVE = 3,
                    ORL_HID_RESET = 4, /* all keys and buttons up, the owner stays */
                    ORL_HID_MOUSE_RELATIVE = 5,
                    ORL_HID_MOUSE_ABSOLUTE = 6,
                    ORL_HID_KEYS_HELD = 7
};

struct orl_hid_record {
    enum orl_hid_type type;
    uint32_t generation, sequence;
    uint32_t buttons;           /* mouse: bit i is HID button i + 1 */
    int32_t dx, dy;             /* relative: ORL_HID_DELTA_MIN..MAX */
    uint16_t x, y;              /* absolute: 0..ORL_HID_PLACE_MAX */
    int32_t wheel;              /* mouse: notches, > 0 away from the user */
    uint8_t modifiers;          /* keys: left ctrl, shift, alt, gui = bits 0..3, right 4..7 */
    uint8_t keys[ORL_HID_KEYS]; /* keys: usages, 0 none */
};

/* Encodes ORL_LEN_hmsg bytes. ORL_OK, or ORL_EINVAL: a value is outside of its range. */
ORL_MUST int orl_hid_record_write(uint8_t *dst, const struct orl_hid_record *rec);

/* The guest's side: checks a private copy of `len` bytes. ORL_OK or ORL_EMALFORMED. */
ORL_MUST int orl_hid_record_read(struct orl_hid_record *out, const uint8_t *raw, uint32_t len);

/* Sequence numbers of records and generations of claims count 1, 2, ... 2^32 - 1, 1. */
static inline uint32_t orl_hid_after(uint32_t n)
{
    return n == UINT32_MAX ? 1 : n + 1;
}

#endif
