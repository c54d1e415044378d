#!/bin/sh
# journald-down.sh DIR [NAMESPACE]: stops the journald that journald-up.sh started and removes its journal.
set -u
D=$1
NAMESPACE=${2:-}
if [ -f "$D/journald.pid" ]; then
  P=$(cat "$D/journald.pid")
  kill "$P" 2>/dev/null
  # It writes until it has ended.
  i=0
  while kill -0 "$P" 2>/dev/null && [ $i -lt 100 ]; do i=$((i + 1)); sleep 0.05; done
  rm -rf "/run/log/journal/$(cat /etc/machine-id)${NAMESPACE:+.$NAMESPACE}" \
    "/run/systemd/journal${NAMESPACE:+.$NAMESPACE}"
  rm -f "/run/systemd/journald${NAMESPACE:+@$NAMESPACE}.conf.d/skald-test.conf"
fi
rm -rf "$D"
