/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libspice-server knows tickets of at most 60 bytes (SPICE_MAX_PASSWORD_LENGTH); some room. */
#define PASSWORD_BYTES 256

static int open_file(const char *path, char *why, size_t why_cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        bool home = path[0] == '~'; /* a shell leaves it alone behind "=", and so do we */
        snprintf(why, why_cap, "%s: %s%s", path, strerror(errno),
                 home ? "; write the home folder out, ~ has no meaning here" : "");
    }
    return fd;
}

bool orl_secret_readable(const char *path, char *why, size_t why_cap)
{
    int fd = open_file(path, why, why_cap);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

static char *first_line(const char *path, char *why, size_t why_cap)
{
    int fd = open_file(path, why, why_cap);
    if (fd < 0) {
        return NULL;
    }
    char text[PASSWORD_BYTES];
    ssize_t n = read(fd, text, sizeof(text) - 1);
    if (n < 0) {
        snprintf(why, why_cap, "%s: %s", path, strerror(errno));
    }
    close(fd);
    char *copy = NULL;
    if (n >= 0) {
        text[n] = '\0';
        text[strcspn(text, "\r\n")] = '\0';
        copy = orl_secret_copy(text);
    }
    explicit_bzero(text, sizeof(text));
    return copy;
}

char *orl_secret_choose(const char *given, const struct orl_spice_conf *conf, char *why,
                        size_t why_cap)
{
    snprintf(why, why_cap, "no memory");
    if (given) {
        return orl_secret_copy(given);
    }
    if (conf->password && conf->password[0]) {
        return orl_secret_copy(conf->password);
    }
    if (conf->password_file && conf->password_file[0]) {
        return first_line(conf->password_file, why, why_cap);
    }
    return orl_secret_copy("");
}

char *orl_secret_copy(const char *text)
{
    return strdup(text);
}

void orl_secret_free(char **secret)
{
    if (*secret) {
        explicit_bzero(*secret, strlen(*secret));
        free(*secret);
        *secret = NULL;
    }
}
