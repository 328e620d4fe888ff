# Wismo: the module ngx_wismo_module.so and the program "wismo".
#
#   make              build both into build/
#   make test         all tests, then the system tests under ASan and UBSan
#   make demo         a running shop's worth of orders; DEMO_PORT=8080
#   make install      DESTDIR, PREFIX, MODULES_DIR
#   make help         the rest

SHELL = /bin/bash

PREFIX = /usr
MODULES_DIR = $(PREFIX)/lib/nginx/modules

# SAN=1 builds into a directory of its own, with ASan and UBSan.
# NGINX_SRC=DIR builds against an upstream nginx tree, and builds that nginx.

SAN =
NGINX_SRC =

BUILD = build$(if $(NGINX_SRC),-upstream)$(if $(SAN),-asan)

src = ngx_wismo_module
out := $(abspath $(BUILD))

core_c := $(sort $(wildcard $(src)/core/*.c))
fetch_c := $(sort $(wildcard $(src)/fetcher/*.c))
nginx_c := $(sort $(wildcard $(src)/nginx/*.c))
nginx_h := $(sort $(wildcard $(src)/nginx/*.h $(src)/core/*.h))

core_o := $(core_c:$(src)/%.c=$(BUILD)/obj/%.o)
fetch_o := $(fetch_c:$(src)/%.c=$(BUILD)/obj/%.o)


# Flags.  The core is plain C11, by itself; the fetcher may use glibc.

CC = gcc
OPT = $(if $(SAN),-O1,-O2) -g

san_cc = -fsanitize=address,undefined -fno-omit-frame-pointer
san_ld = -fsanitize=address,undefined

hard_cc = $(if $(SAN),$(san_cc),-D_FORTIFY_SOURCE=2) \
    -fstack-protector-strong -fPIE
hard_ld = $(if $(SAN),$(san_ld)) -pie -Wl,-z,relro,-z,now

warn = -Wall -Wextra -Werror

CFLAGS =
LDFLAGS =

core_flags = -std=c11 -Wconversion $(warn) -I$(src)/core
fetch_flags = -std=gnu11 $(warn) -I$(src)/core -I$(src)/fetcher \
    -DWISMO_SHARE='"$(PREFIX)/share/wismo"' \
    $(shell pkg-config --cflags libxml-2.0 libical)
core_libs = -ljansson -lcrypto -licui18n -licuuc -lm
fetch_libs = $(core_libs) -lhiredis -lcurl -lqrcodegen -lxml2 -lical -lcsv -lz \
    -lpthread


.PHONY: all module program share unit chaos-build fuzz-build deps install test demo \
    bench browser shots property chaos fuzz clean help FORCE

# V=1 shows the commands
Q := $(if $(V),,@)
SAY := @$(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,echo ' ')

all: module program share

deps:
	@t/setup.sh build

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile
	@echo
	@echo '  make SAN=1            with ASan and UBSan, into build-asan/'
	@echo '  make NGINX_SRC=DIR    against an upstream nginx source tree'
	@echo '  make BUILD=DIR        into another directory'
	@echo '  make V=1              showing the commands'
	@echo '  make test T=t/api.t   these tests only'
	@echo '  make bench            the measurements of docs/performance.md'
	@echo '  make browser          every state of the page in every language, Lighthouse'
	@echo '  make shots            the pictures of the documents'
	@echo '  make chaos            fetchers killed and stopped, for minutes'
	@echo '  make property         reports merged in a million ways'
	@echo '  make fuzz             searches for input that breaks; FUZZ_SECONDS=60,'
	@echo '                        FUZZ="reply time" for some of the targets'
	@echo '  make clean            remove what was built'


# The program

program: $(BUILD)/wismo

$(BUILD)/wismo: $(core_o) $(fetch_o)
	$(SAY) LINK $@
	$(Q)$(CC) $(hard_ld) $(LDFLAGS) -o $@ $^ $(fetch_libs)

$(BUILD)/obj/core/%.o: $(src)/core/%.c Makefile | deps
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(core_flags) $(OPT) $(hard_cc) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/fetcher/%.o: $(src)/fetcher/%.c Makefile | deps
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(fetch_flags) $(OPT) $(hard_cc) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(wildcard $(BUILD)/obj/*/*.d)


# C tests: t/unit/test_*.c with the core, test_fetch_*.c with the fetcher too.
# t/unit.t builds and runs them, under the sanitizers.

unit_c := $(sort $(wildcard t/unit/test_*.c))
unit := $(unit_c:t/unit/%.c=$(BUILD)/unit/%)
unit_fetch := $(filter $(BUILD)/unit/test_fetch_%,$(unit))

unit: $(unit)

$(filter-out $(unit_fetch),$(unit)): $(BUILD)/unit/%: t/unit/%.c \
        $(BUILD)/libcore.a Makefile
	@mkdir -p $(@D)
	$(SAY) UNIT $@
	$(Q)$(CC) $(fetch_flags) $(OPT) $(hard_cc) $(hard_ld) -It/unit -MMD -MP \
	    -o $@ $< $(BUILD)/libcore.a -lcmocka $(core_libs)

$(unit_fetch): $(BUILD)/unit/%: t/unit/%.c $(BUILD)/libfetch.a \
        $(BUILD)/libcore.a Makefile
	@mkdir -p $(@D)
	$(SAY) UNIT $@
	$(Q)$(CC) $(fetch_flags) $(OPT) $(hard_cc) $(hard_ld) -It/unit -MMD -MP \
	    -o $@ $< $(BUILD)/libfetch.a $(BUILD)/libcore.a -lcmocka $(fetch_libs)

$(BUILD)/libcore.a: $(core_o)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/libfetch.a: $(filter-out %/wismo.o,$(fetch_o))
	@rm -f $@
	$(Q)ar rcs $@ $^

-include $(wildcard $(BUILD)/unit/*.d)


# What t/chaos.t kills and stops: the program with named crash points and a
# short lease, and a carrier that counts.  The rest is the ordinary program's.

chaos_c := $(shell grep -lE 'fetch_crash\.h|FETCH_LEASE' $(fetch_c))
chaos_o := $(chaos_c:$(src)/%.c=$(BUILD)/chaos/%.o)

chaos-build: $(BUILD)/chaos/wismo $(BUILD)/chaos/carrier

$(BUILD)/chaos/wismo: $(chaos_o) $(core_o) \
        $(filter-out $(chaos_c:$(src)/%.c=$(BUILD)/obj/%.o),$(fetch_o))
	$(SAY) LINK $@
	$(Q)$(CC) $(hard_ld) $(LDFLAGS) -o $@ $^ $(fetch_libs)

$(chaos_o): $(BUILD)/chaos/%.o: $(src)/%.c Makefile | deps
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(fetch_flags) $(OPT) $(hard_cc) $(CFLAGS) -MMD -MP \
	    -DWISMO_CRASH_POINTS -DFETCH_LEASE=2000 -DFETCH_TELL_LOST=3 \
	    -c -o $@ $<

$(BUILD)/chaos/carrier: t/chaos/carrier.c Makefile | deps
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) -std=gnu11 $(warn) $(OPT) $(hard_cc) $(hard_ld) -o $@ $<

-include $(wildcard $(BUILD)/chaos/*/*.d)


# Fuzz targets: t/fuzz/fuzz_*.c, by themselves for t/fuzz.t, which replays what
# is known, or with libFuzzer for "make fuzz", which finds more.

fuzz_c := $(sort $(wildcard t/fuzz/fuzz_*.c))
fuzz := $(fuzz_c:t/fuzz/fuzz_%.c=$(BUILD)/fuzz/%)
fuzz_main = $(if $(FUZZER),-fsanitize=fuzzer,t/fuzz/replay.c)

fuzz-build: $(fuzz)

$(fuzz): $(BUILD)/fuzz/%: t/fuzz/fuzz_%.c t/fuzz/replay.c t/fuzz/fuzz.h \
        $(BUILD)/libfetch.a $(BUILD)/libcore.a Makefile
	@mkdir -p $(@D)
	$(SAY) FUZZ $@
	$(Q)$(CC) $(fetch_flags) $(OPT) $(hard_cc) $(hard_ld) $(CFLAGS) -It/fuzz \
	    -o $@ $< $(fuzz_main) $(BUILD)/libfetch.a $(BUILD)/libcore.a \
	    $(fetch_libs)


# The module.  nginx's own configure writes its makefile; it is run again only
# if what it would see has changed, and that is what the "key" holds.

ngx = $(BUILD)/nginx-obj

ifeq ($(NGINX_SRC),)
ngx_tree = $(shell dirname "$$(dpkg -L nginx-dev | grep '/conf_flags$$')")
ngx_version = $(shell dpkg-query -W -f '$${Version}' nginx-dev)
ngx_goals = modules
else
ngx_tree = $(abspath $(NGINX_SRC))
ngx_version = $(shell grep -h 'NGINX_VERSION  ' \
                  $(NGINX_SRC)/src/core/nginx.h)
ngx_goals = binary modules
endif

module: $(BUILD)/ngx_wismo_module.so

$(BUILD)/ngx_wismo_module.so: $(ngx)/ngx_wismo_module.so
	$(SAY) MODULE $@
	$(Q)install -m 644 $< $@

$(ngx)/ngx_wismo_module.so: $(ngx)/Makefile FORCE
	@$(MAKE) --no-print-directory -f $(out)/nginx-obj/Makefile \
	    -C "$(ngx_tree)" $(ngx_goals) >$(ngx)/make.log 2>&1 \
	|| { grep -E -A5 ': (fatal )?error:|undefined|\*\*\*' $(ngx)/make.log \
	     || cat $(ngx)/make.log; exit 1; }

$(ngx)/Makefile: config t/configure.sh $(BUILD)/key
	@mkdir -p $(ngx)
	$(SAY) CONFIGURE nginx module
	t/configure.sh "$(ngx_tree)" "$(out)/nginx-obj" $(SAN)

export WISMO_PREFIX = $(PREFIX)

$(BUILD)/key: FORCE | deps
	@mkdir -p $(BUILD)
	@echo '$(ngx_version) $(ngx_tree) $(SAN) $(PREFIX)' \
	    $(nginx_c) $(nginx_h) $(core_c) >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi


# The data, where a program that is not installed finds it

share: $(BUILD)/share/carriers $(BUILD)/share/channels $(BUILD)/share/shops \
    $(BUILD)/share/html

$(BUILD)/share/carriers:
	@mkdir -p $(@D)
	ln -s $(CURDIR)/$(src)/carriers $@

$(BUILD)/share/channels:
	@mkdir -p $(@D)
	ln -s $(CURDIR)/$(src)/channels $@

$(BUILD)/share/shops:
	@mkdir -p $(@D)
	ln -s $(CURDIR)/$(src)/shops $@

$(BUILD)/share/html:
	@mkdir -p $(@D)
	ln -s $(CURDIR)/html $@

install: all
	install -d $(DESTDIR)$(MODULES_DIR) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(BUILD)/ngx_wismo_module.so $(DESTDIR)$(MODULES_DIR)
	install -m 755 $(BUILD)/wismo $(DESTDIR)$(PREFIX)/bin
	install -d $(DESTDIR)$(PREFIX)/share/wismo
	cp -RL --no-preserve=mode,ownership $(BUILD)/share/carriers $(BUILD)/share/channels \
	    $(BUILD)/share/shops $(BUILD)/share/html $(DESTDIR)$(PREFIX)/share/wismo
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 docs/wismo.1 $(DESTDIR)$(PREFIX)/share/man/man1


test:
	@t/setup.sh test
	@T="$(T)" NGINX_SRC="$(NGINX_SRC)" t/run.sh

demo:
	@t/setup.sh demo
	@$(MAKE) --no-print-directory -j"$$(nproc)" all
	@WISMO_BUILD="$(out)" exec env --default-signal=INT,TERM t/demo.sh

bench:
	@t/setup.sh bench
	@$(MAKE) --no-print-directory -j"$$(nproc)" all
	@WISMO_BUILD="$(out)" t/bench/run $(BENCH)

# A million ways of putting reports together, six for each world.

property:
	@t/setup.sh test
	@$(MAKE) --no-print-directory -j"$$(nproc)" $(BUILD)/unit/test_permutation
	@WISMO_WORLDS=166667 $(BUILD)/unit/test_permutation

browser shots:
	@t/setup.sh test
	@$(MAKE) --no-print-directory -j"$$(nproc)" all
	@WISMO_BUILD="$(out)" WISMO_BROWSER=$(if $(filter shots,$@),shots,all) \
	    prove -v -It/lib t/browser.t

chaos:
	@t/setup.sh test
	@$(MAKE) --no-print-directory -j"$$(nproc)" all chaos-build
	@WISMO_BUILD="$(out)" WISMO_CHAOS=long prove -v -It/lib t/chaos.t

# clang minds a null pointer plus nothing, which C23 no longer does.

fuzzer_cc = -fsanitize=fuzzer-no-link -fno-sanitize=pointer-overflow -Wno-error

FUZZ_SECONDS = 60
FUZZ = $(fuzz_c:t/fuzz/fuzz_%.c=%)

fuzz:
	@t/setup.sh fuzz
	@$(MAKE) --no-print-directory -j"$$(nproc)" BUILD=build-fuzz SAN=1 \
	    CC=clang FUZZER=1 fuzz-build \
	    CFLAGS='$(fuzzer_cc)'
	@t/fuzz/run build-fuzz $(FUZZ_SECONDS) $(FUZZ)

clean:
	rm -rf build-fuzz build build-asan build-upstream build-upstream-asan

FORCE:
