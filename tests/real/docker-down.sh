#!/bin/sh
# docker-down.sh DIR: stops the engine that docker-up.sh started in DIR and removes DIR, also when it was killed and
# left containers and mounts.
set -u
D=$1
. "$(dirname "$0")/processes.sh"
if [ -s "$D/dockerd.pid" ]; then
  export DOCKER_HOST="unix://$D/docker.sock"
  C=$(timeout 20 /usr/bin/docker ps -q 2>/dev/null) && [ -n "$C" ] && timeout 20 /usr/bin/docker kill $C >/dev/null 2>&1
  end_process "$(cat "$D/dockerd.pid")" "$D/"
fi
# What is left has the folder among its arguments: containerd and the shims, each with its container's processes. None
# of them may write any more when the folder is removed.
for process in $(pgrep -f -- "$D/exec/"); do
  below=$(pgrep -P "$process")
  kill -9 "$process" $below 2>/dev/null
  gone "$process" $below
done
awk -v under="$D/" 'index($2, under) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do
  umount -l "$mount"
done
rm -rf "$D"
