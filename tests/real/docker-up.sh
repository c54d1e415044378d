#!/bin/sh
# docker-up.sh DIR [OPTION…]: a private Docker engine at unix://DIR/docker.sock with the image skaldtest/busybox.
# Needs root, docker.io and busybox-static; no registry, no network. Running it again starts the engine again
# on the same data; options go to dockerd. Keep DIR short: a socket path has 107 bytes.
set -eu
D=$1
shift
mkdir -p "$D"
[ -f "$D/dockerd.pid" ] && ! kill -0 "$(cat "$D/dockerd.pid")" 2>/dev/null && rm -f "$D/dockerd.pid"
setsid /usr/sbin/dockerd -H "unix://$D/docker.sock" --data-root "$D/data" --exec-root "$D/exec" \
  --pidfile "$D/dockerd.pid" --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs "$@" \
  >>"$D/dockerd.log" 2>&1 </dev/null &
i=0
until curl -sf --unix-socket "$D/docker.sock" http://x/_ping >/dev/null 2>&1; do
  i=$((i + 1))
  [ $i -lt 200 ] || { tail "$D/dockerd.log" >&2; exit 1; }
  sleep 0.1
done
export DOCKER_HOST="unix://$D/docker.sock"
/usr/bin/docker image inspect skaldtest/busybox >/dev/null 2>&1 && exit 0
R=$(mktemp -d)
mkdir -p "$R/bin" "$R/tmp"
cp /bin/busybox "$R/bin/"
for a in sh echo cat sleep usleep seq printf head tr yes date; do ln -s busybox "$R/bin/$a"; done
tar -C "$R" -c . | /usr/bin/docker import -c 'ENV PATH=/bin' -c 'CMD ["/bin/sh"]' - skaldtest/busybox:latest >/dev/null
rm -rf "$R"
