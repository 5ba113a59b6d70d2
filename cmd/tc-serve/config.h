/* The command line of tc-serve. */
#ifndef TC_SERVE_CONFIG_H
#define TC_SERVE_CONFIG_H

#include "serve.h"

/* Parses options into s; exits 64 on a mistake, 78 if a key file or directory cannot be used. */
void config_parse(struct serve *s, int argc, char **argv);

/* Exits 78 if the encoder cannot be found in PATH. */
void config_need_encoder(const struct serve *s);

/* The state directory, made if need be (0700); absolute, owned. Exits 78 if it cannot be. */
char *config_state_dir(const struct serve *s);

#endif
