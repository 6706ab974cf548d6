#!/bin/sh
# Installs ccr for one user: downloads or builds the executable, puts it in place, says how to reach it, and writes a
# starter config if there is none. POSIX sh, also from a pipe; never needs root. Everything is a function and `main` is
# called on the last line, so that a script cut short in the download runs nothing.
# shellcheck disable=SC2016 # what stands in single quotes here is text for the reader

# The releases: a URL under which latest/download/ and download/v<version>/ hold the archives and SHA256SUMS.
# Empty as long as none is published.
releases=''

set -eu
unset CDPATH

usage() {
  cat <<'USAGE'
Installs ccr for the current user. Never needs root.

Usage: sh install.sh [options]           download a release and install it
       sh install.sh --from-source       build and install the checkout that this script lies in

  --from-source   needs npm (Node 20 or newer), and no Bun
  --prefix DIR    install to DIR/bin/ccr instead of ~/.local/bin/ccr
  --version X     install this version instead of the latest
  --base URL      download from there: URL/latest/download/ and URL/download/v<version>/
  --no-verify     go on where no program can compute a SHA-256; a wrong one is never accepted
  --help          show this text

From a pipe: curl -fsSL URL/latest/download/install.sh | sh -s -- --base URL

Environment:
  CCR_INSTALL_BASE=URL    the same as --base
  CCR_INSTALL_FILE=FILE   install this executable instead of downloading or building one
  CCR_HOME=DIR            where ccr keeps its configuration (default: ~/.claude-code-router)
USAGE
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  for line in ${1+"$@"}; do printf '       %s\n' "$line" >&2; done
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

main() {
  from_source=
  prefix=
  wanted=
  base=${CCR_INSTALL_BASE:-$releases}
  verify=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --from-source) from_source=yes ;;
      --no-verify) verify= ;;
      --prefix | --version | --base)
        [ $# -gt 1 ] || fail "$1 needs a value" 'sh install.sh --help says which.'
        set_option "$1" "$2"
        shift
        ;;
      --prefix=* | --version=* | --base=*) set_option "${1%%=*}" "${1#*=}" ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) fail "unknown option: $1" 'sh install.sh --help lists all options.' ;;
    esac
    shift
  done

  choose_source
  choose_destination
  prepare_stage
  "$bring"
  check_staged
  mv -f "$staged" "$destination" || fail "cannot replace $destination"
  say "Installed $version: $destination"
  write_starter_config
  explain_path
  say
  say 'Next:'
  say "  $command demo    shows that it works: no key, no network, no agent needed"
  say "  $command code    starts Claude Code on the models of your config"
}

set_option() {
  [ -n "$2" ] || fail "$1 needs a value that is not empty"
  case $1 in
    --prefix) prefix=$2 ;;
    --version) wanted=${2#v} ;;
    --base) base=$2 ;;
  esac
}

# Sets bring: what puts the executable on the stage. Whatever can fail without a download or a build fails here.
choose_source() {
  if [ -n "${CCR_INSTALL_FILE:-}" ]; then
    bring=bring_file
    file=$CCR_INSTALL_FILE
    [ -f "$file" ] || fail "CCR_INSTALL_FILE names no file: $file"
  elif [ -n "$from_source" ]; then
    bring=bring_build
    [ -z "$wanted" ] || fail '--from-source builds what is checked out; --version does not go with it.'
    here=$(cd "$(dirname "$0")" && pwd)
    if ! grep -q '^  "name": "ccr",' "$here/package.json" 2>/dev/null || [ ! -f "$here/.ci/bun" ]; then
      fail "--from-source needs a checkout of ccr, and $here is none." 'Clone the repository, and run the install.sh that lies in it.'
    fi
  else
    bring=bring_release
    choose_release
  fi
}

