/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open descriptors of this process, to see that none is left behind. */
#ifndef ORL_TEST_RING_FDS_H
#define ORL_TEST_RING_FDS_H

#include <dirent.h>

static inline int count_fds(void)
{
    int count = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d)) {
        count++;
    }
    if (d) {
        closedir(d);
    }
    return count;
}

#endif
