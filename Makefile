# make                  build into obj/
# make check            unit, command, network and manual-page tests (root: all of them)
# make check T='tests/unit/num tests/cmd/rec.t'      just these
# make check SAN=address,undefined
# make fuzz             libFuzzer harnesses (clang) into obj-fuzz/
# make fuzz-run SECS=60 run each of them that long
# make lint             manual pages, shell, headers, cppcheck, clang-tidy
# make mutants          break a check, see that a test notices; each in turn
# make bench            castnet next to what one would use instead
# make install DESTDIR= PREFIX=/usr/local
#
# GNU make.  Local settings go in config.mk, which git ignores.
# OBJ=obj-x builds somewhere else.

-include config.mk

PREFIX		?= /usr/local
BINDIR		?= $(PREFIX)/bin
LIBEXECDIR	?= $(PREFIX)/libexec/castnet
MANDIR		?= $(PREFIX)/share/man
DATADIR		?= $(PREFIX)/share/castnet
COMPDIR		?= $(PREFIX)/share/bash-completion/completions
INSTALL		?= install
PKG_CONFIG	?= pkg-config
SECS		?= 60

CFLAGS		?= -O2 -g
WARN		:= -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes \
		   -Wmissing-prototypes -Wpointer-arith -Wvla
PKGS		:= libpcap zlib libdeflate libseccomp libmaxminddb libmd libxdp libbpf
ALL_CPPFLAGS	:= -D_GNU_SOURCE -D_DEFAULT_SOURCE -DDATADIR='"$(DATADIR)"' -Ilib \
		   $(shell $(PKG_CONFIG) --cflags $(PKGS)) \
		   $(filter-out -D_BSD_SOURCE -D_SVID_SOURCE -D_DEFAULT_SOURCE,\
		   $(shell libnet-config --defines --cflags)) $(CPPFLAGS)
ALL_CFLAGS	:= -std=c11 -pthread $(WARN) \
		   $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer) $(CFLAGS)
ALL_LDFLAGS	:= -pthread $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)
LIBS		:= $(shell $(PKG_CONFIG) --libs $(PKGS)) $(shell libnet-config --libs) -lm

comma		:= ,
OBJ		?= obj$(if $(SAN),-$(subst $(comma),-,$(SAN)))

TOOLS		:= $(patsubst cmd/%.c,%,$(wildcard cmd/*.c))
NODESCRIPTS	:= castnode castnode-run
SCRIPTS		:= $(filter-out $(NODESCRIPTS),$(patsubst cmd/%.sh,%,$(wildcard cmd/*.sh)))
UNITS		:= $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
FUZZERS		:= $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
LABBINS		:= $(patsubst share/lab/%.c,%,$(wildcard share/lab/*.c))
BENCHBINS	:= $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/*.c))
HELPERS		:= $(patsubst tests/helper/%.c,%,$(wildcard tests/helper/*.c))
LIBSRCS		:= $(wildcard lib/*.c)
LIBOBJS		:= $(LIBSRCS:%.c=$(OBJ)/%.o)
PAGES		:= $(wildcard man/*.[1578]) $(patsubst %.in,$(OBJ)/%,$(wildcard man/*.in))
NODEBIN		:= $(NODESCRIPTS:%=$(OBJ)/libexec/%)

ifneq ($(V),1)
Q		:= @
endif

BINS		:= $(TOOLS:%=$(OBJ)/bin/%) $(SCRIPTS:%=$(OBJ)/bin/%)
LABS		:= $(LABBINS:%=$(OBJ)/lab/%)
CHECKBINS	:= $(UNITS:%=$(OBJ)/unit/%) $(HELPERS:%=$(OBJ)/helper/%)

all: $(BINS) $(NODEBIN) $(LABS) $(PAGES)

$(OBJ)/lib.a: $(LIBOBJS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(OBJ)/bin/%: $(OBJ)/cmd/%.o $(OBJ)/lib.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Only one tool draws.
$(OBJ)/bin/watchrecords: LIBS += $(shell $(PKG_CONFIG) --libs ncursesw)

$(OBJ)/bin/%: cmd/%.sh
	@mkdir -p $(@D)
	$(Q)$(INSTALL) -m 755 $< $@

$(OBJ)/libexec/%: cmd/%.sh
	@mkdir -p $(@D)
	$(Q)$(INSTALL) -m 755 $< $@

$(OBJ)/unit/%: $(OBJ)/tests/unit/%.o $(OBJ)/lib.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(OBJ)/helper/%: $(OBJ)/tests/helper/%.o $(OBJ)/lib.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(OBJ)/bench/%: $(OBJ)/tests/bench/%.o $(OBJ)/lib.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# The lab's programs stand on their own: not one line of lib/ may make both
# the simulated Internet and the product wrong together.
# A program is NAME.c and, where there is one, what lies in NAME/.
.SECONDEXPANSION:
$(OBJ)/lab/%: share/lab/%.c $$(wildcard share/lab/$$*/*) $(OBJ)/flags
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) -D_GNU_SOURCE $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ \
	    $(filter %.c,$^) -lm

