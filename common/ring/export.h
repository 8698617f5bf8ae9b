/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to common/ring: whether and how memory can be handed on as descriptors. Any thread. */
#ifndef ORL_RING_EXPORT_H
#define ORL_RING_EXPORT_H

#include <stdbool.h>

#include "ring/shm.h"

/*
 * What orl_shm_export() will do for this memory. `is_device`: a kvmfr device. Sealed memory is tried
 * with a buffer of one page: the kernel may lack udmabuf, keep it from this user, or refuse this kind
 * of memory. At most five system calls.
 */
enum orl_shm_export orl_export_way(int fd, bool is_device);

#endif
