/* Feature macros by system, for the files of base/os.h: each includes this before all else. */
#ifndef TC_BASE_OS_SYSTEM_H
#define TC_BASE_OS_SYSTEM_H

#if defined __linux__ && !defined TC_OS_PLAIN
#define TC_OS_LINUX 1
#define _GNU_SOURCE /* pipe2, vfork */
#else
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif

#endif
