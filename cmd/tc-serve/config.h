/* The command line of tc-serve. */
#ifndef TC_SERVE_CONFIG_H
#define TC_SERVE_CONFIG_H

#include "serve.h"

/* Parse options into s. Exit 64 on a mistake, 78 if a key file or directory cannot be used. */
void config_parse(struct serve *s, int argc, char **argv);

/* Exit 78 if the encoder is not found in PATH. */
void config_need_encoder(const struct serve *s);

/*
 * Return the absolute path of the state directory, created (0700) if missing;
 * the caller frees. Exit 78 if that fails.
 */
char *config_state_dir(const struct serve *s);

#endif
