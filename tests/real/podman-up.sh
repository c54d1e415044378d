#!/bin/sh
# podman-up.sh DIR: Podman's service at unix://DIR/podman.sock, with storage of its own and the image skaldtest/busybox.
# Needs root, podman, busybox-static and a journald; no registry, no network. Running it again starts the service again on the
# same data. Keep DIR short: a socket path has 107 bytes.
set -eu
D=$1
mkdir -p "$D"
. "$(dirname "$0")/processes.sh"
# The limits that the machine has set for us may be lower than those that Podman asks for.
cat >"$D/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
netns = "none"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "journald"
CONF
export CONTAINERS_CONF="$D/containers.conf"
podman() {
  command podman --root "$D/root" --runroot "$D/run" --tmpdir "$D/tmp" --storage-driver vfs "$@"
}
setsid podman --root "$D/root" --runroot "$D/run" --tmpdir "$D/tmp" --storage-driver vfs \
  system service --time=0 "unix://$D/podman.sock" >>"$D/podman.log" 2>&1 </dev/null &
p=$!
echo "$p" >"$D/podman.pid"
i=0
until curl -sf --max-time 10 --unix-socket "$D/podman.sock" http://x/_ping >/dev/null 2>&1; do
  i=$((i + 1))
  if [ $i -ge 600 ] || ! alive "$p"; then
    tail "$D/podman.log" >&2
    exit 1
  fi
  sleep 0.1
done
podman image exists skaldtest/busybox && exit 0
R=$(mktemp -d)
mkdir -p "$R/bin" "$R/tmp"
cp /bin/busybox "$R/bin/"
for a in sh echo cat sleep usleep seq printf head tr yes date; do ln -s busybox "$R/bin/$a"; done
tar -C "$R" -c . | podman import -q -c 'ENV PATH=/bin' -c 'CMD ["/bin/sh"]' - skaldtest/busybox:latest >/dev/null
rm -rf "$R"
