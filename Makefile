# tc: batch transcoding as Unix filters. `make help` says what can be made.
VERSION  = 0.1.0
PREFIX   = /usr/local
BINDIR   = $(PREFIX)/bin
MANDIR   = $(PREFIX)/share/man
DOCDIR   = $(PREFIX)/share/doc/tc
BASHDIR  = $(PREFIX)/share/bash-completion/completions
ZSHDIR   = $(PREFIX)/share/zsh/site-functions
FISHDIR  = $(PREFIX)/share/fish/vendor_completions.d
B        = build

CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
# CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS are the user's: what we need is kept apart.
OURS     = -std=c11 -D_POSIX_C_SOURCE=200809L -DTC_VERSION='"$(VERSION)"' -iquote lib $(WARN) -MMD -MP
V        = 0
Q        = $(if $(filter 0,$(V)),@)
SAY      = @$(if $(filter 0,$(V)),$(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,printf '%-4s %s\n'),:)

# Which tool is made of what. tc-pool speaks no HTTP and links no libcurl.
FILTERS  = tc-create tc-wait tc-url
POOL     = tc-pool
SERVER   = tc-serve
SCRIPTS  = tc-report
TOOLS    = $(FILTERS) $(POOL) $(SERVER) $(SCRIPTS)

LIB      = $(patsubst lib/%.c,$(B)/lib/%.o,$(wildcard lib/*.c)) $(B)/lib/builtin.o
PROFILES = $(wildcard lib/profiles/*.json)
MAN      = $(wildcard man/*.[157])

# What the tests are made of.
UNITS    = $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*.c))
HELPERS  = $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/*.c))
SUITES   = $(wildcard tests/*.bats)

# What is installed so that bash, zsh and fish complete command lines.
FOR_BASH = $(TOOLS:%=$(B)/completions/bash/%)
FOR_ZSH  = $(TOOLS:%=$(B)/completions/zsh/_%)
FOR_FISH = $(TOOLS:%=$(B)/completions/fish/%.fish)

all: $(TOOLS:%=$(B)/%) $(FOR_BASH) $(FOR_ZSH) $(FOR_FISH) ## build the tools into build/ (B=dir: elsewhere; V=1: show the commands)

# A tool is cmd/NAME.c, or the files of cmd/NAME/.
OBJECTS  = $(patsubst %.c,$(B)/%.o,$(wildcard cmd/$(1).c cmd/$(1)/*.c))
.SECONDEXPANSION:
PROGRAMS = $(FILTERS) $(POOL) $(SERVER)
$(PROGRAMS:%=$(B)/%): $(B)/%: $$(call OBJECTS,$$*) $(B)/libtc.a
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(LIBS)

$(FILTERS:%=$(B)/%): LIBS = -lcurl
$(SERVER:%=$(B)/%): LIBS = -lmicrohttpd -lsqlite3 -pthread

# A script is one file: what it includes is put into it.
$(B)/tc-report: $(wildcard cmd/report/*)
$(SCRIPTS:%=$(B)/%): $(B)/%: cmd/%.sh
	$(SAY) SH $@
	$(Q)mkdir -p $(@D)
	$(Q)awk -v version='$(VERSION)' 'sub(/^@include /, "") { file = $$0; n = 0; \
		while ((got = (getline line < file)) > 0) { print line; n++ } close(file); \
		if (got < 0 || !n) exit 1; next } { gsub(/@VERSION@/, version); print }' $< > $@.tmp
	$(Q)chmod 755 $@.tmp && mv $@.tmp $@

# Completions come out of --help, which comes out of the tables of options.
COMPLETE = mkdir -p $(@D) && $< --help | awk -v shell=$(notdir $(@D)) \
	-v profiles='$(basename $(notdir $(PROFILES)))' -f cmd/complete.awk > $@.tmp && mv $@.tmp $@
$(FOR_BASH) $(FOR_ZSH) $(FOR_FISH): cmd/complete.awk $(PROFILES)
$(FOR_BASH): $(B)/completions/bash/%: $(B)/%
	$(SAY) GEN $@
	$(Q)$(COMPLETE)

$(FOR_ZSH): $(B)/completions/zsh/_%: $(B)/%
	$(SAY) GEN $@
	$(Q)$(COMPLETE)

$(FOR_FISH): $(B)/completions/fish/%.fish: $(B)/%
	$(SAY) GEN $@
	$(Q)$(COMPLETE)

# Made anew, so that no object of a file that is gone stays in it.
$(B)/libtc.a: $(LIB)
	$(SAY) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c Makefile
	$(SAY) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OURS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# The profiles, as C strings.
$(B)/lib/builtin.c: $(PROFILES) lib/builtin.sh
	$(SAY) GEN $@
	$(Q)mkdir -p $(@D) && sh lib/builtin.sh $(PROFILES) > $@.tmp && mv $@.tmp $@

$(B)/lib/builtin.o: $(B)/lib/builtin.c
	$(SAY) CC $<
	$(Q)$(CC) $(OURS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(UNITS) $(HELPERS): $(B)/%: $(B)/%.o $(B)/libtc.a
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcurl

tests: all $(UNITS) $(HELPERS) ## build what the tests need, too

deps: ## install what building and testing need
	@CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' LDFLAGS='$(LDFLAGS)' sh tests/deps.sh build test

# What deps installs must be there before anything is built: hence make again.
demo: deps ## five real clips through a service on this machine: no account needed
	@+$(MAKE) --no-print-directory all
	@sh tests/demo.sh $(B) $(abspath $(B))/demo

check: deps ## build and test everything; the last line counts
	@+$(MAKE) --no-print-directory tests
	@BUILD=$(abspath $(B)) sh tests/run.sh $(UNITS) $(SUITES)

ASAN     = -fsanitize=address,undefined -fno-sanitize-recover=undefined
asan: ## the same under the address and undefined behaviour sanitizers
	@+SANITIZED=1 ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1 \
		$(MAKE) --no-print-directory check B=$(B)/asan CFLAGS='-O1 -g -fno-omit-frame-pointer $(ASAN)'

# Some tests fail there, which bound what gcov writes too: the figure is what is wanted.
cover: ## the same, and say which part of the lines was run
	@rm -rf $(B)/cover
	-@+$(MAKE) --no-print-directory check B=$(B)/cover CFLAGS='-O0 -g --coverage'
	@sh tests/cover.sh $(B)/cover

# libFuzzer comes with clang, and wants a library built for it.
FUZZERS  = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
FUZZED   = -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined
FUZZ_SECONDS = 60
ifneq ($(FUZZERS),)
$(FUZZERS:%=$(B)/tests/fuzz/%): %: %.o $(B)/libtc.a
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcurl \
		$(if $(wildcard /usr/include/jansson.h /usr/local/include/jansson.h),-ljansson)

fuzz: ## each fuzz target for FUZZ_SECONDS (60); needs clang
	@+$(MAKE) --no-print-directory B=$(B)/fuzz CC=clang CFLAGS='-O1 -g $(FUZZED)' $(FUZZERS:%=$(B)/fuzz/tests/fuzz/%)
	@sh tests/fuzz.sh $(B)/fuzz $(FUZZ_SECONDS) $(FUZZERS)

.PHONY: fuzz
endif

# A directory of tests/ with a run.sh is a target of its own.
RUNS     = $(patsubst tests/%/run.sh,%,$(wildcard tests/*/run.sh))
$(RUNS): tests
	@BUILD=$(abspath $(B)) tests/$@/run.sh

