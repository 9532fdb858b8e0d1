dnl SPDX-License-Identifier: BSD-2-Clause
dnl
dnl What configure asks for on behalf of Helios.  A missing tool is an error
dnl that names the Debian package, never something quietly left out.

dnl HELIOS_MISSING(what, Debian package, alternative)
AC_DEFUN([HELIOS_MISSING],
[AC_MSG_ERROR([$1 is needed and was not found; dnl
Debian: apt-get install $2[]m4_ifnblank([$3], [ ($3)])])])

dnl HELIOS_PROG(variable, program, Debian package, remark)
AC_DEFUN([HELIOS_PROG],
[AC_ARG_VAR([$1], [the program $2])
AC_PATH_TOOL([$1], [$2])
AS_IF([test -z "$$1"], [HELIOS_MISSING([$2], [$3], [$4])])])

dnl HELIOS_ARG_ENABLE(feature, default, help)
AC_DEFUN([HELIOS_ARG_ENABLE],
[AC_ARG_ENABLE([$1],
  [m4_case([$2],
    [no], [AS_HELP_STRING([--enable-$1], [$3])],
    [AS_HELP_STRING([--disable-$1], [$3])])],
  [AS_CASE([$enableval], [yes | no], [],
    [AC_MSG_ERROR([--enable-$1 is yes or no, not '$enableval'])])],
  [AS_VAR_SET([enable_$1], ["$2"])])])

dnl HELIOS_ARG_WITH(tool, help)
AC_DEFUN([HELIOS_ARG_WITH],
[AC_ARG_WITH([$1], [AS_HELP_STRING([--without-$1], [$2])],
  [AS_CASE([$withval], [yes | no], [],
    [AC_MSG_ERROR([--with-$1 is yes or no, not '$withval'])])],
  [AS_VAR_SET([with_$1], [yes])])])

dnl The initramfs is packed with options only GNU tar has.
AC_DEFUN([HELIOS_PROG_GNU_TAR],
[HELIOS_PROG([TAR], [tar], [tar], [GNU tar])
AC_MSG_CHECKING([whether $TAR is GNU tar])
AS_CASE([`"$TAR" --version 2>/dev/null`],
  [*"GNU tar"*], [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
  HELIOS_MISSING([GNU tar], [tar], [set TAR to it])])])

AC_DEFUN([HELIOS_PROG_GNU_MAKE],
[AC_MSG_CHECKING([whether ${MAKE-make} is GNU make])
AS_CASE([`${MAKE-make} --version 2>/dev/null`],
  [*"GNU Make"*], [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
  HELIOS_MISSING([GNU make], [make], [set MAKE to it])])])

AC_DEFUN([HELIOS_TARGET_X86_64_LINUX],
[AC_MSG_CHECKING([whether the target is x86_64 with 64-bit pointers])
AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#if !defined(__x86_64__) || defined(__ILP32__)
#error
#endif
]])], [AC_MSG_RESULT([yes])],
[AC_MSG_RESULT([no])
AC_MSG_ERROR([Helios runs on x86_64; '$CC $CFLAGS' compiles for $host or 32 bits])])
AC_MSG_CHECKING([whether the target is Linux])
AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#ifndef __linux__
#error
#endif
]])], [AC_MSG_RESULT([yes])],
[AC_MSG_RESULT([no])
AC_MSG_ERROR([the hosted kernel needs Linux; '$CC' compiles for $host])])
AC_CHECK_HEADER([linux/userfaultfd.h], [],
  [HELIOS_MISSING([linux/userfaultfd.h], [linux-libc-dev], [])])])

dnl HELIOS_LINKS(what, flags, remark): a program without libc.
AC_DEFUN([HELIOS_LINKS],
[AC_MSG_CHECKING([whether $CC $1])
helios_save_CFLAGS=$CFLAGS helios_save_LDFLAGS=$LDFLAGS
CFLAGS="$2" LDFLAGS=
AC_LINK_IFELSE([AC_LANG_SOURCE([[void _start(void) { for (;;); }]])],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
  AC_MSG_ERROR([user programs are static PIEs: '$CC $2' must work; $3])])
CFLAGS=$helios_save_CFLAGS LDFLAGS=$helios_save_LDFLAGS])

