/* SPDX-License-Identifier: GPL-2.0-or-later */
/* oriel-guest FILE: the synthetic guest as a program, for tests and for trying a viewer. */
#include "demo/demo.h"

int main(int argc, char **argv)
{
    struct orl_demo_conf conf;
    orl_demo_conf_init(&conf);
    switch (orl_demo_parse(&conf, argc, argv, stdout, stderr)) {
    case ORL_DEMO_HELP: return 0;
    case ORL_DEMO_BAD_USAGE: return 2;
    case ORL_DEMO_GO: break;
    }
    return orl_demo_run_until_signal(&conf) == ORL_OK ? 0 : 1;
}
