/* Listening sockets for the server tools. */
#ifndef TC_BASE_LISTEN_H
#define TC_BASE_LISTEN_H

#include <stdbool.h>

/*
 * Listen on a numeric address (IPv4 or IPv6) and port (0: any free one).
 * Return the descriptor and the URL (the caller frees), or -1 after a message.
 */
int listen_on(const char *address, long port, char **base);

/* Return true if the address can be reached only from this machine. */
bool listen_loopback(const char *address);

/* Write the URL and a newline to fd and close it (--ready-fd). Exit 74 if fd cannot be written. */
void listen_ready(int fd, const char *base);

#endif
