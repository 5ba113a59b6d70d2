/* Search for a command in PATH. */
#ifndef TC_BASE_FINDPATH_H
#define TC_BASE_FINDPATH_H

/*
 * Return the path of the executable that execvp(3) would run for name, or NULL
 * with errno: ENOENT if there is none, EACCES if there is only one that may not
 * be executed. A name with a slash in it is not searched for. The caller frees.
 */
char *find_command(const char *name);

#endif