# Sets archive and url, downloader and hasher.
choose_release() {
  [ -n "$base" ] || fail 'there is no release to download yet: none has been published.' \
    'Until then, build it: in a clone of the repository, run  sh install.sh --from-source' \
    'If you know a place that has releases, name it: --base URL'
  case $base in
    http://* | https://*) ;;
    *) fail "--base is no http or https URL: $base" ;;
  esac
  case $wanted in *[!0-9A-Za-z.+-]*) fail "--version is no version: $wanted" 'For example: --version 0.1.0' ;; esac
  detect_target
  archive=ccr-$target.tar.gz
  url=${base%/}/latest/download
  [ -z "$wanted" ] || url=${base%/}/download/v$wanted

  downloader=
  for each in wget curl; do if has "$each"; then downloader=$each; fi; done
  [ -n "$downloader" ] || fail 'neither curl nor wget was found.' 'Install one of them, and try again.'
  if ! has tar; then fail 'tar was not found.' 'Install it, and try again.'; fi
  hasher=
  for each in openssl shasum sha256sum; do [ -z "$(: | sha256 "$each")" ] || hasher=$each; done
  [ -n "$hasher$verify" ] || say 'Warning: the download is not verified: neither sha256sum nor shasum nor openssl was found.'
  if [ -z "$hasher" ] && [ -n "$verify" ]; then
    fail 'the download could not be verified: neither sha256sum nor shasum nor openssl was found.' \
      'Install one of them, or accept the risk with --no-verify.'
  fi
}

# Sets target: the name of the executable that runs here.
detect_target() {
  system=$(uname -s)
  case $system in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    MINGW* | MSYS* | CYGWIN* | Windows_NT)
      fail 'this script does not install on Windows.' \
        "Download ccr-windows-x64.zip or ccr-windows-arm64.zip from ${base%/}/latest/download/," \
        'unpack it, and put the folder of ccr.exe on your Path.'
      ;;
    *) fail "there is no ccr for $system." 'There is one for Linux, macOS and Windows.' ;;
  esac
  [ "$(uname -o 2>/dev/null)" != Android ] || fail 'there is no ccr for Android.' 'There is one for Linux, macOS and Windows.'

  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) architecture=x64 ;;
    aarch64 | arm64) architecture=arm64 ;;
    *) fail "there is no ccr for this processor ($machine)." 'There is one for x64 (x86_64) and arm64 (aarch64).' ;;
  esac
  # Under Rosetta an Apple processor calls itself x86_64.
  if [ "$os" = darwin ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" = 1 ]; then architecture=arm64; fi
  target=$os-$architecture
  if [ "$os" = linux ]; then
    ! is_32_bit || fail "this system is 32-bit, on a 64-bit processor ($machine), and ccr needs a 64-bit system."
    ! is_musl || target=$target-musl
  fi
  [ "$architecture" != x64 ] || has_sse42 || fail 'this processor is too old: ccr needs SSE4.2 (Intel since 2008, AMD since 2011).'
}

# A 64-bit kernel may carry a 32-bit system: a Raspberry Pi, a container. The fifth byte of an ELF file is its class.
is_32_bit() {
  bits=$(getconf LONG_BIT 2>/dev/null || :)
  if [ -z "$bits" ] && has od; then bits=$(od -An -tx1 -j4 -N1 /bin/sh 2>/dev/null | tr -d ' ' || :); fi
  case $bits in 32 | 01) return 0 ;; *) return 1 ;; esac
}

# Both loaders may lie there (musl on Debian, gcompat on Alpine), so ldd is asked first.
is_musl() {
  case $(ldd --version 2>&1 || :) in
    *musl*) return 0 ;;
    *GLIBC* | *GNU* | *glibc* | *'Free Software'*) return 1 ;;
  esac
  for loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
    if [ -e "$loader" ]; then return 1; fi
  done
  for loader in /lib/ld-musl-*.so.1; do
    if [ -e "$loader" ]; then return 0; fi
  done
  return 1
}

