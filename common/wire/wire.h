/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's messages as checked, version-free values, and the way from and to bytes.
 *
 * Readers copy the fixed part of a message out of shared memory once, decode and check the copy
 * and use nothing else; no value here points into shared memory, offsets are inside the mapping
 * for ever. Writers are the guest's side, used by the synthetic guest and the tests.
 * All functions are pure, never block, never allocate; any thread.
 */
#ifndef ORL_WIRE_WIRE_H
#define ORL_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/rect.h"
#include "wire/layout.h"

/* One message of a queue; offset and size are already known to lie inside the memory. */
struct orl_payload {
    size_t off;    /* bytes from the start of the memory */
    uint32_t size; /* bytes of the allocation, not of its content */
    uint64_t tag;  /* application word */
};

/* ---- Session ------------------------------------------------------------------------------- */

#define ORL_USER_DATA_MAX 65536 /* policy: real sessions have about 150 bytes */

enum orl_feature {
    ORL_FEATURE_SET_CURSOR_POS = 1,
    ORL_FEATURE_WINDOW_SIZE = 2,
    ORL_FEATURE_FRAME_SCHEDULE = 4,
    ORL_FEATURE_INPUT = 8,
    ORL_FEATURE_CLIPBOARD = 16
};
enum orl_guest_os { ORL_OS_LINUX, ORL_OS_BSD, ORL_OS_OSX, ORL_OS_WINDOWS, ORL_OS_OTHER };

/* Strings are NUL-terminated and hold printable ASCII only (other bytes become '?'). */
struct orl_session_info {
    uint32_t kvmfr;        /* message protocol version */
    char host_version[33]; /* version of the guest software */
    uint32_t features;     /* enum orl_feature */
    uint32_t records;      /* records found, known or not */
    bool has_vm, has_os;   /* which of the groups below were sent */
    uint8_t uuid[16];      /* all zero: unknown */
    char capture[33];      /* capture method */
    uint8_t cpus, cores, sockets;
    char model[128]; /* CPU model */
    uint8_t os;      /* enum orl_guest_os, may be a larger unknown number */
    char os_name[128];
};

/*
 * Parses a private copy of the LGMP user data. `lay` is the row chosen by the control block.
 * ORL_OK; ORL_EMALFORMED: too short or wrong magic; ORL_EVERSION: the message protocol is not the
 * one of `lay` (out->kvmfr and out->host_version are filled for the message to the user).
 */
ORL_MUST int orl_session_info_read(struct orl_session_info *out, const struct orl_layout *lay,
                                   const uint8_t *data, size_t len);

/* Writes the guest's user data; returns the bytes used, 0 when `cap` is too small. */
size_t orl_session_info_write(uint8_t *dst, size_t cap, const struct orl_layout *lay,
                              const struct orl_session_info *info);

/* ---- Frames -------------------------------------------------------------------------------- */

#define ORL_FRAME_SIDE_MAX 16384 /* pixels, policy */
#define ORL_WHITE_NITS     203   /* SDR white when the guest says 0 (ITU-R BT.2408) */

enum orl_pixfmt {                          /* the wire's numbers, all releases */
                  ORL_PIX_BGRA8 = 1,       /* B,G,R,X bytes */
                  ORL_PIX_RGBA8 = 2,       /* R,G,B,X bytes */
                  ORL_PIX_RGB10A2 = 3,     /* u32: R bits 0-9, G 10-19, B 20-29 */
                  ORL_PIX_RGBA16F = 4,     /* four IEEE halves R,G,B,X */
                  ORL_PIX_BGR24_IN_32 = 5, /* B,G,R bytes, rows padded to 4-byte units */
                  ORL_PIX_RGB24 = 6        /* R,G,B bytes */
};
enum orl_frame_flag { /* the wire's numbers */
                      ORL_FRAME_BLOCK_SCREENSAVER = 1,
                      ORL_FRAME_REQUEST_ACTIVATION = 2,
                      ORL_FRAME_TRUNCATED = 4,
                      ORL_FRAME_HDR = 8,
                      ORL_FRAME_HDR_PQ = 16,
                      ORL_FRAME_HDR_METADATA = 32
};

