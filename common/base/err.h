/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reasons that functions return. 0 is success; the layer that decides what to do logs, once.
 * Any thread.
 */
#ifndef ORL_BASE_ERR_H
#define ORL_BASE_ERR_H

#define ORL_MUST __attribute__((warn_unused_result))

enum orl_err {
    ORL_OK = 0,
    ORL_EAGAIN = -1,       /* nothing now; ask again */
    ORL_ESESSION = -2,     /* the guest's session ended or changed: attach again */
    ORL_EVERSION = -3,     /* magic known, version not spoken here */
    ORL_EMALFORMED = -4,   /* this item breaks a rule: finish it, drop it, go on */
    ORL_ENOSPC = -5,       /* no room: ring full, no free subscriber slot */
    ORL_ETIMEOUT = -6,     /* a bounded wait ran out (lock, pixels) */
    ORL_EUNSUPPORTED = -7, /* this machine or driver cannot */
    ORL_ENOMEM = -8,
    ORL_EINVAL = -9,    /* the caller's argument, from a user or a file */
    ORL_ESYS = -10,     /* errno says more */
    ORL_ECORRUPT = -11, /* the queue's indices break a rule: drop the session */
    ORL_ELATE = -12,    /* we were marked bad for being late: subscribe again */
    ORL_ELOST = -13,    /* the subscriber slot is no longer ours: subscribe again */
};

/* A short English phrase for an enum orl_err value, without a full stop. Never NULL. */
const char *orl_err_text(int err);

#endif
