dnl SPDX-License-Identifier: BSD-3-Clause
dnl The project's own configure macros.

dnl USCTP_OPTION(NAME, DEFAULT, OPTION, HELP)
dnl --enable-NAME or --disable-NAME, yes or no in $enable_NAME; OPTION is the spelling to show.
AC_DEFUN([USCTP_OPTION],
[AC_ARG_ENABLE([$1],
  [AS_HELP_STRING([$3], [$4])],
  [AS_CASE([$enableval],
     [yes|no], [],
     [AC_MSG_ERROR([$3 takes yes or no, not "$enableval"])])],
  [enable_$1=$2])])

dnl USCTP_CHECK_CFLAGS(VARIABLE, FLAGS)
dnl Appends FLAGS to VARIABLE (substituted) if the C compiler takes them all without a word. A
dnl warning about an unknown flag counts as a refusal, also where the compiler only says so.
AC_DEFUN([USCTP_CHECK_CFLAGS],
[AC_SUBST([$1])
AS_VAR_PUSHDEF([usctp_cache], [usctp_cv_cflags_$2])
AC_CACHE_CHECK([whether $CC takes $2], [usctp_cache],
  [usctp_save_CFLAGS=$CFLAGS
   usctp_save_werror=$ac_c_werror_flag
   CFLAGS="$CFLAGS $2"
   ac_c_werror_flag=yes
   AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int usctp_probe(int x); int usctp_probe(int x) { return x; }]])],
     [AS_VAR_SET([usctp_cache], [yes])],
     [AS_VAR_SET([usctp_cache], [no])])
   ac_c_werror_flag=$usctp_save_werror
   CFLAGS=$usctp_save_CFLAGS])
AS_VAR_IF([usctp_cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([usctp_cache])])

dnl USCTP_WARNINGS(VARIABLE)
dnl The long warning list of the house, as far as the compiler knows it.
AC_DEFUN([USCTP_WARNINGS],
[m4_foreach_w([usctp_flag],
  [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
   -Wpointer-arith -Wcast-align -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2
   -Wimplicit-fallthrough -Wnull-dereference],
  [USCTP_CHECK_CFLAGS([$1], usctp_flag)
])])

dnl USCTP_SANITIZERS(CFLAGS_VARIABLE, FUZZ_LDFLAGS_VARIABLE)
dnl Flags for --enable-asan, --enable-ubsan and --enable-fuzzers; stops where the compiler and its
dnl run-time library cannot do it, since a test run without what was asked for would mislead.
AC_DEFUN([USCTP_SANITIZERS],
[AC_SUBST([$1])
AC_SUBST([$2])
AS_IF([test "$enable_asan" = yes],
  [AS_VAR_APPEND([$1], [" -fsanitize=address -fno-omit-frame-pointer"])])
AS_IF([test "$enable_ubsan" = yes],
  [AS_VAR_APPEND([$1], [" -fsanitize=undefined -fno-sanitize-recover=all"])])
AS_IF([test "$enable_fuzzers" = yes],
  [AS_VAR_APPEND([$1], [" -fsanitize=fuzzer-no-link"])
   AS_VAR_SET([$2], ["-fsanitize=fuzzer"])])
AS_IF([test -n "$][$1"],
  [AC_MSG_CHECKING([whether $CC links with$][$1])
   usctp_save_CFLAGS=$CFLAGS
   CFLAGS="$CFLAGS $][$1"
   AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
     [AC_MSG_RESULT([yes])],
     [AC_MSG_RESULT([no])
      AC_MSG_ERROR([the compiler cannot link with$][$1 (fuzzers need clang and its run-time library)])])
   CFLAGS=$usctp_save_CFLAGS])])

