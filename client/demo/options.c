/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of oriel-guest: one row per option, read by one loop. */
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "demo/demo.h"
#include "demo/words.h"
#include "ring/ivshmem.h"

enum kind {
    WORD,
    WORDS,
    COUNT,
    MIB,
    MILLIS,
    SECONDS,
    SIZE,
    TURN,
    COLOR,
    TEXT,
    FLAG,
    PLAIN,
    SWITCH,
    PRINT,
    EVENT
};

struct option {
    const char *name;
    enum kind kind;
    size_t field;                     /* offset in struct orl_demo_conf */
    const struct orl_demo_word *list; /* WORD, WORDS */
    uint32_t most;                    /* COUNT, MIB, MILLIS: largest number; FLAG: its bits */
    const char *value;                /* what to write after the =, for the help; NULL none */
    const char *help;
};

#define AT(field) offsetof(struct orl_demo_conf, field)

static const struct option options[] = {
    {"--release", WORD, AT(release), orl_demo_releases, 0, "b6|b7|master",
     "Guest software to imitate; b7"},
    {"--size", SIZE, AT(w), NULL, 0, "WxH", "Picture in pixels; 1280x720"},
    {"--screen", SIZE, AT(screen_w), NULL, 0, "WxH", "Screen when the picture is scaled down"},
    {"--fps", COUNT, AT(fps), NULL, 1000, "N",
     "Frames per second; 60; 0 is one frame, then idle"},
    {"--frames", COUNT, AT(frames), NULL, UINT32_MAX, "N", "Leave after so many frames"},
    {"--duration", SECONDS, AT(duration_ns), NULL, 0, "SECONDS", "Leave after this time"},
    {"--format", WORD, AT(fmt), orl_demo_formats, 0, "bgra|rgba|rgba10|rgba16f|bgr32|rgb24",
     "Pixel format; bgra"},
    {"--pattern", WORD, AT(pattern), orl_demo_patterns, 0, "card|photo|solid", "Picture; card"},
    {"--color", COLOR, AT(color), NULL, 0, "RRGGBB", "Colour of the solid picture; 336699"},
    {"--damage", WORD, AT(damage), orl_demo_damages, 0, "full|moving|random|none|tile",
     "What changes from frame to frame; moving"},
    {"--cursor", WORD, AT(cursor), orl_demo_cursors, 0, "color|mono|masked|hidden|none",
     "Kind of cursor; color"},
    {"--cursor-path", WORD, AT(cursor_path), orl_demo_paths, 0, "circle|line|fixed",
     "Where the cursor goes; circle"},
    {"--cursor-rate", COUNT, AT(cursor_hz), NULL, 1000, "N", "Positions per second; 60"},
    {"--rotation", TURN, AT(rotation), NULL, 0, "0|90|180|270", "Rotation told to the viewer"},
    {"--hdr", FLAG, AT(flags), NULL, ORL_FRAME_HDR, NULL, "Picture is HDR"},
    {"--pq", FLAG, AT(flags), NULL, ORL_FRAME_HDR | ORL_FRAME_HDR_PQ, NULL,
     "Picture is HDR, encoded with PQ"},
    {"--hdr-metadata", FLAG, AT(flags), NULL, ORL_FRAME_HDR_METADATA, NULL,
     "Frames carry mastering metadata"},
    {"--block-screensaver", FLAG, AT(flags), NULL, ORL_FRAME_BLOCK_SCREENSAVER, NULL,
     "A guest program wants the display kept on"},
    {"--activate", FLAG, AT(flags), NULL, ORL_FRAME_REQUEST_ACTIVATION, NULL,
     "The first frame asks for attention"},
    {"--white", COUNT, AT(white_nits), NULL, 10000, "NITS", "SDR white inside an HDR picture"},
    {"--seed", COUNT, AT(seed), NULL, UINT32_MAX, "N", "Seed of all that is random; 1"},
    {"--memory", MIB, AT(mem_bytes), NULL, 4095, "MIB",
     "Memory size; as needed, a power of two from 32"},
    {"--rows", COUNT, AT(max_rows), NULL, ORL_FRAME_SIDE_MAX, "N",
     "Store only so many rows: a truncated frame"},
    {"--slow-write", MILLIS, AT(slow_write_ms), NULL, 10000, "MS",
     "Time over which the pixels of a frame appear"},
    {"--os", WORD, AT(os), orl_demo_systems, 0, "windows|linux", "Guest system; windows"},
    {"--hostile", WORDS, AT(hostile), orl_demo_hostiles, 0, "KIND[,KIND]",
     "Misbehave: header, lock, heartbeat, outside, written, session, ring, damage, huge, "
     "cursor, "
     "late, input, all"},
    {"--log-posts", TEXT, AT(log_posts), NULL, 0, "FILE",
     "Write serial, monotonic time in ns and number of each posted frame"},
    {"--ring", PLAIN, AT(ring), NULL, 0, NULL,
     "Ring the doorbells of the ivshmem server's other peers with each frame"},
    {"--recovery", WORD, AT(recovery), orl_demo_recoveries, 0, "MODE",
     "What the display driver (master on windows) does when asked for its fallback display: "
     "no, "
     "yes, silent, dead, absent, or fail with unsupported, helper, topology, display, busy, "
     "capacity; no"},
    {"--input", SWITCH, AT(input), orl_demo_switches, 0, "yes|no",
     "Offer keyboard and mouse through the memory (master on windows); yes"},
    {"--log-input", TEXT, AT(log_input), NULL, 0, "FILE",
     "Write what the keyboard and the mouse were told to do"},
    {"--print-input", PRINT, AT(log_input), NULL, 0, NULL,
     "The same to the standard output: key USAGE down|up, rel DX DY, abs X Y, buttons MASK, "
     "wheel N, claim|free|drop VIEWER"},
    {"--at", EVENT, 0, NULL, 0, "SECONDS:EVENT",
     "Event while running: size=WxH format=F rotation=R fps=N cursor=C hostile=K flags=N "
     "activate "
     "restart pause resume wipe quit; may be given 32 times"},
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

static void store32(struct orl_demo_conf *conf, const struct option *o, uint32_t v)
{
    memcpy((char *)conf + o->field, &v, sizeof(v));
}

static void store64(struct orl_demo_conf *conf, const struct option *o, uint64_t v)
{
    memcpy((char *)conf + o->field, &v, sizeof(v));
}

static bool set_count(struct orl_demo_conf *conf, const struct option *o, const char *text)
{
    uint32_t v;
    if (!orl_demo_word_count(text, o->most, &v)) {
        return false;
    }
    if (o->kind == MIB) {
        store64(conf, o, (uint64_t)v << 20);
    } else if (o->field == AT(frames) || o->field == AT(seed)) {
        store64(conf, o, v);
    } else {
        store32(conf, o, v);
    }
    return true;
}

static bool set_value(struct orl_demo_conf *conf, const struct option *o, const char *text)
{
    uint32_t a, b;
    uint64_t ns;
    switch (o->kind) {
    case WORD: return orl_demo_word_find(o->list, text, &a) ? store32(conf, o, a), true : false;
    case WORDS:
        return orl_demo_words_join(o->list, text, &a) ? store32(conf, o, a), true : false;
    case COUNT:
    case MIB:
    case MILLIS: return set_count(conf, o, text);
    case SECONDS: return orl_demo_word_seconds(text, &ns) ? store64(conf, o, ns), true : false;
    case SIZE:
        if (!orl_demo_word_size(text, &a, &b)) {
            return false;
        }
        store32(conf, o, a);
        memcpy((char *)conf + o->field + sizeof(a), &b, sizeof(b)); /* the height follows */
        return true;
    case TURN:
        if (!orl_demo_word_find(orl_demo_turns, text, &a)) {
            return false;
        }
        conf->rotation = (uint8_t)a;
        return true;
    case COLOR: return orl_demo_word_color(text, &conf->color);
    case TEXT: memcpy((char *)conf + o->field, &text, sizeof(text)); return *text != '\0';
    case SWITCH:
        if (!orl_demo_word_find(o->list, text, &a)) {
            return false;
        }
        *(bool *)((char *)conf + o->field) = a != 0;
        return true;
    case EVENT: return orl_demo_word_event(conf, text);
    case PRINT:
    case PLAIN:
    case FLAG: break;
    }
    return false;
}

static void print_help(FILE *out)
{
    fputs("Usage: oriel-guest [OPTION...] FILE\n"
          "A synthetic guest: produces frames and a cursor in the shared memory FILE, or in "
          "that of\n"
          "the ivshmem server at SOCKET when FILE is ivshmem:SOCKET.\n\n",
          out);
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *o = &options[i];
        fprintf(out, "  %s%s%s\n        %s\n", o->name, o->value ? "=" : "",
                o->value ? o->value : "", o->help);
    }
    fputs("  --help\n        Print this list and leave\n", out);
}

