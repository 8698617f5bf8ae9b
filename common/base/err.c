/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/err.h"

const char *orl_err_text(int err)
{
    switch (err) {
    case ORL_OK: return "success";
    case ORL_EAGAIN: return "nothing available yet";
    case ORL_ESESSION: return "the guest's session ended";
    case ORL_EVERSION: return "unsupported version";
    case ORL_EMALFORMED: return "malformed data from the guest";
    case ORL_ENOSPC: return "no room";
    case ORL_ETIMEOUT: return "timed out";
    case ORL_EUNSUPPORTED: return "not supported here";
    case ORL_ENOMEM: return "out of memory";
    case ORL_EINVAL: return "invalid value";
    case ORL_ESYS: return "system call failed";
    case ORL_ECORRUPT: return "the guest's queue is corrupt";
    case ORL_ELATE: return "the guest dropped us for being late";
    case ORL_ELOST: return "the subscription was taken over";
    default: return "unknown error";
    }
}
