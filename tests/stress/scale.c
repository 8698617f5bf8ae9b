/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scale.h"

#include <stdlib.h>

double stress_scale(void)
{
    const char *text = getenv("ORL_STRESS_SCALE");
    double scale = text ? strtod(text, NULL) : 1;
    return scale > 0 ? scale : 1;
}