# Another compiler or other flags rebuild everything.
$(OBJ)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS)' | cmp -s - $@ || \
	    echo '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS)' >$@

$(OBJ)/%.o: %.c $(OBJ)/flags
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# records(5) gets its tables from the code that reads and writes them.
$(OBJ)/man/%: man/%.in $(OBJ)/bin/recfields
	@mkdir -p $(@D)
	$(Q)$(OBJ)/bin/recfields -m >$@.tables
	$(Q)sed -e '/^@RECORDS@$$/{' -e 'r $@.tables' -e d -e '}' $< >$@
	@rm -f $@.tables

checkbins: all $(CHECKBINS)

check: checkbins
	$(Q)OBJ="$(OBJ)" tests/run $(T)

fuzz: $(FUZZERS:%=obj-fuzz/%)

# Not within itself: there the rule for $(OBJ)/lib.a does the work.
ifneq ($(OBJ),obj-fuzz)
obj-fuzz/lib.a: $(LIBSRCS) $(wildcard lib/*.h lib/*.def) Makefile
	$(Q)$(MAKE) -s CC=clang OBJ=obj-fuzz SAN=fuzzer-no-link,address,undefined obj-fuzz/lib.a
endif

obj-fuzz/%: tests/fuzz/%.c obj-fuzz/lib.a
	@mkdir -p $(@D)
	$(Q)clang $(ALL_CPPFLAGS) -std=c11 -pthread -g -O1 \
	    -fsanitize=fuzzer,address,undefined -o $@ $< obj-fuzz/lib.a $(LIBS)

fuzz-run: fuzz
	$(Q)tests/fuzz/run $(SECS) $(FUZZERS)

lint: all
	$(Q)tests/lint $(PAGES)

mutants:
	$(Q)tests/mutants

bench: all $(BENCHBINS:%=$(OBJ)/bench/%)
	$(Q)OBJ="$(OBJ)" tests/bench/run $(P)

install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) \
	    $(DESTDIR)$(DATADIR) $(DESTDIR)$(COMPDIR)
	$(INSTALL) -m 755 $(BINS) $(DESTDIR)$(BINDIR)
	$(INSTALL) -m 755 $(NODEBIN) $(LABS) $(DESTDIR)$(LIBEXECDIR)
	cp -R share/. $(DESTDIR)$(DATADIR)/
	for t in $(TOOLS) $(SCRIPTS); do \
	    $(INSTALL) -m 644 share/completion/castnet.bash \
	    $(DESTDIR)$(COMPDIR)/$$t || exit 1; done
	for p in $(PAGES); do s=$${p##*.}; \
	    $(INSTALL) -d $(DESTDIR)$(MANDIR)/man$$s && \
	    $(INSTALL) -m 644 $$p $(DESTDIR)$(MANDIR)/man$$s || exit 1; done

clean:
	rm -rf obj obj-*

FORCE:
.PHONY: all check checkbins fuzz fuzz-run lint mutants bench install clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:

-include $(wildcard $(OBJ)/*/*.d $(OBJ)/*/*/*.d)
