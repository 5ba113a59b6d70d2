# What testing and packaging need, for GNU make; Makefile includes it.
UNITS    = $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*.c))
HELPERS  = $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/*.c))
# Servers, each in a directory of its own.
SERVERS  = $(B)/tests/fakeapi $(B)/tests/fileserver
parts    = $(patsubst tests/%.c,$(B)/tests/objects/%.o,$(wildcard tests/$(1)/*.c))
SUITES   = $(wildcard tests/*.bats)

# A test of modules that one tool has to itself links that tool's objects, less its main().
POOL_PARTS   = $(filter-out %/main.o,$(POOL_O))
CREATE_PARTS = $(filter-out %/main.o,$(CREATE_O))
$(filter $(B)/tests/unit/test_pool_%,$(UNITS)): PARTS = $(POOL_PARTS)
$(filter $(B)/tests/unit/test_pool_%,$(UNITS)): $(POOL_PARTS)
$(filter $(B)/tests/unit/test_create_%,$(UNITS)): PARTS = $(CREATE_PARTS)
$(filter $(B)/tests/unit/test_create_%,$(UNITS)): $(CREATE_PARTS)

$(UNITS) $(HELPERS): $(B)/%: $(B)/%.o $(A)
	$(SAY) LD $@
	$(Q)$(LINK) $< $(PARTS) $(A) $(LDLIBS) $(CURL) $(CRYPTO)

$(B)/tests/objects/%.o: tests/%.c Makefile
	$(SAY) CC $<
	$(Q)mkdir -p $(@D) && $(COMPILE) $<

$(B)/tests/fakeapi: $(call parts,fakeapi) $(A)
$(B)/tests/fileserver: $(call parts,fileserver) $(A)
$(SERVERS):
	$(SAY) LD $@
	$(Q)$(LINK) $(call parts,$(@F)) $(A) $(LDLIBS) $(CRYPTO)

tests: all $(UNITS) $(HELPERS) $(SERVERS) ## build what the tests need, too

deps: ## install what building and testing need
	@CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' LDFLAGS='$(LDFLAGS)' sh tests/deps.sh build test

# The build directory from the root; abspath takes a space for the end of a name.
HERE     = "$$(cd $(B) && pwd)"

# What deps installs must be there before anything is built: hence make again,
# with a job for each processor where nobody said how many.
CPUS     = $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
REMAKE   = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(CPUS))
demo: deps ## five real clips through a service on this machine: no account needed
	@+$(REMAKE) all
	@sh tests/demo.sh $(B) $(HERE)/demo

check: deps ## build and test everything; the last line counts
	@+$(REMAKE) tests
	@BUILD=$(HERE) sh tests/run.sh $(UNITS) $(SUITES)

ASAN     = -fsanitize=address,undefined -fno-sanitize-recover=undefined
asan: ## the same under the address and undefined behaviour sanitizers
	@+SANITIZED=1 ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1 \
		$(MAKE) --no-print-directory check B=$(B)/asan CFLAGS='-O1 -g -fno-omit-frame-pointer $(ASAN)'

# Some tests fail there, which bound what gcov writes too: the figure is what is wanted.
cover: ## the same, and say which part of the lines was run
	@rm -rf $(B)/cover
	-@+$(MAKE) --no-print-directory check B=$(B)/cover CFLAGS='-O0 -g --coverage'
	@sh tests/cover.sh $(B)/cover

# libFuzzer comes with clang, and needs a library built for it.
FUZZERS  = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
FUZZED   = -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined
FUZZ_SECONDS = 60
$(B)/tests/fuzz/fuzz_record: PARTS = $(CREATE_PARTS)
$(B)/tests/fuzz/fuzz_record: $(CREATE_PARTS)
$(B)/tests/fuzz/fuzz_text: PARTS = $(POOL_PARTS)
$(B)/tests/fuzz/fuzz_text: $(POOL_PARTS)
$(FUZZERS:%=$(B)/tests/fuzz/%): %: %.o $(A)
	$(SAY) LD $@
	$(Q)$(LINK) -fsanitize=fuzzer $< $(PARTS) $(A) $(LDLIBS) $(CURL) \
		$(if $(wildcard /usr/include/jansson.h /usr/local/include/jansson.h),-ljansson)

fuzz: ## each fuzz target for FUZZ_SECONDS (60); needs clang
	@+$(MAKE) --no-print-directory B=$(B)/fuzz CC=clang CFLAGS='-O1 -g $(FUZZED)' $(FUZZERS:%=$(B)/fuzz/tests/fuzz/%)
	@sh tests/fuzz.sh $(B)/fuzz $(FUZZ_SECONDS) $(FUZZERS)

# A directory of tests/ with a run.sh is a target of its own.
RUNS     = $(patsubst tests/%/run.sh,%,$(wildcard tests/*/run.sh))
$(RUNS): tests
	@BUILD=$(HERE) tests/$@/run.sh

lint: all ## what clang-tidy, cppcheck, shellcheck and mandoc say
	@BUILD=$(B) sh tests/lint.sh

fmt: ## lay out the C files with clang-format
	clang-format -i $(shell find lib cmd tests -name "*.[ch]")

deb: ## Debian packages of it in build/deb: tc-tools, and tc-serve and tc-rate apart
	@sh tests/deb.sh $(B)/deb $(VERSION)

dist: ## a tarball of what is committed: the same bytes from the same commit
	@mkdir -p $(B)
	git -c tar.umask=0022 archive --format=tar --prefix=tc-$(VERSION)/ -o $(B)/tc-$(VERSION).tar HEAD
	gzip -9nf $(B)/tc-$(VERSION).tar

.PHONY: tests deps demo check asan cover fuzz lint fmt deb dist $(RUNS)
