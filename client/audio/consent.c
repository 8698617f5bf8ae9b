/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "audio"
#include "audio/consent.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

#define UNKNOWN  "unknown"
#define FILE_MAX 65536

/* ---- the file: one line "UUID allow|deny" a guest ------------------------------------------- */

enum file_state { FILE_NONE, FILE_WHOLE, FILE_BAD };

/* Everything of an open file as text in *out, which the caller frees; else false, with `why`. */
static bool read_all(int fd, char **out, const char **why)
{
    struct stat st;
    char *text = malloc(FILE_MAX + 1);
    size_t n = 0;
    ssize_t got = 1;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !text) {
        *why = text ? "it is not a file" : "out of memory";
        free(text);
        return false;
    }
    while (n <= FILE_MAX && (got = read(fd, text + n, FILE_MAX + 1 - n)) > 0) {
        n += (size_t)got;
    }
    *why = got < 0              ? strerror(errno)
           : n > FILE_MAX       ? "it is longer than 64 KiB"
           : memchr(text, 0, n) ? "it is not text"
                                : NULL;
    if (*why) {
        free(text);
        return false;
    }
    text[n] = 0;
    *out = text;
    return true;
}

/* Whole file, terminated, in *out (the caller frees it); what is not whole gives none of it. */
static enum file_state read_file(const char *path, char **out, const char **why)
{
    *out = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        *why = strerror(errno);
        return errno == ENOENT || errno == ENOTDIR ? FILE_NONE : FILE_BAD;
    }
    bool whole = read_all(fd, out, why);
    close(fd);
    return whole ? FILE_WHOLE : FILE_BAD;
}

/* Length of the line at `at` with its end. */
static size_t line_bytes(const char *at)
{
    size_t n = strcspn(at, "\n");
    return at[n] ? n + 1 : n;
}

/* Is this line about `guest`? *answer points behind the name then. */
static bool is_about(const char *line, const char *guest, const char **answer)
{
    size_t n = strlen(guest);
    if (strncasecmp(line, guest, n) != 0 || line[n] != ' ') {
        return false;
    }
    *answer = line + n + 1;
    return true;
}

static bool has_word(const char *at, const char *word)
{
    size_t n = strlen(word);
    return strncmp(at, word, n) == 0 && (at[n] == 0 || isspace((unsigned char)at[n]));
}

static void say_unreadable(struct orl_consent *c, const char *why)
{
    if (!c->said_unreadable) {
        orl_warn(
            "the answers about the microphone cannot be read, and the file is left as it is: "
            "%s: %s",
            c->path, why);
        c->said_unreadable = true;
    }
}

static void load(struct orl_consent *c)
{
    char *text = NULL;
    const char *why = "";
    c->remembered = c->unreadable = false;
    if (!c->path || strcmp(c->guest, UNKNOWN) == 0) {
        return;
    }
    if (read_file(c->path, &text, &why) == FILE_BAD) {
        c->unreadable = true;
        say_unreadable(c, why);
    }
    for (const char *at = text; at && *at; at += line_bytes(at)) {
        const char *answer;
        if (is_about(at, c->guest, &answer) &&
            (has_word(answer, "allow") || has_word(answer, "deny"))) {
            c->remembered = true;
            c->remembered_allow = has_word(answer, "allow");
        }
    }
    free(text);
}

/* The other guests' lines, then ours. */
static bool write_lines(FILE *f, const char *text, const struct orl_consent *c)
{
    for (const char *at = text; at && *at;) {
        size_t n = line_bytes(at);
        const char *answer;
        if (!is_about(at, c->guest, &answer)) {
            fwrite(at, 1, n, f);
            if (at[n - 1] != '\n') {
                fputc('\n', f);
            }
        }
        at += n;
    }
    fprintf(f, "%s %s\n", c->guest, c->remembered_allow ? "allow" : "deny");
    return fflush(f) == 0 && !ferror(f) && fsync(fileno(f)) == 0;
}

/* A new file beside the old one takes its name, so that there is always a whole one. NULL, or why
 * not. */
