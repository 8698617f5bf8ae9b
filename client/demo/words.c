/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "demo/words.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define TEXT_MAX 64

const struct orl_demo_word orl_demo_releases[] = {
    {"b6", ORL_B6}, {"b7", ORL_B7}, {"master", ORL_MASTER}, {NULL, 0}};
const struct orl_demo_word orl_demo_formats[] = {{"bgra", ORL_PIX_BGRA8},
                                                 {"rgba", ORL_PIX_RGBA8},
                                                 {"rgba10", ORL_PIX_RGB10A2},
                                                 {"rgba16f", ORL_PIX_RGBA16F},
                                                 {"bgr32", ORL_PIX_BGR24_IN_32},
                                                 {"rgb24", ORL_PIX_RGB24},
                                                 {NULL, 0}};
const struct orl_demo_word orl_demo_patterns[] = {
    {"card", ORL_DEMO_CARD}, {"photo", ORL_DEMO_PHOTO}, {"solid", ORL_DEMO_SOLID}, {NULL, 0}};
const struct orl_demo_word orl_demo_damages[] = {
    {"full", ORL_DEMO_FULL}, {"moving", ORL_DEMO_MOVING}, {"random", ORL_DEMO_RANDOM},
    {"none", ORL_DEMO_NONE}, {"tile", ORL_DEMO_TILE},     {NULL, 0}};
const struct orl_demo_word orl_demo_cursors[] = {
    {"color", ORL_DEMO_CURSOR_COLOR},   {"mono", ORL_DEMO_CURSOR_MONO},
    {"masked", ORL_DEMO_CURSOR_MASKED}, {"hidden", ORL_DEMO_CURSOR_HIDDEN},
    {"none", ORL_DEMO_CURSOR_NONE},     {NULL, 0}};
const struct orl_demo_word orl_demo_paths[] = {{"circle", ORL_DEMO_PATH_CIRCLE},
                                               {"line", ORL_DEMO_PATH_LINE},
                                               {"fixed", ORL_DEMO_PATH_FIXED},
                                               {NULL, 0}};
const struct orl_demo_word orl_demo_systems[] = {
    {"windows", ORL_OS_WINDOWS}, {"linux", ORL_OS_LINUX}, {NULL, 0}};
const struct orl_demo_word orl_demo_switches[] = {{"no", 0}, {"yes", 1}, {NULL, 0}};
const struct orl_demo_word orl_demo_recoveries[] = {
    {"no", ORL_DEMO_RECOVERY_NONE},
    {"yes", ORL_DEMO_RECOVERY_ANSWER},
    {"silent", ORL_DEMO_RECOVERY_SILENT},
    {"dead", ORL_DEMO_RECOVERY_DEAD},
    {"absent", ORL_DEMO_RECOVERY_ABSENT},
    {"unsupported", ORL_DEMO_RECOVERY_FAIL + ORL_RECOVERY_UNSUPPORTED},
    {"helper", ORL_DEMO_RECOVERY_FAIL + ORL_RECOVERY_NO_HELPER},
    {"topology", ORL_DEMO_RECOVERY_FAIL + ORL_RECOVERY_TOPOLOGY},
    {"display", ORL_DEMO_RECOVERY_FAIL + ORL_RECOVERY_NO_DISPLAY},
    {"busy", ORL_DEMO_RECOVERY_FAIL + ORL_RECOVERY_IS_BUSY},
    {"capacity", ORL_DEMO_RECOVERY_FAIL + ORL_RECOVERY_CAPACITY},
    {NULL, 0}};
const struct orl_demo_word orl_demo_turns[] = {
    {"0", 0}, {"90", 1}, {"180", 2}, {"270", 3}, {NULL, 0}};
const struct orl_demo_word orl_demo_hostiles[] = {{"header", ORL_DEMO_BAD_HEADER},
                                                  {"lock", ORL_DEMO_BAD_LOCK},
                                                  {"heartbeat", ORL_DEMO_BAD_HEARTBEAT},
                                                  {"outside", ORL_DEMO_BAD_OUTSIDE},
                                                  {"written", ORL_DEMO_BAD_WRITTEN},
                                                  {"session", ORL_DEMO_BAD_SESSION},
                                                  {"ring", ORL_DEMO_BAD_RING},
                                                  {"damage", ORL_DEMO_BAD_DAMAGE},
                                                  {"huge", ORL_DEMO_BAD_HUGE},
                                                  {"cursor", ORL_DEMO_BAD_CURSOR},
                                                  {"late", ORL_DEMO_BAD_LATE},
                                                  {"input", ORL_DEMO_BAD_INPUT},
                                                  {"all", ORL_DEMO_BAD_ALL},
                                                  {"none", 0},
                                                  {NULL, 0}};

/* What the value of an event is. */
enum operand { NOTHING, COUNT, SIZE, FORMAT, TURN, CURSOR, HOSTILE };

