#!/bin/sh
# docker-down.sh DIR: stops the engine that docker-up.sh started in DIR and removes DIR, also when it was killed and
# left containers and mounts.
set -u
D=$1
if [ -f "$D/dockerd.pid" ]; then
  export DOCKER_HOST="unix://$D/docker.sock"
  C=$(/usr/bin/docker ps -q 2>/dev/null) && [ -n "$C" ] && /usr/bin/docker kill $C >/dev/null 2>&1
  P=$(cat "$D/dockerd.pid")
  kill "$P" 2>/dev/null
  i=0
  while kill -0 "$P" 2>/dev/null && [ $i -lt 150 ]; do i=$((i + 1)); sleep 0.1; done
fi
# What is left has the folder among its arguments: containerd and the shims, each with its container's processes.
for shim in $(pgrep -f -- "$D/exec/"); do
  pkill -9 -P "$shim"
  kill -9 "$shim" 2>/dev/null
done
awk -v under="$D/" 'index($2, under) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do
  umount -l "$mount"
done
umount "$D/data" 2>/dev/null
rm -rf "$D"