struct orl_hdr {                /* SMPTE ST 2086 / CTA-861.3; 0 = unknown */
    uint16_t primaries[6];      /* Rx,Ry,Gx,Gy,Bx,By in steps of 0.00002, at most 50000 */
    uint16_t white[2];          /* x,y, same steps and limit */
    uint32_t max_display_nits;  /* cd/m2, at most 10000 */
    uint32_t min_display;       /* 0.0001 cd/m2, at most 65535 and below the maximum */
    uint32_t max_cll, max_fall; /* cd/m2, at most 10000 */
};

struct orl_frame_desc {
    uint32_t serial;    /* +1 per frame; anything else means full damage */
    uint32_t format_id; /* hint: changes when any geometry field may have changed */
    enum orl_pixfmt fmt;
    uint32_t screen_w, screen_h; /* guest screen, unrotated pixels; larger when down-scaled */
    uint32_t w, h;               /* picture, unrotated pixels */
    uint32_t rows; /* stored rows that the producer will write, 1..h; see orl_frame_read */
    uint32_t extra_rows; /* 0 or 1: a row after `rows` that may or may not be written */
    uint32_t pitch;      /* bytes per stored row */
    uint32_t row_bytes;  /* useful bytes per row, <= pitch */
    uint8_t rotation;    /* quarter turns clockwise to show it upright, 0..3 */
    uint32_t flags;      /* enum orl_frame_flag, unknown bits removed */
    uint32_t white_nits; /* luminance of SDR white, 1..10000 */
    struct orl_hdr hdr;  /* with ORL_FRAME_HDR_METADATA, else all 0 */
    size_t wp_off;       /* offset of the producer's `written` counter, 4-aligned */
    size_t pix_off; /* first pixel; (rows + extra_rows) * pitch bytes stay inside the message */
    struct orl_rects damage; /* clipped to w x rows; full when the guest sent no usable list */
    /* Master's timing and schedule, informational; 0 elsewhere. */
    uint64_t capture_ns, post_process_ns, copy_ns, ready_ns, hold_ns, ready_lead_ns;
    uint32_t timing_serial, timing_valid, timing_flags;
    uint32_t sched_generation, sched_epoch, sched_deadline_serial;
};

/* Bytes per pixel as stored: 3, 4 or 8. 0 for an unknown format. */
uint32_t orl_pixfmt_bytes(enum orl_pixfmt fmt);
const char *orl_pixfmt_name(enum orl_pixfmt fmt); /* "BGRA", ...; never NULL */

/*
 * Reads one frame message. ORL_OK, or ORL_EMALFORMED when any rule of the frame header is broken
 * (the message is finished and dropped, the previous picture stays, `out` is untouched).
 *
 * `rows` counts what can be waited for. It is less than `h` when the guest's memory was too small
 * for the picture. B7 rounds the row count of BGR24_IN_32 down by one when w mod 4 = 3 and writes
 * the last row or not, depending on how it captures; nothing announces which. That row is
 * `extra_rows` (only if the message has room for it): once `rows` are complete, take it whole if
 * `written` covers it too, else keep the old one. Damage never includes it.
 */
ORL_MUST int orl_frame_read(struct orl_frame_desc *out, const struct orl_layout *lay,
                            struct orl_mem mem, struct orl_payload msg);

/*
 * The guest's side: writes the header of `desc` into the message at `off` (`size` bytes) and sets
 * `written` to 0. pix_off of the descriptor must be off + fb_offset + 4; `damage.full` or more
 * than 64 rectangles are sent as count 0, no damage at all as one empty rectangle. `extra_rows` is
 * not sent. ORL_OK, or ORL_EINVAL: breaks a rule of orl_frame_read or does not fit (nothing written).
 */
ORL_MUST int orl_frame_write(uint8_t *base, size_t mem_size, const struct orl_layout *lay,
                             struct orl_payload msg, const struct orl_frame_desc *desc);

/* ---- Cursor -------------------------------------------------------------------------------- */

#define ORL_CURSOR_SIDE_MAX 4096 /* policy limit; real shapes are 32 to 512 pixels wide */