static const struct {
    const char *name;
    enum orl_demo_action action;
    enum operand operand;
} events[] = {
    {"size", ORL_DEMO_DO_SIZE, SIZE},          {"format", ORL_DEMO_DO_FORMAT, FORMAT},
    {"rotation", ORL_DEMO_DO_ROTATION, TURN},  {"fps", ORL_DEMO_DO_FPS, COUNT},
    {"flags", ORL_DEMO_DO_FLAGS, COUNT},       {"activate", ORL_DEMO_DO_ACTIVATE, NOTHING},
    {"cursor", ORL_DEMO_DO_CURSOR, CURSOR},    {"hostile", ORL_DEMO_DO_HOSTILE, HOSTILE},
    {"restart", ORL_DEMO_DO_RESTART, NOTHING}, {"pause", ORL_DEMO_DO_PAUSE, NOTHING},
    {"resume", ORL_DEMO_DO_RESUME, NOTHING},   {"wipe", ORL_DEMO_DO_WIPE, NOTHING},
    {"quit", ORL_DEMO_DO_QUIT, NOTHING},
};
#define EVENT_NAMES (sizeof(events) / sizeof(events[0]))

bool orl_demo_word_find(const struct orl_demo_word *list, const char *text, uint32_t *out)
{
    for (; list->name; list++) {
        if (strcmp(list->name, text) == 0) {
            *out = list->value;
            return true;
        }
    }
    return false;
}

bool orl_demo_words_join(const struct orl_demo_word *list, const char *text, uint32_t *out)
{
    uint32_t all = 0, one;
    for (;;) {
        char word[TEXT_MAX];
        size_t len = strcspn(text, ",");
        if (len >= sizeof(word)) {
            return false;
        }
        memcpy(word, text, len);
        word[len] = '\0';
        if (!orl_demo_word_find(list, word, &one)) {
            return false;
        }
        all |= one;
        text += len;
        if (*text == '\0') {
            *out = all;
            return true;
        }
        text++;
    }
}

bool orl_demo_word_count(const char *text, uint32_t most, uint32_t *out)
{
    uint64_t v = 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        v = v * 10 + (uint64_t)(*text - '0');
        if (v > most) {
            return false;
        }
    }
    *out = (uint32_t)v;
    return true;
}

bool orl_demo_word_seconds(const char *text, uint64_t *ns)
{
    double s;
    if (!orl_str_to_double(text, &s) || s < 0 || s > 86400) {
        return false;
    }
    *ns = (uint64_t)(s * (double)ORL_NS_PER_S);
    return true;
}

bool orl_demo_word_size(const char *text, uint32_t *w, uint32_t *h)
{
    int a, b;
    if (!orl_str_to_pair(text, &a, &b) || a < 1 || a > ORL_FRAME_SIDE_MAX || b < 1 ||
        b > ORL_FRAME_SIDE_MAX) {
        return false;
    }
    *w = (uint32_t)a;
    *h = (uint32_t)b;
    return true;
}

bool orl_demo_word_color(const char *text, uint32_t *rgb)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t v = 0;
    if (strlen(text) != 6) {
        return false;
    }
    for (; *text; text++) {
        const char *at = strchr(digits, *text >= 'A' && *text <= 'F' ? *text + 32 : *text);
        if (!at) {
            return false;
        }
        v = v << 4 | (uint32_t)(at - digits);
    }
    *rgb = v;
    return true;
}

static bool read_operand(enum operand kind, const char *text, struct orl_demo_event *e)
{
    if (kind == NOTHING || !text) {
        return kind == NOTHING && !text;
    }
    switch (kind) {
    case COUNT: return orl_demo_word_count(text, 1000, &e->a);
    case SIZE: return orl_demo_word_size(text, &e->a, &e->b);
    case FORMAT: return orl_demo_word_find(orl_demo_formats, text, &e->a);
    case TURN: return orl_demo_word_find(orl_demo_turns, text, &e->a);
    case CURSOR: return orl_demo_word_find(orl_demo_cursors, text, &e->a);
    case HOSTILE: return orl_demo_words_join(orl_demo_hostiles, text, &e->a);
    case NOTHING: break;
    }
    return false;
}

/* Of two events at one time the one given first happens first. */
static void insert(struct orl_demo_conf *conf, struct orl_demo_event e)
{
    uint32_t i = conf->event_count++;
    for (; i > 0 && conf->events[i - 1].at_ns > e.at_ns; i--) {
        conf->events[i] = conf->events[i - 1];
    }
    conf->events[i] = e;
}

bool orl_demo_word_event(struct orl_demo_conf *conf, const char *text)
{
    char copy[TEXT_MAX];
    struct orl_demo_event e = {.at_ns = 0};
    if (conf->event_count == ORL_DEMO_EVENTS || !orl_str_copy(copy, sizeof(copy), text)) {
        return false;
    }
    char *name = strchr(copy, ':');
    if (!name) {
        return false;
    }
    *name++ = '\0';
    char *value = strchr(name, '=');
    if (value) {
        *value++ = '\0';
    }
    for (size_t i = 0; i < EVENT_NAMES; i++) {
        if (strcmp(events[i].name, name) == 0) {
            e.action = events[i].action;
            if (!orl_demo_word_seconds(copy, &e.at_ns) ||
                !read_operand(events[i].operand, value, &e)) {
                return false;
            }
            insert(conf, e);
            return true;
        }
    }
    return false;
}