static const struct option *find(const char *arg, size_t len)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strlen(options[i].name) == len && memcmp(options[i].name, arg, len) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

/* One argument; false after a sentence to `err`. */
static bool take(struct orl_demo_conf *conf, const char *arg, FILE *err)
{
    const char *equals = strchr(arg, '=');
    const struct option *o = find(arg, equals ? (size_t)(equals - arg) : strlen(arg));
    if (!o) {
        fprintf(err, "oriel-guest: '%s' is no option; see --help.\n", arg);
        return false;
    }
    if (o->kind == FLAG && !equals) {
        conf->flags |= o->most;
        return true;
    }
    if (o->kind == PLAIN && !equals) {
        *(bool *)((char *)conf + o->field) = true;
        return true;
    }
    if (o->kind == PRINT && !equals) {
        conf->log_input = "-";
        return true;
    }
    if (o->value && equals && set_value(conf, o, equals + 1)) {
        return true;
    }
    fprintf(err, "oriel-guest: '%s' is not understood; write %s%s%s.\n", arg, o->name,
            o->value ? "=" : "", o->value ? o->value : "");
    return false;
}

/* What no single option can know. */
static bool agrees(const struct orl_demo_conf *conf, FILE *err)
{
    const struct orl_layout *lay = orl_layout_get(conf->release);
    bool known = (uint32_t)conf->fmt <= lay->pixel_types;
    for (uint32_t i = 0; i < conf->event_count; i++) {
        const struct orl_demo_event *e = &conf->events[i];
        known &= e->action != ORL_DEMO_DO_FORMAT || e->a <= lay->pixel_types;
    }
    if (!conf->path) {
        fputs("oriel-guest: no memory file is given; see --help.\n", err);
        return false;
    }
    if (conf->ring && !orl_ivshmem_is(conf->path)) {
        fputs("oriel-guest: --ring needs the memory of an ivshmem server.\n", err);
        return false;
    }
    if (!known) {
        fprintf(err, "oriel-guest: %s has no 24-bit formats.\n", lay->name);
        return false;
    }
    if (orl_demo_memory(conf) > UINT32_MAX) {
        fputs("oriel-guest: the picture needs more than 4095 MiB of memory.\n", err);
        return false;
    }
    return true;
}

enum orl_demo_parsed orl_demo_parse(struct orl_demo_conf *conf, int argc, char *const *argv,
                                    FILE *out, FILE *err)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(out);
            return ORL_DEMO_HELP;
        }
        if (argv[i][0] == '-') {
            if (!take(conf, argv[i], err)) {
                return ORL_DEMO_BAD_USAGE;
            }
        } else if (conf->path || argv[i][0] == '\0') {
            fprintf(err, "oriel-guest: '%s' is one file too many.\n", argv[i]);
            return ORL_DEMO_BAD_USAGE;
        } else {
            conf->path = argv[i];
        }
    }
    return agrees(conf, err) ? ORL_DEMO_GO : ORL_DEMO_BAD_USAGE;
}