enum orl_cursor_flag { /* the wire's numbers */
                       ORL_CURSOR_POSITION = 1,
                       ORL_CURSOR_VISIBLE = 2,
                       ORL_CURSOR_SHAPE = 4,
                       ORL_CURSOR_TRANSFORM = 8,
                       ORL_CURSOR_VISIBLE_VALID = 16
};
enum orl_cursor_kind { ORL_CURSOR_COLOR, ORL_CURSOR_MONO, ORL_CURSOR_MASKED };

struct orl_cursor_msg {
    /* Which parts may be used; what belongs to an absent part is 0. */
    bool has_position, has_visible, has_shape, has_transform;
    bool bad_shape, bad_transform; /* announced but broken: keep the old one */
    int16_t x, y; /* top left of the shape in guest screen pixels, may be negative */
    bool visible;
    int8_t hot_x, hot_y;
    enum orl_cursor_kind kind;
    uint32_t w, h;  /* drawn size, pixels (monochrome: h is half of the stored rows) */
    uint32_t pitch; /* bytes per stored row */
    size_t shape_off, shape_bytes; /* stored rows, inside message and memory */
    size_t transform_off;
    uint32_t white_nits; /* luminance of SDR white for the cursor, 1..10000 */
};

/* Master's display calibration, to be applied to the colour cursor; see the specification 2.4. */
struct orl_color_transform {
    bool has_matrix, has_lut;
    float matrix[12]; /* 3 rows x 4, CIE XYZ to XYZ */
    float scalar;
    float lut[4096 * 4]; /* R,G,B,1.0 */
};

/*
 * Reads one pointer message. ORL_OK; a broken shape or transform is left out and flagged (the
 * rest stays usable); ORL_EMALFORMED when not even the header fits.
 */
ORL_MUST int orl_cursor_read(struct orl_cursor_msg *out, const struct orl_layout *lay,
                             struct orl_mem mem, struct orl_payload msg);

/*
 * Copies and checks the transform of a message that has one. ORL_OK or ORL_EMALFORMED (a value is
 * not finite: keep the old transform).
 */
ORL_MUST int orl_color_transform_read(struct orl_color_transform *out, struct orl_mem mem,
                                      const struct orl_cursor_msg *cur);

/*
 * Converts a private copy of a shape (`stored`: shape_bytes bytes, pitch as in `cur`) into
 * w x h x 4 bytes, in the form that gfx composes:
 *   colour  R,G,B,A premultiplied: out = min(255, src + dst * (255 - A) / 255)
 *   mono, masked  AND mask in A, XOR colour in R,G,B: out = (dst AND A) XOR src
 */
void orl_cursor_unpack(uint8_t *rgba, const struct orl_cursor_msg *cur, const uint8_t *stored);

/*
 * The guest's side. `x`, `y` ... from `cur`; tag (flags) is returned in *tag. `shape` is NULL
 * unless cur->has_shape; shape_bytes = stored rows * pitch. With cur->has_transform (master) the
 * transform is announced; write it behind the shape with orl_color_transform_write(). ORL_OK, or
 * ORL_EINVAL: does not fit the message or the release, or a shape that orl_cursor_read would refuse.
 */
ORL_MUST int orl_cursor_write(uint8_t *base, size_t mem_size, const struct orl_layout *lay,
                              struct orl_payload msg, const struct orl_cursor_msg *cur,
                              const uint8_t *shape, uint32_t shape_bytes, uint64_t *tag);

#define ORL_TRANSFORM_BYTES 65592

/* The guest's side: encodes `t` into `dst` (ORL_TRANSFORM_BYTES). */
void orl_color_transform_write(uint8_t *dst, const struct orl_color_transform *t);

/* ---- Controls (client messages on the pointer queue) --------------------------------------- */

/* Encodes into `dst` (ORL_CLIENT_BYTES); returns the length of the message in bytes. */
uint32_t orl_control_set_cursor_pos(uint8_t *dst, int32_t x, int32_t y);
uint32_t orl_control_window_size(uint8_t *dst, uint32_t w, uint32_t h);

/* ---- Recovery region (master's display driver, last 64 KiB of the memory) ------------------ */

