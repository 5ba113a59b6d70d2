/*
 * tc-profile: lists, shows and checks the profiles of services, and tests
 * whether one can be used from here.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/opt.h"
#include "tool.h"

static const struct opt options[] = {
	{OPT_FLAG, 0, "json", NULL, "write JSON", &tool_options.json, 0, 0, 0},
	{OPT_FLAG, 0, "names", NULL, "list: only the names", &tool_options.names, 0, 0, 0},
	{OPT_STRING, 0, "base-url", "URL", "doctor: use another base URL", &tool_options.base_url,
	 0, 0, 0},
	{OPT_STRING, 0, "key-file", "FILE", "doctor: the file that the key is read from",
	 &tool_options.key_file, 0, 0, 0},
	{OPT_STRING, 0, "cacert", "FILE", "doctor: trust the certificates in FILE",
	 &tool_options.cacert, 0, 0, 0},
	{0},
};

static const char usage[] =
	"[options] list | show NAME | check FILE [LINE] | doctor [NAME] | schema";
static const char about[] = "List, show and check profiles, which describe the APIs of services.";

/* --json may also follow the operands of a command. */
static int
take_json(int argc, char **argv)
{
	int n = 0;
	for (int i = 0; i < argc; i++)
		if (i > 0 && strcmp(argv[i], "--json") == 0)
			tool_options.json = true;
		else
			argv[n++] = argv[i];
	argv[n] = NULL;
	return n;
}

static int
run(const char *command, int argc, char **operands)
{
	static const struct {
		const char *name;
		int least, most;
	} commands[] = {{"list", 0, 0},
			{"show", 1, 1},
			{"check", 1, 2},
			{"doctor", 0, 1},
			{"schema", 0, 0}};
	size_t i = 0, n = sizeof commands / sizeof *commands;
	while (i < n && strcmp(commands[i].name, command) != 0)
		i++;
	if (i == n)
		opt_usage("%s: expected list, show, check, doctor or schema", command);
	if (argc < commands[i].least)
		opt_usage("%s: expected %s", command,
			  i == 1 ? "the name of a profile" : "a profile's file");
	if (argc > commands[i].most)
		opt_usage("%s: unexpected operand: %s", command, operands[commands[i].most]);
	switch (i) {
	case 0:
		return tool_list();
	case 1:
		return tool_show(operands[0]);
	case 2:
		return tool_check(operands[0],
				  argc > 1 ? operands[1] : "https://example.com/clip.mp4");
	case 3:
		return tool_doctor(argc ? operands[0] : NULL);
	default:
		return tool_schema();
	}
}

int
main(int argc, char **argv)
{
	const struct program first = {usage, about, {options}, NULL, true},
			     second = {usage, about, {options}, NULL, false};
	msg_init(argv[0]);
	signal(SIGXFSZ, SIG_IGN); /* write(2) reports the limit as EFBIG */
	tool_options.self = argv[0];
	tool_options.base_url = getenv("TC_BASE_URL");
	tool_options.key_file = getenv("TC_KEY_FILE");
	argc = take_json(argc, argv);
	int at = opt_parse(&first, argc, argv);
	if (at >= argc)
		opt_usage("expected list, show, check, doctor or schema");
	int next = at + opt_parse(&second, argc - at, argv + at);
	return run(argv[at], argc - next, argv + next);
}
