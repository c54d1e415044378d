#!/bin/sh
# journald-up.sh DIR [NAMESPACE]: a real systemd-journald with a volatile journal, where no systemd runs. Needs root.
# With a namespace it stands beside others, reads from /run/systemd/journal.NAMESPACE/ and leaves after 30 s without
# a connection to its socket `stdout`. Running it again starts it again on the same journal.
set -eu
D=$1
NAMESPACE=${2:-}
mkdir -p "$D"
. "$(dirname "$0")/processes.sh"
[ ! -e /run/systemd/system ] || { echo 'systemd runs here: its own journal is used' >&2; exit 2; }
SOCKETS=/run/systemd/journal${NAMESPACE:+.$NAMESPACE}
SETTINGS=/run/systemd/journald${NAMESPACE:+@$NAMESPACE}.conf.d
mkdir -p "$SOCKETS" "$SETTINGS"
# One that a killed run has left behind would go on with the same files.
LAST=$SOCKETS/skald-test.pid
[ ! -s "$LAST" ] || end_process "$(cat "$LAST")" systemd-journald
# However full the file system is: what is here is for this test.
printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nReadKMsg=no\nForwardToSyslog=no\nRuntimeMaxUse=512M\nRuntimeKeepFree=1M\n' \
  >"$SETTINGS/skald-test.conf"
rm -f "$SOCKETS/stdout"
setsid /lib/systemd/systemd-journald $NAMESPACE >"$D/journald.log" 2>&1 </dev/null &
echo $! >"$D/journald.pid"
cp "$D/journald.pid" "$LAST"
# Until it has stored an entry of this start not all of its sockets are there: who is too early for `stdout` holds it not.
MARK=$(cat "$D/journald.pid")-$(date +%s)
stored() {
  journalctl ${NAMESPACE:+--namespace=$NAMESPACE} -q -t up -n 100 -o cat 2>/dev/null | grep -qxF -- "$MARK"
}
i=0
until logger --socket-errors=on -u "$SOCKETS/dev-log" -t up "$MARK" 2>/dev/null && stored; do
  i=$((i + 1))
  [ $i -lt 600 ] && alive "$(cat "$D/journald.pid")" || { cat "$D/journald.log" >&2; exit 1; }
  sleep 0.1
done
