/*
 * Any text as a profile. What is wrong ends the process with one line, so
 * each is loaded in a child: only exit statuses 0 and 78 are right.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/msg.h"
#include "service/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[] = "/tmp/tc-fuzz-profile-XXXXXX";

static void
remove_file(void)
{
	unlink(path);
}

static void
refused(void)
{
	_exit(EXIT_BAD_CONFIG);
}

/* Reads the profile in a child, for a bad one ends the program. False if the child crashed. */
static bool
survives(void)
{
	int status;
	pid_t pid = fork();
	if (pid < 0)
		return true;
	if (pid == 0) {
		/* before libFuzzer's own, which takes exit(3) for a crash */
		if (atexit(refused) != 0)
			_exit(0);
		if (!freopen("/dev/null", "w", stderr))
			_exit(0);
		close(STDERR_FILENO);
		profile_free(profile_load(path));
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == EXIT_BAD_CONFIG);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	if (fd < 0 && ((fd = mkstemp(path)) < 0 || atexit(remove_file) != 0))
		abort();
	if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	/* a child of a fuzzer's may also die of the machine's own trouble: what the text does, it
	 * does again */
	if (!survives() && !survives())
		abort();
	return 0;
}
