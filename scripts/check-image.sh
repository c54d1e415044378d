#!/bin/sh
# check-image.sh [OPTION…]: builds the image, runs it as docs/operations.md says, shows that it works, and says what it
# weighs. Needs a Docker engine with a network and curl; options go to `docker build`. What it made is removed at the end.
set -eu
cd "$(dirname "$0")/.."

SIZE_BYTES_MAX=250000000
SOCKET=${DOCKER_SOCKET:-/var/run/docker.sock}
NAME=skald-check-$$
IMAGE=$NAME:image

clean() {
  docker rm -f -v "$NAME" "$NAME-neighbour" >/dev/null 2>&1 || true
  docker volume rm -f "$NAME" >/dev/null 2>&1 || true
  docker image rm -f "$IMAGE" >/dev/null 2>&1 || true
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

say() { printf '— %s\n' "$*"; }
fail() {
  printf 'failed: %s\n' "$*" >&2
  docker logs "$NAME" 2>&1 | tail -n 20 >&2 || true
  exit 1
}

# within SECONDS WHAT COMMAND…: until the command succeeds.
within() {
  left=$1
  what=$2
  shift 2
  until "$@"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "$what"
    sleep 1
  done
}

start() {
  docker run -d --name "$NAME" --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
    --group-add "$(stat -c %g "$SOCKET")" -v "$SOCKET:/var/run/docker.sock:ro" -v "$NAME:/data" \
    -e SKALD_COLLECTORS=docker -p 127.0.0.1::3100 "$IMAGE" >/dev/null
  within 60 'it becomes healthy' healthy
  URL=http://$(docker port "$NAME" 3100/tcp)
}
healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$NAME")" = healthy ]; }
# found SELECTOR TEXT: does a query find the line?
found() { curl -sfG "$URL/loki/api/v1/query_range" --data-urlencode "query=$1" | grep -q "$2"; }
# Ends it as `docker stop` does; 0 is a clean end, 137 one by force.
stop() {
  docker stop -t 30 "$NAME" >/dev/null
  code=$(docker inspect -f '{{.State.ExitCode}}' "$NAME")
  [ "$code" = 0 ] || fail "it ends with exit code 0, not $code"
  docker rm "$NAME" >/dev/null
}

say 'it is built'
docker build -t "$IMAGE" --build-arg "BUILD_REVISION=$(git rev-parse HEAD)" "$@" .

say 'it runs its commands'
docker run --rm --read-only "$IMAGE" --version
docker run --rm --read-only "$IMAGE" check-config
docker run --rm --read-only --entrypoint journalctl "$IMAGE" --version | head -n 1

say 'it becomes healthy, takes a line and gives it back'
start
curl -sf "$URL/ready" >/dev/null || fail 'it is ready'
curl -sf "$URL/loki/api/v1/push" -H 'content-type: application/json' \
  -d '{"streams":[{"stream":{"app":"check"},"values":[["'"$(date +%s%N)"'","hello from outside"]]}]}'
found '{app="check"}' 'hello from outside' || fail 'a line that was pushed is found'

say 'it collects from a container beside it'
docker run -d --name "$NAME-neighbour" --entrypoint node "$IMAGE" -e "console.log('hello from beside')" >/dev/null
within 30 'a line of another container is found' found "{container=\"$NAME-neighbour\"}" 'hello from beside'

say 'it ends in order, and another one goes on with its data'
stop
start
found '{app="check"}' 'hello from outside' || fail 'the second run finds the line of the first'
stop

docker history --format '{{.Size}}\t{{.CreatedBy}}' "$IMAGE" | cut -c 1-110
size_bytes=$(docker image inspect -f '{{.Size}}' "$IMAGE")
say "it weighs $size_bytes bytes"
[ "$size_bytes" -le "$SIZE_BYTES_MAX" ] || fail "it weighs at most $SIZE_BYTES_MAX bytes"
