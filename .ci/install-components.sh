#!/bin/sh
# Installs the real components the tests run against, on a fresh Debian or Ubuntu machine. Idempotent, asks nothing.
set -eu
packages='docker.io podman runc busybox-static systemd systemd-journal-remote prometheus prometheus-alertmanager rsyslog curl bsdutils chromium-headless-shell fonts-dejavu-core gcc libc6-dev openssl procps'
missing=''
# Whoever has these from elsewhere keeps them.
command -v go >/dev/null || packages="$packages golang-go"
command -v javac >/dev/null || packages="$packages default-jdk-headless"
[ -x /usr/sbin/nginx ] || packages="$packages nginx-light"
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
export DEBIAN_FRONTEND=noninteractive
sudo=''
[ "$(id -u)" = 0 ] || sudo='sudo -n'
# A machine that has just started may be busy with packages of its own, and a mirror may be out of reach for a moment.
apt_get() {
  $sudo apt-get -q -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 "$@"
}
syslog_ng=/opt/syslog-ng
if [ -n "$missing" ] || [ ! -d "$syslog_ng" ]; then
  apt_get update
fi
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086
  apt_get install -y --no-install-recommends $missing
fi
# syslog-ng cannot be installed beside rsyslog: it is unpacked, with the libraries it lacks.
if [ ! -d "$syslog_ng" ]; then
  debs=$(mktemp -d)
  unpacked=$(mktemp -d)
  mkdir "$debs/partial"
  chmod -R a+rwX "$debs"
  apt_get install -y --download-only --no-install-recommends -o Dir::Cache::archives="$debs" \
    syslog-ng-core syslog-ng-mod-http rsyslog-
  for deb in "$debs"/*.deb; do dpkg -x "$deb" "$unpacked"; done
  chmod 755 "$unpacked"
  # Whole or not at all, also when this ends in its middle.
  $sudo rm -rf "$syslog_ng.new"
  $sudo mv "$unpacked" "$syslog_ng.new"
  $sudo mv "$syslog_ng.new" "$syslog_ng"
  $sudo rm -rf "$debs"
fi