AC_DEFUN([HELIOS_COMPILER],
[AX_CHECK_COMPILE_FLAG([-std=gnu17], [],
  [AC_MSG_ERROR([$CC does not know -std=gnu17; gcc 8 and clang 6 do])])
HELIOS_LINKS([links freestanding static PIEs],
  [-ffreestanding -fPIE -nostdlib -static-pie],
  [gcc 8 with binutils 2.31 and clang 9 do])
USER_TARGET_CFLAGS=
AX_APPEND_COMPILE_FLAGS([-ffreestanding -fPIE -fvisibility=hidden dnl
-fno-stack-protector -fcf-protection=none -ftls-model=local-exec dnl
-fno-tree-loop-distribute-patterns --param=min-pagesize=0 dnl
-mstringop-strategy=libcall], dnl
  [USER_TARGET_CFLAGS], [-Werror])
AC_SUBST([USER_TARGET_CFLAGS])
# -mcmodel=kernel and the PIE of distributions' compilers exclude each other.
KERNEL_TARGET_CFLAGS=
AX_APPEND_COMPILE_FLAGS([-ffreestanding -fno-pic -mcmodel=kernel dnl
-mno-red-zone -mgeneral-regs-only -fno-stack-protector -fcf-protection=none dnl
-fno-strict-aliasing -fno-asynchronous-unwind-tables], dnl
  [KERNEL_TARGET_CFLAGS], [-Werror -fno-pic])
AC_SUBST([KERNEL_TARGET_CFLAGS])])

# Debug kernels are compiled for backtraces, release kernels as one program
# where compiler and linker can (clang needs lld or the plugin of its linker).
#
# What enters the kernel never returns, and all registers of a program are
# saved: nobody up the stack wants a register back, so functions of a release
# kernel use them without saving them (where the compiler can; not %rbp, which
# some need themselves).  Its stack is 8 bytes aligned, which is enough for
# general registers, also where gcc would like 16 for two of them as a pair:
# so it is told that it has these.
#
# Interrupts come in the middle of an asm statement, so what a function calls
# does not say what it changes: no -fipa-reference.
AC_DEFUN([HELIOS_KERNEL_BUILD],
[KERNEL_BUILD_CFLAGS=
AX_APPEND_COMPILE_FLAGS([-fno-ipa-reference -fno-ipa-reference-addressable],
  [KERNEL_BUILD_CFLAGS], [-Werror])
AS_IF([test "$enable_debug" = yes],
  [AX_APPEND_COMPILE_FLAGS([-fno-omit-frame-pointer dnl
-mno-omit-leaf-frame-pointer], [KERNEL_BUILD_CFLAGS], [-Werror])],
  [AX_APPEND_COMPILE_FLAGS([-fomit-frame-pointer dnl
-fcall-used-rbx -fcall-used-r12 -fcall-used-r13 -fcall-used-r14 dnl
-fcall-used-r15 dnl
-mpreferred-stack-boundary=3 -mincoming-stack-boundary=4 dnl
-fno-align-functions -fno-align-loops dnl
-fno-align-jumps -fno-align-labels], [KERNEL_BUILD_CFLAGS], [-Werror])
  AC_MSG_CHECKING([whether $CC links the kernel as one program])
  helios_cflags=$CFLAGS
  CFLAGS="-flto -flto-partition=one -fno-fat-lto-objects"
  AS_CASE(["$($CC --version 2>/dev/null)"], [*clang*], [CFLAGS=-flto])
  helios_lto=$CFLAGS
  CFLAGS="$CFLAGS $KERNEL_TARGET_CFLAGS -nostdlib -static"
  AC_LINK_IFELSE([AC_LANG_SOURCE([int x; void _start(void) { x = 1; }
int main(void) { return 0; }])],
    [KERNEL_BUILD_CFLAGS="$KERNEL_BUILD_CFLAGS $helios_lto"
    AC_MSG_RESULT([yes])], [AC_MSG_RESULT([no])])
  CFLAGS=$helios_cflags])
AC_SUBST([KERNEL_BUILD_CFLAGS])
# Where speed is what counts: gcc's second peephole pass sets a register to 0
# to store that, which is shorter and takes longer.
KERNEL_FAST_CFLAGS=
AX_APPEND_COMPILE_FLAGS([-fno-peephole2], [KERNEL_FAST_CFLAGS], [-Werror])
AC_SUBST([KERNEL_FAST_CFLAGS])])

