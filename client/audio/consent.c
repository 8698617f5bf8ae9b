/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "audio"
#include "audio/consent.h"

#include <ctype.h>
#include <errno.h>
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

/* Whole file, terminated, or NULL: none, too long or unreadable. The caller frees it. */
static char *read_file(const char *path)
{
    FILE *f = path ? fopen(path, "re") : NULL;
    if (!f) {
        return NULL;
    }
    char *text = malloc(FILE_MAX + 1);
    size_t n = text ? fread(text, 1, FILE_MAX + 1, f) : 0;
    bool good = text && !ferror(f) && n <= FILE_MAX;
    fclose(f);
    if (!good) {
        free(text);
        return NULL;
    }
    text[n] = 0;
    return text;
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

static void load(struct orl_consent *c)
{
    c->remembered = false;
    char *text = strcmp(c->guest, UNKNOWN) ? read_file(c->path) : NULL;
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

/* A new file beside the old one takes its name, so that there is always a whole one. */
static bool replace_file(const struct orl_consent *c)
{
    char fresh[4096];
    int n = snprintf(fresh, sizeof(fresh), "%s.XXXXXX", c->path);
    int fd = n > 0 && (size_t)n < sizeof(fresh) ? mkstemp(fresh) : -1;
    if (fd < 0) {
        return false;
    }
    FILE *f = fdopen(fd, "w");
    if (!f) {
        close(fd);
        unlink(fresh);
        return false;
    }
    char *text = read_file(c->path);
    bool good = write_lines(f, text, c);
    free(text);
    good = fclose(f) == 0 && good;
    if (!good || rename(fresh, c->path) != 0) {
        int err = errno;
        unlink(fresh);
        errno = err;
        return false;
    }
    return true;
}

static void save(const struct orl_consent *c)
{
    if (!c->path || !strcmp(c->guest, UNKNOWN)) {
        return;
    }
    char folder[4096];
    if (orl_str_copy(folder, sizeof(folder), c->path) && strrchr(folder, '/')) {
        *strrchr(folder, '/') = 0;
        if (folder[0]) {
            mkdir(folder, 0700); /* what is wrong with it shows below */
        }
    }
    errno = 0;
    if (!replace_file(c)) {
        orl_warn("the answer about the microphone is not kept: %s: %s", c->path,
                 strerror(errno ? errno : EIO));
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
 * wins: `allow` in the configuration does not undo a "no" that was given to this guest. */
static enum orl_mic_state decide(const struct orl_consent *c)
{
    if (c->setting == ORL_MIC_DENY || (c->remembered && !c->remembered_allow)) {
        return ORL_MIC_REFUSED;
    }
    if (c->setting == ORL_MIC_ALLOW || c->remembered) {
        return ORL_MIC_OPEN;
    }
    return ORL_MIC_ASKING;
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
    load(c);
}

bool orl_consent_wanted(struct orl_consent *c, bool wanted)
{
    bool was = c->wanted;
    c->wanted = wanted;
    if (!wanted) {
        return enter(c, ORL_MIC_IDLE);
    }
    if (was && c->state != ORL_MIC_ASKING) {
        return false; /* said again: what holds, holds */
    }
    return enter(c, decide(c));
}

bool orl_consent_answer(struct orl_consent *c, bool allow, bool remember)
{
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
    if (!c->wanted) {
        return false;
    }
    return enter(c, c->state == ORL_MIC_OPEN ? ORL_MIC_REFUSED : ORL_MIC_OPEN);
}

bool orl_consent_cycle_default(struct orl_consent *c)
{
    c->setting = c->setting == ORL_MIC_PROMPT  ? ORL_MIC_ALLOW
                 : c->setting == ORL_MIC_ALLOW ? ORL_MIC_DENY
                                               : ORL_MIC_PROMPT;
    if (!c->wanted) {
        return false;
    }
    /* Passing `allow` on the way to `deny` must not open what was refused. */
    if (c->setting == ORL_MIC_ALLOW) {
        return c->state == ORL_MIC_ASKING && enter(c, decide(c));
    }
    return c->setting == ORL_MIC_DENY && enter(c, ORL_MIC_REFUSED);
}