# True also where the processor does not say.
has_sse42() {
  if [ "$os" = darwin ]; then
    case $(sysctl -n machdep.cpu.features 2>/dev/null || :) in '' | *SSE4.2*) return 0 ;; *) return 1 ;; esac
  fi
  grep -q '^flags' /proc/cpuinfo 2>/dev/null || return 0
  grep -qw sse4_2 /proc/cpuinfo
}

# Sets directory and destination.
choose_destination() {
  if [ -z "$prefix" ]; then
    [ -n "${HOME:-}" ] || fail 'HOME is not set, so there is no place to install to.' 'Name one: --prefix DIR'
    case $HOME in /*) ;; *) fail "HOME is not an absolute path: $HOME" ;; esac
    prefix=$HOME/.local
  fi
  # Of --prefix=~/DIR no shell replaces the ~.
  case $prefix in '~' | '~/'*) [ -z "${HOME:-}" ] || prefix=$HOME${prefix#'~'} ;; esac
  case $prefix in /*) ;; *) prefix=$(pwd)/$prefix ;; esac
  directory=${prefix%/}/bin
  mkdir -p "$directory" 2>/dev/null || fail "cannot create $directory" 'Choose a directory of yours: --prefix DIR installs to DIR/bin.'
  directory=$(cd "$directory" && pwd)
  destination=$directory/ccr
  [ ! -d "$destination" ] || fail "$destination is a directory" 'Move it away, or choose another place with --prefix DIR.'
  refuse_to_replace_another_program
}

# A script named ccr is not ours: Claude Code Router from npm is a script (or a link to one), ccr is a machine program.
refuse_to_replace_another_program() {
  is_script "$destination" || return 0
  fail "$destination is another program: $(describe "$destination")" \
    "$(advice_against "$destination")" \
    'or install beside it with --prefix DIR.'
}

# The stage lies in the destination's own directory: a rename is atomic only within a file system, and /tmp may forbid
# execution. What is on it is complete, and has run, before it takes the name, also over a ccr that is running.
prepare_stage() {
  stage=$directory/.ccr-install.$$
  staged=$stage/ccr
  trap 'rm -rf "$stage"' EXIT
  trap 'exit 130' HUP INT TERM PIPE
  mkdir "$stage" 2>/dev/null || fail "cannot write to $directory" 'Is it writable? --prefix DIR chooses another place.'
}

bring_file() {
  cp "$file" "$staged" 2>/dev/null || fail "cannot write to $directory" 'Is there room (130 MB)? --prefix DIR chooses another place.'
}

bring_build() {
  say 'Building ccr ...'
  (cd "$here" && sh .ci/bun build.ts) || fail 'the build failed (see above).'
  file=$here/dist/ccr
  [ -f "$file" ] || fail "the build made no $file"
  bring_file
}

bring_release() {
  say "Downloading $url/$archive ..."
  [ -z "$hasher" ] || fetch SHA256SUMS
  fetch "$archive"
  [ -z "$hasher" ] || verify_archive
  (cd "$stage" && tar -xzmf "$archive" ccr) || fail "$archive could not be unpacked (see above): $(describe_unpacking)"
  rm -f "$stage/$archive"
}

# Downloads a file of the release onto the stage. The names are relative: curl and tar see more in some paths than a path.
fetch() {
  status=0
  (cd "$stage" && "fetch_with_$downloader" "$url/$1" "$1") || status=$?
  [ "$status" = 0 ] || fail "could not download $url/$1 ($downloader ended with status $status: $(describe_status "$downloader $status"))"
}

# From https nobody is led to http. A connection that gives nothing for a minute is given up.
fetch_with_curl() {
  protocols='=http,https'
  case $1 in https:*) protocols='=https' ;; esac
  progress=-sS
  if [ -t 2 ]; then progress=--progress-bar; fi
  curl -fLg "$progress" --proto-redir "$protocols" --connect-timeout 60 --speed-limit 1 --speed-time 60 -o "$2" "$1" </dev/null
}

# GNU wget alone would try 20 times, and BusyBox has a build that crashes when it is told a time.
fetch_with_wget() {
  limits=
  case $(wget --version 2>&1 </dev/null || :) in *'GNU Wget'*) limits='-t 2 -T 60' ;; esac
  # shellcheck disable=SC2086 # they are several words
  wget -q $limits -O "$2" "$1" </dev/null
}

describe_status() {
  case $1 in
    'curl 6' | 'curl 5') say 'the host was not found' ;;
    'curl 7') say 'no connection' ;;
    'curl 18') say 'the download was cut' ;;
    'curl 22' | 'wget 8') say 'the server has no such file, or refuses it' ;;
    'curl 23' | 'wget 3') say "no room in $directory" ;;
    'curl 28') say 'it took too long' ;;
    'curl 35' | 'curl 60' | 'wget 5') say 'no secure connection: is a certificate of your network missing?' ;;
    *) say 'no connection, no such file, or cut' ;;
  esac
}

verify_archive() {
  expected=
  while read -r hash name; do
    if [ "${name#\*}" = "$archive" ]; then expected=$hash; fi
  done <"$stage/SHA256SUMS"
  [ -n "$expected" ] || fail "$url/SHA256SUMS does not list $archive: $(describe_file "$stage/SHA256SUMS")"
  actual=$(sha256 "$hasher" <"$stage/$archive")
  [ "$actual" = "$expected" ] || fail "$archive has the wrong checksum: $(describe_download)" \
    "expected: $expected" "received: $actual" \
    'Nothing was installed. Try again; if it stays so, do not trust that place.'
}

# The hash of the input, or nothing if that program cannot tell.
sha256() {
  case $1 in
    sha256sum) line=$(sha256sum 2>/dev/null) ;;
    shasum) line=$(shasum -a 256 2>/dev/null) ;;
    openssl) line=$(openssl dgst -sha256 2>/dev/null) ;;
  esac || return 0
  for word in $line; do
    case $word in *[!0-9a-f]*) ;; *) [ ${#word} != 64 ] || say "$word" ;; esac
  done
}

# What was verified is whole.
describe_unpacking() {
  if [ -n "$hasher" ]; then say "is there room (200 MB) in $directory? --prefix DIR chooses another place."; else describe_download; fi
}

describe_download() { describe_file "$stage/$archive"; }

# What was received instead of what was asked for.
describe_file() {
  start=$(head -c 256 "$1" 2>/dev/null | tr -d '\000' | tr '\n\r' '  ' || :)
  case $start in
    '<'* | ' '*'<'*) say 'it is a web page. Does a login page or a proxy stand in between?' ;;
    '') say 'it is empty.' ;;
    *) say "it was cut, or changed on the way ($(wc -c <"$1" | tr -d ' ') bytes)." ;;
  esac
}

# Sets version.
check_staged() {
  chmod 755 "$staged" || fail "cannot make $staged executable"
  status=0
  version=$("$staged" --version 2>&1 </dev/null) || status=$?
  [ "$status" = 0 ] || explain_why_it_does_not_run
  case $version in "ccr "*) ;; *) fail "this is not ccr: its --version says: $(first_line "$version")" ;; esac
  [ -z "$wanted" ] || [ "$version" = "ccr $wanted" ] || fail "ccr $wanted was asked for, and $url holds $version."
}

explain_why_it_does_not_run() {
  problem="the new executable does not run here: $(first_line "${version:-it ended with status $status}")"
  case $version in
    *libstdc++* | *'Error relocating'*)
      fail "$problem" 'It needs the C++ library, which this system lacks: on Alpine, run  apk add libstdc++  and try again.'
      ;;
    *) fail "$problem" "If $directory is mounted noexec, choose another place with --prefix DIR." ;;
  esac
}

first_line() { printf '%s\n' "$1" | head -n 1; }

write_starter_config() {
  if [ -z "${CCR_HOME:-}${HOME:-}" ]; then
    say 'HOME is not set: no starter config was written (`ccr config init` does it).'
    return
  fi
  config=$("$destination" config path </dev/null) || fail 'ccr could not tell where its config lies (see above).'
  if [ -e "$config" ]; then
    say "Config: $config (already there, left as it is)"
    return
  fi
  "$destination" config init </dev/null >/dev/null || fail "the starter config could not be written to $config (see above)." 'ccr itself is installed.'
  say "Config: $config (a starter: add a provider there, or let \`ccr code\` ask for one)"
}

# Sets command: how the user can call ccr now.
explain_path() {
  command=ccr
  first=$(first_on_path)
  if [ -n "$first" ] && same_file "$first" "$destination"; then return; fi
  command=$(quoted "$destination")
  say
  if [ -z "$first" ]; then
    say "$directory is not on your PATH. To call it as plain \`ccr\`, run this, and start a new shell:"
    say "  $(path_command)"
    return
  fi
  say "Plain \`ccr\` is another program here: $first"
  say "  ($(describe "$first"))"
  say "To choose the new one, $(advice_against "$first")"
  say 'or put its directory first on your PATH, and start a new shell:'
  say "  $(path_command)"
}

first_on_path() {
  rest=${PATH:-}:
  while [ -n "$rest" ]; do
    entry=${rest%%:*}
    rest=${rest#*:}
    if [ -f "${entry:-.}/ccr" ] && [ -x "${entry:-.}/ccr" ]; then
      say "${entry:-.}/ccr"
      return
    fi
  done
}

same_file() {
  [ "$(resolved "$1")" = "$(resolved "$2")" ]
}

resolved() {
  directory_of=$(cd "$(dirname "$1")" 2>/dev/null && pwd -P) || return 0
  target=$directory_of/$(basename "$1")
  if has readlink; then readlink -f "$target" 2>/dev/null || say "$target"; else say "$target"; fi
}

is_script() {
  [ -f "$1" ] && [ "$(head -c 2 "$1" 2>/dev/null | tr -d '\000')" = '#!' ]
}

is_claude_code_router() {
  case $(resolved "$1") in *claude-code-router*) return 0 ;; esac
  is_script "$1" && grep -q 'claude-code-router' "$1" 2>/dev/null
}

describe() {
  if is_claude_code_router "$1"; then
    say 'Claude Code Router from npm, which is also called ccr'
  elif is_script "$1"; then
    say 'a script of that name'
  else
    say 'an executable of that name'
  fi
}

advice_against() {
  if is_claude_code_router "$1"; then
    say 'remove the other (`npm uninstall -g @musistudio/claude-code-router`; its config stays, and ccr reads it),'
  else
    say "remove or rename $1,"
  fi
}

path_command() {
  case ${SHELL:-} in
    */fish) say "fish_add_path --move $(quoted "$directory")" ;;
    */zsh) say "echo $(quoted "$(path_line)") >> \"\${ZDOTDIR:-\$HOME}/.zshrc\"" ;;
    */bash) say "echo $(quoted "$(path_line)") >> ~/$(bash_file)" ;;
    *) say "echo $(quoted "$(path_line)") >> ~/.profile" ;;
  esac
}

# The windows of macOS's terminal are login shells.
bash_file() {
  if [ "$(uname -s)" != Darwin ]; then
    say .bashrc
    return
  fi
  for file in .bash_profile .bash_login .profile; do
    if [ -f "${HOME:-}/$file" ]; then
      say "$file"
      return
    fi
  done
  say .bash_profile
}

path_line() { say "export PATH=$(quoted "$directory"):\"\$PATH\""; }

# The text as one word for a shell; plain text stays as it is.
quoted() {
  case $1 in
    *[!A-Za-z0-9_./-]*) printf "'%s'\n" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) say "$1" ;;
  esac
}

{ main ${1+"$@"}; }