static const char *replace_file(const struct orl_consent *c, const char *text)
{
    char fresh[4096];
    int n = snprintf(fresh, sizeof(fresh), "%s.XXXXXX", c->path);
    if (n < 0 || (size_t)n >= sizeof(fresh)) {
        return strerror(ENAMETOOLONG);
    }
    int fd = mkstemp(fresh);
    if (fd < 0) {
        return strerror(errno);
    }
    FILE *f = fdopen(fd, "w");
    if (!f) {
        close(fd);
        unlink(fresh);
        return "out of memory";
    }
    errno = 0;
    bool good = write_lines(f, text, c);
    good = fclose(f) == 0 && good;
    if (!good || rename(fresh, c->path) != 0) {
        const char *why = strerror(errno ? errno : EIO);
        unlink(fresh);
        return why;
    }
    return NULL;
}

/* What is there already is kept, or nothing is written. */
static const char *keep(const struct orl_consent *c)
{
    char *text = NULL;
    const char *why = NULL;
    if (read_file(c->path, &text, &why) == FILE_BAD) {
        return why;
    }
    why = replace_file(c, text);
    free(text);
    return why;
}

static void make_folder(const struct orl_consent *c)
{
    char folder[4096];
    if (orl_str_copy(folder, sizeof(folder), c->path) && strrchr(folder, '/')) {
        *strrchr(folder, '/') = 0;
        if (folder[0]) {
            mkdir(folder, 0700); /* what is wrong with it shows when the file is written */
        }
    }
}

static void save(struct orl_consent *c)
{
    const char *why = "the guest has no UUID";
    const char *path = c->path ? c->path : "there is no home for it";
    if (c->path && strcmp(c->guest, UNKNOWN) != 0) {
        make_folder(c);
        why = keep(c);
    }
    if (why) {
        snprintf(c->trouble, sizeof(c->trouble), "%.120s: %.60s", path, why);
        orl_warn("the answer about the microphone is not kept: %s: %s", path, why);
    }
}

/* ---- the machine ---------------------------------------------------------------------------- */

static bool enter(struct orl_consent *c, enum orl_mic_state state)
{
    bool changed = c->state != state;
    c->state = state;
    return changed;
}

/* Without a word of the user now. Of the setting and a remembered answer the more careful one
 * wins: `allow` in the configuration does not undo a "no" that was given to this guest, nor one that
 * may stand in a file that cannot be read. */
static enum orl_mic_state decide(const struct orl_consent *c, uint64_t now_ns)
{
    if (c->off || c->setting == ORL_MIC_DENY || (c->remembered && !c->remembered_allow)) {
        return ORL_MIC_REFUSED;
    }
    if ((c->setting == ORL_MIC_ALLOW && !c->unreadable) || c->remembered) {
        return ORL_MIC_OPEN;
    }
    return c->quiet_ns && now_ns < c->quiet_ns ? ORL_MIC_REFUSED : ORL_MIC_ASKING;
}

void orl_consent_init(struct orl_consent *c, enum orl_mic_default setting, const char *path)
{
    memset(c, 0, sizeof(*c));
    c->setting = setting;
    c->path = path;
    orl_str_copy(c->guest, sizeof(c->guest), UNKNOWN);
}

void orl_consent_set_guest(struct orl_consent *c, const char *uuid)
{
    bool named =
        uuid && uuid[0] && strlen(uuid) < sizeof(c->guest) && !strpbrk(uuid, " \t\r\n");
    orl_str_copy(c->guest, sizeof(c->guest), named ? uuid : UNKNOWN);
    if (named && strcmp(c->guest, UNKNOWN) != 0) {
        if (strcmp(c->quiet_guest, UNKNOWN) != 0 && strcmp(c->quiet_guest, c->guest) != 0) {
            c->quiet_ns = 0; /* the no was for another one */
            c->off = false;
        }
        orl_str_copy(c->quiet_guest, sizeof(c->quiet_guest), c->guest);
    }
    load(c);
}