dnl USCTP_LTO(CFLAGS_VARIABLE)
dnl Flags for link-time optimisation of the library: small functions of many files, called once each a packet,
dnl become few. The objects hold plain code as well, for whoever links without it. By default where an optimised
dnl shared library is built for the compiler's own system, and not with sanitizers: that is one link, while
dnl each program that takes the static library pays anew.
AC_DEFUN([USCTP_LTO],
[AC_SUBST([$1])
AS_IF([test "$enable_lto" = auto],
  [AS_CASE([" $CFLAGS "],
     [*" -O2 "*|*" -O3 "*|*" -Os "*], [enable_lto=$enable_shared],
     [enable_lto=no])
   AS_IF([test -n "$SANITIZE_CFLAGS" || test "$cross_compiling" = yes], [enable_lto=no])])
AS_IF([test "$enable_lto" = yes],
  [dnl What is a false alarm across files is looked for in each file.
   USCTP_CHECK_CFLAGS([$1], [-flto=auto -ffat-lto-objects -Wno-null-dereference])])
AS_IF([test -z "$][$1"], [enable_lto=no])])

dnl USCTP_OPENSSL
dnl libcrypto, 3.0 or later: OPENSSL_CPPFLAGS, OPENSSL_LDFLAGS, OPENSSL_LIBS, $have_openssl.
AC_DEFUN([USCTP_OPENSSL],
[AC_SUBST([OPENSSL_CPPFLAGS])
AC_SUBST([OPENSSL_LDFLAGS])
AC_SUBST([OPENSSL_LIBS])
have_openssl=no
AC_ARG_WITH([openssl],
  [AS_HELP_STRING([--without-openssl], [leave out libcrypto: callers hand in a crypto table])
AS_HELP_STRING([--with-openssl=DIR], [libcrypto under the prefix DIR])],
  [], [with_openssl=yes])
AS_CASE([$with_openssl],
  [no|yes], [],
  [OPENSSL_CPPFLAGS="-I$with_openssl/include"
   OPENSSL_LDFLAGS="-L$with_openssl/lib"])
AS_IF([test "$with_openssl" != no],
  [AC_MSG_CHECKING([for libcrypto 3.0 or later])
   usctp_save_CPPFLAGS=$CPPFLAGS
   usctp_save_LDFLAGS=$LDFLAGS
   usctp_save_LIBS=$LIBS
   CPPFLAGS="$CPPFLAGS $OPENSSL_CPPFLAGS"
   LDFLAGS="$LDFLAGS $OPENSSL_LDFLAGS"
   LIBS="-lcrypto $LIBS"
   AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <openssl/evp.h>]],
                                   [[EVP_MAC_free(EVP_MAC_fetch(0, "HMAC", 0));]])],
     [have_openssl=yes
      OPENSSL_LIBS=-lcrypto])
   CPPFLAGS=$usctp_save_CPPFLAGS
   LDFLAGS=$usctp_save_LDFLAGS
   LIBS=$usctp_save_LIBS
   AC_MSG_RESULT([$have_openssl])
   AS_IF([test "$have_openssl" = no],
     [AC_MSG_ERROR([no libcrypto found: install its development files (Debian: libssl-dev), or
configure --without-openssl and hand in a crypto table])])
   AC_DEFINE([HAVE_OPENSSL], [1], [Define to 1 if libcrypto is used.])])])

dnl USCTP_TEST_LIBRARY(NAME, LIBRARY, HEADER, FUNCTION, PROLOGUE)
dnl A library that only tests use: NAME_LIBS, $have_NAME, HAVE_NAME in config.h. Its absence stops nothing here;
dnl the tests that want it are then skipped, loudly.
AC_DEFUN([USCTP_TEST_LIBRARY],
[AC_SUBST([$1_LIBS])
have_$1=no
AC_MSG_CHECKING([for $2 (tests only)])
usctp_save_LIBS=$LIBS
LIBS="-l$2 $LIBS"
AC_LINK_IFELSE([AC_LANG_PROGRAM([[$5
#include <$3>]], [[void (*f)(void) = (void (*)(void))$4; return f == 0;]])],
  [have_$1=yes
   $1_LIBS=-l$2
   AC_DEFINE([HAVE_$1], [1], [Define to 1 if $2 is there for the tests.])])
LIBS=$usctp_save_LIBS
AC_MSG_RESULT([$have_$1])])
