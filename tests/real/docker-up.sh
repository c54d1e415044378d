#!/bin/sh
# docker-up.sh DIR [OPTION…]: a private Docker engine at unix://DIR/docker.sock with the image skaldtest/busybox.
# Needs root, docker.io and busybox-static; no registry, no network. Running it again starts the engine again
# on the same data; options go to dockerd. Keep DIR short: a socket path has 107 bytes.
set -eu
D=$1
shift
mkdir -p "$D"
. "$(dirname "$0")/processes.sh"

# The containerd of an engine that was killed dies a moment later. Until then a new engine takes it for its own,
# removes its socket and waits for it in vain.
clear_last() {
  for f in "$D/dockerd.pid" "$D/exec/containerd/containerd.pid"; do
    [ -s "$f" ] || continue
    p=$(cat "$f")
    if ! is_other "$p" "$D/"; then
      kill -9 "$p" 2>/dev/null || true
      gone "$p"
    fi
    rm -f "$f"
  done
}

# Starts the engine and waits until it answers; fails when it ends before, or has not answered in a minute.
start() {
  setsid /usr/sbin/dockerd -H "unix://$D/docker.sock" --data-root "$D/data" --exec-root "$D/exec" \
    --pidfile "$D/dockerd.pid" --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs "$@" \
    >>"$D/dockerd.log" 2>&1 </dev/null &
  p=$!
  i=0
  while [ $i -lt 600 ] && alive "$p"; do
    curl -sf --max-time 10 --unix-socket "$D/docker.sock" http://x/_ping >/dev/null 2>&1 && return 0
    i=$((i + 1))
    sleep 0.1
  done
  # Before it has written its pid nobody else knows it.
  kill -9 "$p" 2>/dev/null || true
  gone "$p"
  return 1
}

# On a busy machine its containerd may take longer than the quarter of a minute that dockerd gives it.
tries=1
clear_last
until start "$@"; do
  [ $tries -lt 3 ] || { tail "$D/dockerd.log" >&2; exit 1; }
  tries=$((tries + 1))
  clear_last
done

export DOCKER_HOST="unix://$D/docker.sock"
/usr/bin/docker image inspect skaldtest/busybox >/dev/null 2>&1 && exit 0
R=$(mktemp -d)
mkdir -p "$R/bin" "$R/tmp"
cp /bin/busybox "$R/bin/"
for a in sh echo cat sleep usleep seq printf head tr yes date; do ln -s busybox "$R/bin/$a"; done
tar -C "$R" -c . | /usr/bin/docker import -c 'ENV PATH=/bin' -c 'CMD ["/bin/sh"]' - skaldtest/busybox:latest >/dev/null
rm -rf "$R"
