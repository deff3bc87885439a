#!/bin/sh
# Brings a release to several hosts, one after the other. At the first host that rejects it, or at the first failed
# check, it stops, and every host that has it already goes back to what it served before.
#
#   RELEASE=/srv/app/releases/v2 LINK=/srv/app/current rolling-release.sh web1 web2 web3
#
#   ON       runs a command on a host: called as `$ON HOST WORD...`          [ssh, without questions]
#   TSHORN   the command there                                               [tshorn]
#   MASTER   says which master: --pid-file FILE, --control PATH [the only one of the user: that of another app may be it]
#   LINK     the link that is to lead to the release: /srv/app/current       [no link is changed]
#   RELEASE  what it is to lead to; it must be there on every host
#   RELOAD   more options of `tshorn reload`: --plan canary
#   CHECK    a command for the shell here, after each host: curl -fsS https://shop.example/_status
#
# Exit code 0: every host serves the release. 1: none of them does, and each serves what it served before. 2: what at least
# one host serves is not known, since it could not be brought back; its name is in the last line. 64: called wrongly. Words for a host are split at spaces, there as here: no value may contain one.
set -uf

on=${ON:-ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5}
tshorn=${TSHORN:-tshorn}
master=${MASTER:-}
link=${LINK:-}
[ $# -gt 0 ] || { echo "usage: rolling-release.sh HOST..." >&2; exit 64; }
[ -z "$link" ] || [ -n "${RELEASE:-}" ] || { echo "LINK is set: RELEASE says where it is to lead" >&2; exit 64; }

# Hosts that may serve the release, the last one first: name, generation before, target of the link before.
begun=

# Standard input is closed: ssh would read the list of hosts from it.
there() { $on "$@" </dev/null; }
# shellcheck disable=SC2086 # words, as said above
ask() { at=$1 command=$2; shift 2; there "$at" $tshorn $command "$@" $master; }
# The first generation in the answer is that which serves; those of the workers follow.
generation_in() { printf '%s\n' "$1" | sed -n 's/.*"generation": *\([0-9]*\).*/\1/p' | head -n 1; }

# Sets $state. An array is the answer where several masters run: none of them is meant.
look_at() {
  state=$(ask "$1" status --json) || { echo "$1: cannot be asked"; return 1; }
  case $state in
    '['*) echo "$1: several masters run there: set MASTER, as in MASTER='--control /run/tshorn/control.sock'"; return 1 ;;
  esac
}

# Prints the last event of what has gone well, and else all lines that are no event: the error with its reason.
tell() {
  lines=$(printf '%s\n' "$3" | sed '/^{"/d')
  if [ "$2" -eq 0 ] || [ -z "$lines" ]; then
    lines=$(printf '%s\n' "$3" | sed -e 's/.*"msg":"\(.*\)"}$/\1/' -e 's/\\"/"/g' | tail -n 1)
  fi
  printf '%s\n' "$lines" | sed "s|^|$1: |"
}

bring_to() {
  look_at "$1" || return 1
  generation=$(generation_in "$state")
  [ -n "$generation" ] || { echo "$1: does not say which generation serves"; return 1; }
  before=
  [ -z "$link" ] || before=$(there "$1" readlink "$link") || { echo "$1: $link is no link"; return 1; }
  begun="$1 $generation $before
$begun"
  [ -z "$link" ] || there "$1" ln -sfn "$RELEASE" "$link" || { echo "$1: $link cannot be changed"; return 1; }
  # shellcheck disable=SC2086
  answer=$(ask "$1" reload --json ${RELOAD:-} 2>&1)
  code=$?
  tell "$1" "$code" "$answer"
  return "$code"
}

# What became of the reload is asked for, and not concluded from an exit code: a connection that breaks ends the
# command, and not the reload.
bring_back() {
  [ -z "$3" ] || there "$1" ln -sfn "$3" "$link" || return 1
  look_at "$1" || return 1
  case $state in
    *'"reloading"'*) ask "$1" "reload --abort" --json >/dev/null && look_at "$1" ;;
  esac
  [ "$(generation_in "$state")" != "$2" ] || return 0
  releases=$(ask "$1" releases --json) || return 1
  case $releases in
    *"\"generation\": $2,"*) ;;
    # A reload to the same files and settings makes no new release: the old generation is not listed any more.
    *) echo "$1: served this release before"; return 0 ;;
  esac
  answer=$(ask "$1" "rollback $2" --json 2>&1)
  code=$?
  tell "$1" "$code" "$answer"
  return "$code"
}

stop() {
  trap '' INT TERM HUP
  left=
  while read -r host generation before; do
    [ -n "$host" ] || continue
    bring_back "$host" "$generation" "$before" || left="$left $host"
  done <<END
$begun
END
  echo "stopped: $1"
  [ -z "$left" ] || { echo "not brought back, look there:$left"; exit 2; }
  exit "$2"
}

trap 'stop "interrupted" 130' INT TERM HUP
for host in "$@"; do
  bring_to "$host" || stop "$host did not take the release" 1
  [ -z "${CHECK:-}" ] || sh -c "$CHECK" >/dev/null || stop "the check failed after $host: $CHECK" 1
done
echo "every host serves the release: $*"
