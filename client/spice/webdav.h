/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the guest inside the shared folder. The library's WebDAV server (phodav 3.0) decodes the
 * target of COPY and MOVE after it was checked: "Destination: http://x/..%2f..%2ff" leaves the
 * folder and writes any file of the user. Paths of requests are not affected. SPICE thread.
 */
#ifndef ORL_SPICE_WEBDAV_H
#define ORL_SPICE_WEBDAV_H

#include <stdbool.h>

#include <spice-client.h>

/* From now on the session's server drops such targets; false: it cannot be made to, so nothing may be
 * written through it. */
bool orl_webdav_guard(SpiceSession *session);

/* True when the value of a Destination header names something below the root, whatever decodes it
 * how often. Pure. */
bool orl_webdav_stays_inside(const char *destination);

#endif
