/*
 * libcurl, which is loaded when the first request is sent. It brings thirty
 * libraries with it, and loading them takes four times as long as all else that
 * a tool does to start; --help, a line that passes through and a job that is in
 * the ledger send nothing. Private to lib/http, and the only file that includes
 * libcurl's header.
 *
 * Code calls curl_easy_init() and the others by their own names. With
 * LIBCURL_LINKED defined these are the functions themselves, for a program that
 * is linked with -lcurl; `make lint` builds lib/http so, for libcurl's own check
 * of what curl_easy_setopt() is given.
 */
#ifndef TC_HTTP_LIBCURL_H
#define TC_HTTP_LIBCURL_H

#include <curl/curl.h>

#ifdef LIBCURL_LINKED

static inline void
libcurl_load(void)
{
}

#else

/* Each function of libcurl that lib/http calls: a new one is added here and below. */
#define LIBCURL_FUNCTIONS(X)                                                                       \
	X(curl_easy_cleanup)                                                                       \
	X(curl_easy_getinfo)                                                                       \
	X(curl_easy_init)                                                                          \
	X(curl_easy_pause)                                                                         \
	X(curl_easy_setopt)                                                                        \
	X(curl_easy_strerror)                                                                      \
	X(curl_free)                                                                               \
	X(curl_global_cleanup)                                                                     \
	X(curl_global_init)                                                                        \
	X(curl_multi_add_handle)                                                                   \
	X(curl_multi_cleanup)                                                                      \
	X(curl_multi_info_read)                                                                    \
	X(curl_multi_init)                                                                         \
	X(curl_multi_perform)                                                                      \
	X(curl_multi_poll)                                                                         \
	X(curl_multi_remove_handle)                                                                \
	X(curl_multi_setopt)                                                                       \
	X(curl_slist_append)                                                                       \
	X(curl_slist_free_all)                                                                     \
	X(curl_url)                                                                                \
	X(curl_url_cleanup)                                                                        \
	X(curl_url_get)                                                                            \
	X(curl_url_set)                                                                            \
	X(curl_version_info)

/* libcurl has macros of these names, which check types. */
#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt

#define X(name) __typeof__(name) *name;
struct libcurl {
	LIBCURL_FUNCTIONS(X)
};
#undef X

extern struct libcurl libcurl;

#define curl_easy_cleanup libcurl.curl_easy_cleanup
#define curl_easy_getinfo libcurl.curl_easy_getinfo
#define curl_easy_init libcurl.curl_easy_init
#define curl_easy_pause libcurl.curl_easy_pause
#define curl_easy_setopt libcurl.curl_easy_setopt
#define curl_easy_strerror libcurl.curl_easy_strerror
#define curl_free libcurl.curl_free
#define curl_global_cleanup libcurl.curl_global_cleanup
#define curl_global_init libcurl.curl_global_init
#define curl_multi_add_handle libcurl.curl_multi_add_handle
#define curl_multi_cleanup libcurl.curl_multi_cleanup
#define curl_multi_info_read libcurl.curl_multi_info_read
#define curl_multi_init libcurl.curl_multi_init
#define curl_multi_perform libcurl.curl_multi_perform
#define curl_multi_poll libcurl.curl_multi_poll
#define curl_multi_remove_handle libcurl.curl_multi_remove_handle
#define curl_multi_setopt libcurl.curl_multi_setopt
#define curl_slist_append libcurl.curl_slist_append
#define curl_slist_free_all libcurl.curl_slist_free_all
#define curl_url libcurl.curl_url
#define curl_url_cleanup libcurl.curl_url_cleanup
#define curl_url_get libcurl.curl_url_get
#define curl_url_set libcurl.curl_url_set
#define curl_version_info libcurl.curl_version_info

/*
 * Load libcurl if it is not loaded, by the names that it has on Linux, the BSDs
 * and macOS. Exit 78 if it is not installed, or is too old to have all of these
 * functions. Call this before any of them.
 */
void libcurl_load(void);

#endif

#endif
