/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exit codes of the program. They are a promise to scripts: numbers never change their meaning.
 * The same rows make the text in --help and in the manual. Any thread.
 */
#ifndef ORL_CONF_EXIT_CODES_H
#define ORL_CONF_EXIT_CODES_H

/* X(name, number, meaning without a full stop) */
#define ORL_EXIT_CODES(X)                                                                      \
    X(OK, 0, "success")                                                                        \
    X(FAILURE, 1, "unexpected failure")                                                        \
    X(USAGE, 2, "bad option, value or configuration file")                                     \
    X(NO_DISPLAY, 3, "no display, or no usable OpenGL on it")                                  \
    X(NO_MEMORY, 4, "the shared memory cannot be opened, for example for lack of permission")  \
    X(NO_SESSION, 5, "--inspect found no session in the file")

enum orl_exit {
#define ORL_EXIT_ROW(name, number, meaning) ORL_EXIT_##name = (number),
    ORL_EXIT_CODES(ORL_EXIT_ROW)
#undef ORL_EXIT_ROW
};

#endif
