/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program: reads the options, starts the units in order, runs the main loop, stops them in the
 * opposite order. Main thread.
 */
#ifndef ORL_APP_APP_H
#define ORL_APP_APP_H

/* The whole program; returns its exit code (conf/exit_codes.h). */
int orl_app_main(int argc, char **argv);

#endif
