#!/bin/sh
# Installs ccr for one user: puts the executable in place, says how to reach it, and writes a starter config if there
# is none. POSIX sh; never needs root. Everything is a function and `main` is called on the last line, so that a
# download cut short runs nothing.
# shellcheck disable=SC2016 # what stands in single quotes here is text for the reader
set -eu

usage() {
  cat <<'USAGE'
Installs ccr for the current user. Never needs root.

Usage: sh install.sh --from-source [--prefix DIR]

  --from-source   build from the checkout that this script lies in; needs npm (Node 20 or newer), and no Bun
  --prefix DIR    install to DIR/bin/ccr instead of ~/.local/bin/ccr
  --help          show this text

Environment:
  CCR_INSTALL_FILE=FILE   install this executable instead of building one
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

main() {
  from_source=
  prefix=
  while [ $# -gt 0 ]; do
    case $1 in
      --from-source) from_source=yes ;;
      --prefix)
        [ $# -gt 1 ] || fail '--prefix needs a directory' 'For example: sh install.sh --from-source --prefix "$HOME/apps"'
        prefix=$2
        shift
        ;;
      --prefix=*) prefix=${1#--prefix=} ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) fail "unknown option: $1" 'sh install.sh --help lists all options.' ;;
    esac
    shift
  done

  here=$(cd "$(dirname "$0")" && pwd)
  choose_destination
  choose_file
  place
  say "Installed $version: $destination"
  write_starter_config
  explain_path
  say
  say 'Next:'
  say "  $command demo    shows that it works: no key, no network, no agent needed"
  say "  $command code    starts Claude Code on the models of your config"
}

# Sets directory and destination.
choose_destination() {
  if [ -z "$prefix" ]; then
    [ -n "${HOME:-}" ] || fail 'HOME is not set, so there is no place to install to.' 'Name one: sh install.sh --from-source --prefix DIR'
    case $HOME in /*) ;; *) fail "HOME is not an absolute path: $HOME" ;; esac
    prefix=$HOME/.local
  fi
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

# Sets file: the executable to install.
choose_file() {
  if [ -n "${CCR_INSTALL_FILE:-}" ]; then
    file=$CCR_INSTALL_FILE
    [ -f "$file" ] || fail "CCR_INSTALL_FILE names no file: $file"
    return
  fi
  [ -n "$from_source" ] || fail 'there is no release to download yet: releases come with the first version.' \
    'Until then, build it: in a checkout, run  sh install.sh --from-source'
  if ! grep -q '^  "name": "ccr",' "$here/package.json" 2>/dev/null || [ ! -f "$here/.ci/bun" ]; then
    fail "--from-source needs a checkout of ccr, and $here is none." 'Clone the repository, and run the install.sh that lies in it.'
  fi
  say 'Building ccr …'
  (cd "$here" && sh .ci/bun build.ts) || fail 'the build failed (see above).'
  file=$here/dist/ccr
  [ -f "$file" ] || fail "the build made no $file"
}

# Atomic, also over a running ccr: the new file is complete, and has run, before it takes the name. It is staged in the
# destination's own directory, because a rename is atomic only within a file system, and /tmp may forbid execution.
place() {
  staged=$directory/.ccr.$$
  trap 'rm -f "$staged"' EXIT
  trap 'exit 130' HUP INT TERM
  rm -f "$staged"
  if ! cp "$file" "$staged" 2>/dev/null || ! chmod 755 "$staged"; then
    fail "cannot write to $directory" 'Is it writable, and is there room (120 MB)? --prefix DIR chooses another place.'
  fi
  version=$("$staged" --version 2>&1) || fail "the new executable does not run here: $(printf '%s\n' "$version" | head -n 1)" \
    "If $directory is mounted noexec, choose another place with --prefix DIR."
  case $version in "ccr "*) ;; *) fail "$file is not ccr: its --version says: $(printf '%s\n' "$version" | head -n 1)" ;; esac
  mv -f "$staged" "$destination" || fail "cannot replace $destination"
  trap - EXIT
}

write_starter_config() {
  if [ -z "${CCR_HOME:-}${HOME:-}" ]; then
    say 'HOME is not set: no starter config was written (`ccr config init` does it).'
    return
  fi
  config=$("$destination" config path) || fail 'ccr could not tell where its config lies (see above).'
  if [ -e "$config" ]; then
    say "Config: $config (already there, left as it is)"
    return
  fi
  "$destination" config init >/dev/null || fail "the starter config could not be written to $config (see above)." 'ccr itself is installed.'
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
  if command -v readlink >/dev/null 2>&1; then readlink -f "$target" 2>/dev/null || say "$target"; else say "$target"; fi
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
    */zsh) say "echo $(quoted "$(path_line)") >> ~/.zshrc" ;;
    */bash) say "echo $(quoted "$(path_line)") >> ~/.bashrc" ;;
    *) say "echo $(quoted "$(path_line)") >> ~/.profile" ;;
  esac
}

path_line() { say "export PATH=$(quoted "$directory"):\"\$PATH\""; }

# The text as one word for a shell; plain text stays as it is.
quoted() {
  case $1 in
    *[!A-Za-z0-9_./-]*) printf "'%s'\n" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) say "$1" ;;
  esac
}

main ${1+"$@"}