#define ORL_RECOVERY_BYTES 65536
#define ORL_RECOVERY_LINES 16

/* Places in the region, bytes; source: tests/data/layout.json, recovery_*. */
enum orl_recovery_place {
    ORL_RECOVERY_SESSION = 24,
    ORL_RECOVERY_HEARTBEAT = 48,
    ORL_RECOVERY_READY = 60,
    ORL_RECOVERY_HEAD_BYTES = 128, /* header and info together, from 0 on */
    ORL_RECOVERY_TICKET = 128,
    ORL_RECOVERY_LINE = 192, /* of the first request */
    ORL_RECOVERY_LINE_BYTES = 64,
    ORL_RECOVERY_LINE_SERIAL = 0, /* the next three in each line */
    ORL_RECOVERY_LINE_REQUEST = 4,
    ORL_RECOVERY_LINE_SESSION = 8,
    ORL_RECOVERY_STATUS = 1216,
    ORL_RECOVERY_STATUS_SERIAL = ORL_RECOVERY_STATUS + 24,
    ORL_RECOVERY_STATUS_BYTES = 64,
    ORL_RECOVERY_STRUCT_BYTES = 1280
};

#define ORL_RECOVERY_CAN_SWITCH 1u /* bit of orl_recovery.capabilities */

enum orl_recovery_request { ORL_RECOVERY_ASK_NORMAL = 1, ORL_RECOVERY_ASK_FALLBACK = 2 };
enum orl_recovery_state {
    ORL_RECOVERY_UNKNOWN,
    ORL_RECOVERY_NORMAL,
    ORL_RECOVERY_SWITCHING,
    ORL_RECOVERY_ACTIVE, /* the fallback display is on */
    ORL_RECOVERY_FAILED
};
enum orl_recovery_error {
    ORL_RECOVERY_FINE,
    ORL_RECOVERY_UNSUPPORTED,
    ORL_RECOVERY_NO_HELPER,
    ORL_RECOVERY_TOPOLOGY,
    ORL_RECOVERY_NO_DISPLAY, /* no fallback display */
    ORL_RECOVERY_IS_BUSY,
    ORL_RECOVERY_CAPACITY
};

struct orl_recovery {
    uint32_t lgmp, kvmfr, heartbeat, capabilities;
    uint64_t session; /* never 0 */
    uint8_t uuid[16];
    char version[49];
    /* The status line; all 0 when it was not stable or is another session's. */
    uint32_t state, error; /* enum orl_recovery_state, _error; may be larger unknown numbers */
    uint32_t ack_serial, ack_request; /* ticket and kind of the request that it is about */
};

/*
 * Reads the region at the end of `mem`. ORL_OK: a region is there and consistent (whether it is
 * live is for the caller to see: `heartbeat` must move within 750 ms); ORL_EAGAIN: none. For memory
 * that another thread of this process writes to, use orl_recovery_look() of ring/recovery.h.
 */
ORL_MUST int orl_recovery_read(struct orl_recovery *out, struct orl_mem mem);

/*
 * The same in pieces, from private copies. head: ORL_RECOVERY_HEAD_BYTES from the start of the
 * region; ORL_OK (the status is 0), ORL_EAGAIN: breaks a rule. status: ORL_RECOVERY_STATUS_BYTES,
 * read after head; ORL_OK; ORL_EAGAIN: being written or of another session, `r` is untouched.
 */
ORL_MUST int orl_recovery_read_head(struct orl_recovery *out, const uint8_t *raw);
ORL_MUST int orl_recovery_read_status(struct orl_recovery *r, const uint8_t *raw);

/* The guest's side: the same pieces, `ready` and the heartbeat included, `serial` of the status. */
void orl_recovery_write_head(uint8_t *raw, const struct orl_recovery *r);
void orl_recovery_write_status(uint8_t *raw, const struct orl_recovery *r, uint32_t serial);

/* Tickets count up and wrap around: is `a` newer than `b`? Specification 6. */
static inline bool orl_recovery_newer(uint32_t a, uint32_t b)
{
    return a != b && a - b < UINT32_C(0x80000000);
}

#endif
