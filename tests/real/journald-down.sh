#!/bin/sh
# journald-down.sh DIR [NAMESPACE]: stops the journald that journald-up.sh started and removes its journal.
set -u
D=$1
NAMESPACE=${2:-}
. "$(dirname "$0")/processes.sh"
if [ -s "$D/journald.pid" ]; then
  # It writes until it has ended.
  end_process "$(cat "$D/journald.pid")" systemd-journald
  rm -rf "/run/log/journal/$(cat /etc/machine-id)${NAMESPACE:+.$NAMESPACE}" \
    "/run/systemd/journal${NAMESPACE:+.$NAMESPACE}"
  rm -f "/run/systemd/journald${NAMESPACE:+@$NAMESPACE}.conf.d/skald-test.conf"
fi
rm -rf "$D"