AC_DEFUN([HELIOS_WARNINGS],
[WARN_CFLAGS=
AX_APPEND_COMPILE_FLAGS([-Wall -Wextra -Wconversion -Wshadow -Wcast-qual dnl
-Wstrict-prototypes -Wmissing-prototypes], [WARN_CFLAGS], [-Werror])
AC_SUBST([WARN_CFLAGS])])

AC_DEFUN([HELIOS_SANITIZE],
[INSTRUMENT_CFLAGS="$INSTRUMENT_CFLAGS -fsanitize=address,undefined dnl
-fno-sanitize-recover=undefined -fno-omit-frame-pointer"
AX_CHECK_LINK_FLAG([-fsanitize=address,undefined], [],
  [AC_MSG_ERROR([$CC cannot link with -fsanitize=address,undefined; dnl
Debian: apt-get install libgcc-12-dev or libclang-rt-14-dev])])])

AC_DEFUN([HELIOS_COVERAGE],
[INSTRUMENT_CFLAGS="$INSTRUMENT_CFLAGS --coverage -fprofile-update=atomic"
AX_CHECK_LINK_FLAG([--coverage], [],
  [AC_MSG_ERROR([$CC cannot link with --coverage; dnl
Debian: apt-get install libgcc-12-dev or libclang-rt-14-dev])])])

dnl The font of the kernel's screen: PSF, 8 pixels wide, as packaged.
AC_DEFUN([HELIOS_CONSOLE_FONT],
[AC_ARG_VAR([CONSOLE_FONT], [gzipped PSF font for the screen, 8x16])
AC_MSG_CHECKING([for the font of the screen])
AS_IF([test -z "$CONSOLE_FONT"],
  [for helios_font in /usr/share/consolefonts/Lat15-Terminus16.psf.gz dnl
/usr/share/kbd/consolefonts/ter-116n.psf.gz; do
    AS_IF([test -r "$helios_font"], [CONSOLE_FONT=$helios_font; break])
  done])
AC_MSG_RESULT([${CONSOLE_FONT:-none}])
AS_IF([test ! -r "$CONSOLE_FONT"],
  [HELIOS_MISSING([a console font], [console-setup-linux],
    [or set CONSOLE_FONT to a gzipped PSF font, 8x16])])])

dnl A file of a package that has no program.
dnl HELIOS_FILE(variable, help, what, Debian package, remark, candidates)
AC_DEFUN([HELIOS_FILE],
[AC_ARG_VAR([$1], [$2])
AC_MSG_CHECKING([for $3])
AS_IF([test -z "$$1"],
  [for helios_file in $6; do
    AS_IF([test -r "$helios_file"], [$1=$helios_file; break])
  done])
AC_MSG_RESULT([${$1:-none}])
AS_IF([test ! -r "$$1"], [HELIOS_MISSING([$3], [$4], [$5])])])

