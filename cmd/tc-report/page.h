/* What the page and its timeline share. */
#ifndef TC_REPORT_PAGE_H
#define TC_REPORT_PAGE_H

#include "report.h"

/* The lines of page.css, put in by the build; NULL at the end. */
extern const char *const report_style[];

/* The class of a row's element. */
const char *page_class(const struct row *row);

/* When all of it was; NAN if no row says. */
void page_span(const struct report *r, double *from, double *to);

/* Append a UTC time in strftime's format. */
void page_time(struct buf *out, const char *format, double at);

/*
 * Begin a folded part before element i of n, ending the one before it, where a
 * list is long enough: true if so. The caller ends the last one.
 */
bool page_fold(struct buf *out, size_t i, size_t n);

#endif
