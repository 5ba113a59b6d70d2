/* The listening socket. */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

/*
 * Listens on a numeric address (IPv4 or IPv6) and port (0: any that is free).
 * Returns the descriptor and the URL of it (caller frees), or -1 after a line
 * on stderr.
 */
int listen_on(const char *address, long port, char **base);

#endif