dnl The tools that make helios.iso.
AC_DEFUN([HELIOS_ISO],
[HELIOS_PROG([GRUB_MKRESCUE], [grub-mkrescue], [grub-common],
  [or configure --without-iso])
HELIOS_PROG([XORRISO], [xorriso], [xorriso], [or configure --without-iso])
HELIOS_PROG([MFORMAT], [mformat], [mtools], [or configure --without-iso])
HELIOS_FILE([GRUB_PC], [a module of GRUB for BIOS],
  [GRUB for BIOS], [grub-pc-bin], [or configure --without-iso],
  [/usr/lib/grub/i386-pc/multiboot2.mod dnl
/usr/share/grub2/i386-pc/multiboot2.mod])
HELIOS_FILE([GRUB_EFI], [a module of GRUB for UEFI],
  [GRUB for UEFI], [grub-efi-amd64-bin], [or configure --without-iso],
  [/usr/lib/grub/x86_64-efi/multiboot2.mod dnl
/usr/share/grub2/x86_64-efi/multiboot2.mod])])

dnl QEMU and its firmware.
AC_DEFUN([HELIOS_QEMU],
[HELIOS_PROG([QEMU], [qemu-system-x86_64], [qemu-system-x86],
  [or configure --without-qemu])
AC_MSG_CHECKING([whether $QEMU is version 6.0 or later])
helios_version=`"$QEMU" --version 2>/dev/null | dnl
"$SED" -n 's/^QEMU emulator version \([[0-9.]]*\).*/\1/p'`
AC_MSG_RESULT([${helios_version:-no version}])
AS_CASE([$helios_version], ['' | [[0-5]].*],
  [AC_MSG_ERROR([QEMU 6.0 or later is needed, $QEMU is version dnl
${helios_version:-unknown} (or configure --without-qemu)])])
HELIOS_FILE([OVMF], [UEFI firmware for QEMU, code and variables in one file],
  [UEFI firmware for QEMU], [ovmf], [or configure --without-qemu],
  [/usr/share/ovmf/OVMF.fd /usr/share/edk2/x64/OVMF.4m.fd dnl
/usr/share/edk2/x64/OVMF.fd /usr/share/edk2/ovmf/OVMF.fd dnl
/usr/share/qemu/ovmf-x86_64.bin])])

dnl Bochs, which shows its screen on a terminal, and its firmware.
AC_DEFUN([HELIOS_BOCHS],
[HELIOS_PROG([BOCHS], [bochs], [bochs], [or configure --without-bochs])
HELIOS_FILE([BOCHS_TERM], [the plugin of Bochs for terminals],
  [Bochs on a terminal], [bochs-term], [or configure --without-bochs],
  [/usr/lib/*/bochs/plugins/libbx_term_gui.so dnl
/usr/lib*/bochs/plugins/libbx_term_gui.so dnl
/usr/lib*/bochs/plugins/libbx_term.so])
HELIOS_FILE([BOCHS_BIOS], [the BIOS of Bochs],
  [the BIOS of Bochs], [bochsbios], [or configure --without-bochs],
  [/usr/share/bochs/BIOS-bochs-latest])
HELIOS_FILE([BOCHS_VGABIOS], [the VGA BIOS for Bochs],
  [the VGA BIOS for Bochs], [vgabios], [or configure --without-bochs],
  [/usr/share/bochs/VGABIOS-lgpl-latest /usr/share/vgabios/vgabios.bin])])

dnl Fuzzers are compiled by clang, whatever the rest is compiled by.
AC_DEFUN([HELIOS_FUZZ],
[HELIOS_PROG([CLANG], [clang], [clang], [or configure --without-fuzz])
AC_MSG_CHECKING([whether $CLANG links with libFuzzer])
cat >conftest.c <<_ACEOF
int LLVMFuzzerTestOneInput(const unsigned char *d, __SIZE_TYPE__ n)
{ return d == 0 && n == 1 ? -1 : 0; }
_ACEOF
AS_IF(["$CLANG" -fsanitize=fuzzer,address,undefined -o conftest conftest.c dnl
>&AS_MESSAGE_LOG_FD 2>&1],
  [AC_MSG_RESULT([yes]); rm -f conftest conftest.c],
  [AC_MSG_RESULT([no]); rm -f conftest conftest.c
  HELIOS_MISSING([libFuzzer of $CLANG], [libclang-rt-dev],
    [or configure --without-fuzz])])])
