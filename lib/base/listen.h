/* The listening socket of what is a server. */
#ifndef TC_BASE_LISTEN_H
#define TC_BASE_LISTEN_H

#include <stdbool.h>

/*
 * Listens on a numeric address (IPv4 or IPv6) and port (0: any that is free).
 * Returns the descriptor and the URL of it (caller frees), or -1 after a line
 * on stderr.
 */
int listen_on(const char *address, long port, char **base);

/* Is this address one that only this machine can reach? */
bool listen_loopback(const char *address);

/* Tells whoever started us where we are, for --ready-fd: a line, and the end. Exits 74 if fd cannot be written. */
void listen_ready(int fd, const char *base);

#endif