lint: ## what clang-tidy, cppcheck, shellcheck and mandoc say
	@sh tests/lint.sh

fmt: ## lay out the C files with clang-format
	clang-format -i $(wildcard lib/*.[ch] cmd/*.[ch] cmd/*/*.[ch] tests/*.[ch] tests/*/*.[ch])

PAGES    = $(MANDIR)/man1 $(MANDIR)/man5 $(MANDIR)/man7
DOCS     = $(DOCDIR)/profiles $(DOCDIR)
DIRS     = $(BINDIR) $(PAGES) $(DOCS) $(BASHDIR) $(ZSHDIR) $(FISHDIR)
# What lies above them goes too if it is left empty, but nothing of the system's own.
UNDER    = $(or $(DESTDIR:%/=%),$(filter-out / /usr /usr/local,$(PREFIX:%/=%)))
install: all ## into PREFIX (/usr/local), below DESTDIR if set
	install -d $(DIRS:%=$(DESTDIR)%)
	install -m 755 $(TOOLS:%=$(B)/%) $(DESTDIR)$(BINDIR)
	for page in $(MAN); do install -m 644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.} || exit; done
	install -m 644 $(PROFILES) $(DESTDIR)$(DOCDIR)/profiles
	install -m 644 $(FOR_BASH) $(DESTDIR)$(BASHDIR)
	install -m 644 $(FOR_ZSH) $(DESTDIR)$(ZSHDIR)
	install -m 644 $(FOR_FISH) $(DESTDIR)$(FISHDIR)

uninstall: ## take away what install put there
	rm -f $(TOOLS:%=$(DESTDIR)$(BINDIR)/%) $(PROFILES:lib/%=$(DESTDIR)$(DOCDIR)/%)
	rm -f $(TOOLS:%=$(DESTDIR)$(BASHDIR)/%) $(TOOLS:%=$(DESTDIR)$(ZSHDIR)/_%) $(TOOLS:%=$(DESTDIR)$(FISHDIR)/%.fish)
	for page in $(MAN:man/%=%); do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page || exit; done
	$(if $(UNDER),cd $(UNDER) && rmdir -p $(patsubst $(UNDER)/%,%,$(filter $(UNDER)/%,$(DIRS:%=$(DESTDIR)%))),\
		rmdir $(filter-out $(BINDIR),$(DIRS))) 2>/dev/null || :

deb: ## Debian packages of it in build/deb: tc-tools, and tc-serve apart
	@sh tests/deb.sh $(B)/deb $(VERSION)

dist: ## a tarball of what is committed: the same bytes from the same commit
	@mkdir -p $(B)
	git -c tar.umask=0022 archive --format=tar --prefix=tc-$(VERSION)/ -o $(B)/tc-$(VERSION).tar HEAD
	gzip -9nf $(B)/tc-$(VERSION).tar

clean: ## take away what was built
	rm -rf $(B)

help: ## this list
	@sed -n $(if $(FUZZERS),,-e /^fuzz:/d )-e 's/^\([a-z]*\):[^#]*## /\1	/p' Makefile | while IFS='	' read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done
	@for name in $(RUNS); do printf '  make %-10s %s\n' "$$name" "run tests/$$name/run.sh"; done

.PHONY: all tests deps demo check asan cover lint fmt install uninstall deb dist clean help $(RUNS)
.DELETE_ON_ERROR:
-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d)
