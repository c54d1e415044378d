# For the scripts beside it: are processes gone?

# Is there a process of this pid? A dead one that nobody has waited for is none.
alive() {
  kill -0 "$1" 2>/dev/null && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

# Waits until none of these pids is alive; fails after a minute.
gone() {
  left=600
  for p in "$@"; do
    while alive "$p"; do
      [ $left -gt 0 ] || return 1
      left=$((left - 1))
      sleep 0.1
    done
  done
}

# Has another program got this pid, one without $2 among its arguments? A process that ends has none any more.
is_other() {
  arguments=$(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") || return 1
  case $arguments in
    '' | *"$2"*) return 1 ;;
  esac
}

# Ends the process $1, which has $2 among its arguments: as it ends when told to, or by force.
end_process() {
  is_other "$1" "$2" && return 0
  kill "$1" 2>/dev/null || true
  gone "$1" && return 0
  kill -9 "$1" 2>/dev/null || true
  gone "$1"
}
