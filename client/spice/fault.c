/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/fault.h"

#include <gio/gio.h>
#include <string.h>

#include <spice-client.h>

#include "base/str.h"

void orl_fault_set(struct orl_spice_reason *out, enum orl_spice_fault fault, const char *text)
{
    struct orl_spice_reason r = {.fault = fault};
    if (text && orl_str_is_utf8(text)) {
        orl_str_copy(r.detail, sizeof(r.detail), text);
        for (char *c = r.detail; *c; c++) {
            if ((unsigned char)*c < ' ' || *c == 0x7f) {
                *c = ' ';
            }
        }
    }
    *out = r;
}

static enum orl_spice_fault from_io_error(const GError *error)
{
    switch (error->code) {
    case G_IO_ERROR_NOT_FOUND: return ORL_SPICE_NO_SOCKET;
    case G_IO_ERROR_PERMISSION_DENIED: return ORL_SPICE_NO_ACCESS;
    case G_IO_ERROR_CONNECTION_REFUSED: return ORL_SPICE_REFUSED;
    case G_IO_ERROR_HOST_NOT_FOUND:
    case G_IO_ERROR_HOST_UNREACHABLE:
    case G_IO_ERROR_NETWORK_UNREACHABLE:
    case G_IO_ERROR_TIMED_OUT: return ORL_SPICE_NO_HOST;
    default: return ORL_SPICE_LOST;
    }
}

void orl_fault_from_event(struct orl_spice_reason *out, int event, const GError *error,
                          uint64_t heard, const char *murmur)
{
    enum orl_spice_fault fault = ORL_SPICE_LOST;
    if (event == SPICE_CHANNEL_ERROR_AUTH) {
        fault = ORL_SPICE_AUTH;
    } else if (event == SPICE_CHANNEL_ERROR_TLS) {
        fault = ORL_SPICE_TLS;
    } else if (error && error->domain == G_RESOLVER_ERROR) {
        fault = ORL_SPICE_NO_HOST;
    } else if (error && error->domain == G_IO_ERROR) {
        fault = from_io_error(error);
    } else if (heard > 0) {
        fault = ORL_SPICE_GARBAGE;
    } /* else: hung up without a word, as a tunnel does whose far end is gone */
    orl_fault_set(out, fault, error ? error->message : murmur);
}
