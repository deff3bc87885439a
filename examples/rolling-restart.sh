#!/bin/sh
# Replaces the workers of a running tshorn one by one, and stops at the first replacement that is broken.
#
#   tshorn app.mjs --workers 4 --notify udp://127.0.0.1:4012
#   rolling-restart.sh MASTER_PID [UDP_PORT]
#
# When a worker gets SIGTERM, the master starts a replacement first, and the worker exits only when that one serves.
# The master sends the result as one line by UDP: "200 OK" or "503 BROKEN" with the reason. This script prints "200 OK"
# for each worker and exits with 0; or it prints BROKEN with the received line, and exits with 1.
set -u

master=${1:?usage: rolling-restart.sh MASTER_PID [UDP_PORT]}
port=${2:-4012}
seconds=60 # time for one worker to start, to be probed and to be announced

listener=
directory=$(mktemp -d) || exit 1
line=$directory/line
mkfifo "$line" || exit 1

stop_listening() {
  if [ -n "$listener" ]; then
    kill "$listener" 2>/dev/null
    wait "$listener" 2>/dev/null
  fi
  listener=
}
trap 'stop_listening; rm -rf "$directory"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

broken() {
  echo "BROKEN: $1"
  exit 1
}

# Every netcat has its own options to listen, and none reports when it has bound a UDP port; Linux shows that in /proc.
# In all other cases the script uses Node, which tshorn needs anyway.
listen_with=node
if [ -r /proc/net/udp ] && command -v timeout >/dev/null; then
  case $(nc -h 2>&1 </dev/null) in
    *OpenBSD* | *Ncat*) listen_with=nc ;;
    *'[v1.10'*) listen_with=nc.traditional ;;
  esac
fi

port_is_bound() {
  grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf '%04X' "$port") " /proc/net/udp
}

# Returns when the port is bound: an announcement that is sent from then on reaches the fifo.
start_listening() {
  case $listen_with in
    nc) set -- timeout "$seconds" nc -u -l 127.0.0.1 "$port" ;;
    nc.traditional) set -- timeout "$seconds" nc -u -l -p "$port" -s 127.0.0.1 ;;
    node)
      # shellcheck disable=SC2016
      set -- node -e '
        const [port, seconds] = process.argv.slice(1).map(Number);
        const socket = require("node:dgram").createSocket("udp4");
        socket.on("error", ({ message }) => { console.error(message); process.exit(1); });
        socket.on("listening", () => console.log("listening"));
        socket.on("message", (line) => { console.log(`${line}`.trim()); process.exit(); });
        socket.bind(port, "127.0.0.1");
        setTimeout(process.exit, seconds * 1000);
      ' "$port" "$seconds"
      ;;
  esac
  if [ "$listen_with" != node ] && port_is_bound; then broken "UDP port $port is taken"; fi

  "$@" >"$line" 2>"$directory/errors" &
  listener=$!
  exec 3<"$line" # waits until the listener has opened its end

  if [ "$listen_with" = node ]; then
    read -r _ <&3 && return
  else
    while kill -0 "$listener" 2>/dev/null; do
      port_is_bound && return
      sleep 0.1
    done
  fi
  broken "cannot listen on UDP port $port: $(head -n 1 "$directory/errors")"
}

children_of() {
  if command -v pgrep >/dev/null; then pgrep -P "$1"; else cat "/proc/$1/task/$1/children"; fi
}

kill -0 "$master" 2>/dev/null || broken "there is no process $master that I may signal"
workers=$(children_of "$master")
[ -n "$workers" ] || broken "the process $master has no workers"

for worker in $workers; do
  # Must come first: an announcement is lost when nobody listens.
  start_listening
  if kill -TERM "$worker" 2>/dev/null; then
    heard=
    read -r heard <&3
    case $heard in
      '200 OK') echo '200 OK' ;;
      '') broken "nothing was announced for worker $worker within $seconds s" ;;
      *) broken "$heard" ;;
    esac
  fi
  stop_listening
  exec 3<&-
done
