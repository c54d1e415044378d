#!/bin/sh
# podman-down.sh DIR: stops the service that podman-up.sh started in DIR, its containers, and removes DIR.
set -u
D=$1
. "$(dirname "$0")/processes.sh"
export CONTAINERS_CONF="$D/containers.conf"
timeout 60 podman --root "$D/root" --runroot "$D/run" --tmpdir "$D/tmp" --storage-driver vfs \
  rm --all --force --time 0 >/dev/null 2>&1
[ -s "$D/podman.pid" ] && end_process "$(cat "$D/podman.pid")" "$D/"
awk -v under="$D/" 'index($2, under) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do
  umount -l "$mount"
done
rm -rf "$D"