bool orl_consent_wanted(struct orl_consent *c, bool wanted, uint64_t now_ns)
{
    bool was = c->wanted;
    c->wanted = wanted;
    if (!wanted) {
        return enter(c, ORL_MIC_IDLE);
    }
    if (was && c->state == ORL_MIC_OPEN && c->remembered && !c->remembered_allow) {
        return enter(c, ORL_MIC_REFUSED); /* who the guest is became known just now */
    }
    if (was && c->state != ORL_MIC_ASKING) {
        return false; /* said again: what holds, holds */
    }
    return enter(c, decide(c, now_ns));
}

bool orl_consent_answer(struct orl_consent *c, bool allow, bool remember, uint64_t now_ns)
{
    c->trouble[0] = 0;
    c->quiet_ns = allow ? 0 : now_ns + ORL_CONSENT_QUIET_NS;
    c->off = c->off && !allow;
    orl_str_copy(c->quiet_guest, sizeof(c->quiet_guest), c->guest);
    if (remember) {
        c->remembered = true;
        c->remembered_allow = allow;
        save(c);
    }
    if (!c->wanted) {
        return false;
    }
    return enter(c, allow ? ORL_MIC_OPEN : ORL_MIC_REFUSED);
}

bool orl_consent_toggle(struct orl_consent *c)
{
    if (!c->wanted || c->state == ORL_MIC_ASKING) {
        return false;
    }
    bool open = c->state != ORL_MIC_OPEN;
    c->quiet_ns = open ? 0 : c->quiet_ns;
    c->off = !open;
    orl_str_copy(c->quiet_guest, sizeof(c->quiet_guest), c->guest);
    return enter(c, open ? ORL_MIC_OPEN : ORL_MIC_REFUSED);
}

bool orl_consent_cycle_default(struct orl_consent *c, uint64_t now_ns)
{
    c->setting = c->setting == ORL_MIC_PROMPT  ? ORL_MIC_ALLOW
                 : c->setting == ORL_MIC_ALLOW ? ORL_MIC_DENY
                                               : ORL_MIC_PROMPT;
    if (!c->wanted) {
        return false;
    }
    /* Passing `allow` on the way to `deny` must not open what was refused. */
    if (c->setting == ORL_MIC_ALLOW) {
        return c->state == ORL_MIC_ASKING && enter(c, decide(c, now_ns));
    }
    return c->setting == ORL_MIC_DENY && enter(c, ORL_MIC_REFUSED);
}

/* ---- the line ------------------------------------------------------------------------------- */

static void end_line(struct orl_consent *c, uint64_t now_ns)
{
    c->line_used_ns += now_ns - c->line_from_ns;
    c->line_from_ns = 0;
    c->line_end_ns = now_ns;
    if (c->line_used_ns >= ORL_CONSENT_SHOW_NS) {
        c->line_used_ns = 0;
        c->line_due_ns = now_ns + ORL_CONSENT_REST_NS;
    }
}

static void begin_line(struct orl_consent *c, uint64_t now_ns)
{
    if (c->line_end_ns && now_ns - c->line_end_ns >= ORL_CONSENT_REST_NS) {
        c->line_used_ns = 0;
    }
    c->line_from_ns = now_ns;
}

bool orl_consent_line(struct orl_consent *c, uint64_t now_ns, uint64_t *due_ns)
{
    bool ask = c->state == ORL_MIC_ASKING;
    c->line_over = ask && c->line_over;
    if (c->line_from_ns) {
        uint64_t left = ORL_CONSENT_SHOW_NS - c->line_used_ns;
        if (!ask || now_ns - c->line_from_ns >= left) {
            end_line(c, now_ns);
            c->line_over = ask;
        }
    } else if (ask && !c->line_over && now_ns >= c->line_due_ns) {
        begin_line(c, now_ns);
    }
    *due_ns = UINT64_MAX;
    if (c->line_from_ns) {
        *due_ns = c->line_from_ns + ORL_CONSENT_SHOW_NS - c->line_used_ns;
    } else if (ask && !c->line_over) {
        *due_ns = c->line_due_ns;
    }
    return c->line_from_ns != 0;
}
