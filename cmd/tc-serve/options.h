/* The tables of options of tc-serve. */
#ifndef TC_SERVE_OPTIONS_H
#define TC_SERVE_OPTIONS_H

#include "serve.h"

/*
 * Set cfg, media, faults, download and rate of s to what the options say, or to
 * their defaults. Exit 64 on a mistake.
 */
void options_parse(struct serve *s, int argc, char **argv);

#endif
