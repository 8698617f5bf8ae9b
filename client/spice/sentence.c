/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "base/str.h"
#include "spice/spice.h"

struct words {
    const char *headline, *hint; /* %s: the address */
};

/* By fault, while it is tried again. */
static const struct words waiting[] = {
    [ORL_SPICE_FINE] = {"Connecting to SPICE at %s.", ""},
    [ORL_SPICE_NO_SOCKET] = {"There is no SPICE socket %s.",
                             "Start the virtual machine, or correct spice:host."},
    [ORL_SPICE_NO_ACCESS] = {"No permission to open the SPICE socket %s.",
                             "Give your user access to the socket (its group, or an ACL)."},
    [ORL_SPICE_REFUSED] = {"Nobody listens for SPICE at %s.",
                           "Start the virtual machine, or correct spice:host and spice:port."},
    [ORL_SPICE_NO_HOST] = {"The SPICE host %s cannot be reached.",
                           "Check spice:host and the network."},
    [ORL_SPICE_AUTH] = {"The SPICE server at %s refused the password.",
                        "Enter the right one, or set spice:password or spice:passwordFile."},
    [ORL_SPICE_TLS] = {"No trusted TLS connection to the SPICE server at %s.",
                       "Check spice:tlsPort, spice:caFile and spice:hostSubject."},
    [ORL_SPICE_GARBAGE] = {"What answers at %s is not a SPICE server.",
                           "Check spice:host and spice:port."},
    [ORL_SPICE_TIMEOUT] = {"The SPICE server at %s does not answer.",
                           "The virtual machine may be paused or hung; it is tried again."},
    [ORL_SPICE_LOST] = {"The SPICE connection to %s ended.",
                        "Input and sound come back when the virtual machine does."},
    [ORL_SPICE_BAD_FILE] = {"The password or certificate file for SPICE cannot be read.",
                            "Check spice:passwordFile and spice:caFile."},
};

static const struct words by_state[] = {
    [ORL_SPICE_OFF] = {"SPICE is not in use: no input, no sound.",
                       "Set spice:enable to use them."},
    [ORL_SPICE_CONNECTING] = {"Connecting to SPICE at %s.", ""},
    [ORL_SPICE_READY] = {"Connected to SPICE at %s.", ""},
    [ORL_SPICE_TAKEN] = {"Another program has taken the SPICE session of %s.",
                         "Take it back with the key for it, or close the other program."},
};

static void address(const struct orl_spice_conf *c, char *out, size_t cap)
{
    int port = c->tls_port != 0 ? c->tls_port : c->port; /* with both, all goes over TLS */
    const char *host = c->host ? c->host : "";
    if (port == 0) {
        orl_str_copy(out, cap, host);
    } else {
        char text[320];
        snprintf(text, sizeof(text), "%s port %d", host, port);
        orl_str_copy(out, cap, text);
    }
}

static const struct words *choose(const struct orl_spice_status *s,
                                  const struct orl_spice_conf *c)
{
    static const struct words socket_with_port = {
        "The SPICE host %s cannot be reached.",
        "It is the path of a socket: set spice:port=0, and no spice:tlsPort."};
    static const struct words asked = {
        "The SPICE server at %s wants a password.",
        "Enter it, or set spice:password or spice:passwordFile."};
    if (s->state == ORL_SPICE_PASSWORD) {
        return s->password_tried ? &waiting[ORL_SPICE_AUTH] : &asked;
    }
    if (s->state == ORL_SPICE_WAITING || s->state == ORL_SPICE_CONNECTING) {
        if (s->fault == ORL_SPICE_NO_HOST && c->host && c->host[0] == '/') {
            return &socket_with_port;
        }
        size_t n = sizeof(waiting) / sizeof(waiting[0]);
        return &waiting[(size_t)s->fault < n ? s->fault : ORL_SPICE_LOST];
    }
    return &by_state[s->state];
}

/* `format` is one of the constants above: at most one %s. */
static void fill(char *out, size_t cap, const char *format, const char *where)
{
    char text[512];
    const char *mark = format;
    while (*mark && !(mark[0] == '%' && mark[1] == 's')) {
        mark++;
    }
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(mark - format), format, *mark ? where : "",
             *mark ? mark + 2 : "");
    orl_str_copy(out, cap, text);
}

void orl_spice_sentence(const struct orl_spice_status *s, const struct orl_spice_conf *conf,
                        char *headline, size_t headline_cap, char *hint, size_t hint_cap)
{
    char where[300];
    address(conf, where, sizeof(where));
    const struct words *w = choose(s, conf);
    fill(headline, headline_cap, w->headline, where);
    fill(hint, hint_cap, w->hint, where);
}
