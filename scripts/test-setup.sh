# Sourced by ./dev after setup.sh: what the tests need beyond what Switchboard needs.

# The C guests need a clang that targets wasm32-wasi, its linker, libc and compiler runtime.
test_setup() {
  c_toolchain_works && registries_are_here && tool_is_current inspector && tool_is_current conformance && return
  begin_work
  c_toolchain_works || install_c_toolchain
  registries_are_here || install_registries
  tool_is_current inspector || install_tool inspector 'the MCP Inspector'
  tool_is_current conformance || install_tool conformance "MCP's conformance suite"
  end_work
}

c_toolchain_works() {
  _probe=$(mktemp -d) || return 1
  printf 'int main(void) { return 0; }\n' >"$_probe/probe.c"
  clang --target=wasm32-wasi -O1 -o "$_probe/probe.wasm" "$_probe/probe.c" >/dev/null 2>&1
  _works=$?
  rm -rf "$_probe"
  return $_works
}

install_c_toolchain() {
  _packages='clang lld wasi-libc libclang-rt-dev-wasm32'
  if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" -ne 0 ]; then
      die "the tests need a C compiler for wasm32-wasi: sudo apt-get install $_packages"
    fi
    say "installing $_packages with apt-get"
    run_quietly apt-get update || die 'apt-get update failed'
    # shellcheck disable=SC2086 # a list of package names
    run_quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $_packages ||
      die "apt-get could not install $_packages"
  elif [ "$(uname -s)" = Darwin ]; then
    die 'the tests need a C compiler for wasm32-wasi: brew install llvm lld wasi-libc wasi-runtimes, and put $(brew --prefix llvm)/bin first in PATH'
  else
    die 'the tests need clang, wasm-ld, wasi-libc and the wasm32 compiler runtime of clang; install them with your package manager'
  fi
  c_toolchain_works || die 'clang was installed but cannot build for wasm32-wasi'
}

# The registry is tried with others' tools: skopeo, and Debian's docker-registry, which needs no service for it.
docker_registry=$root/.cache/docker-registry/usr/bin/docker-registry

registries_are_here() {
  command -v skopeo >/dev/null 2>&1 && { [ -x "$docker_registry" ] || command -v docker-registry >/dev/null 2>&1; }
}

install_registries() {
  if ! command -v apt-get >/dev/null 2>&1; then
    die 'the tests need skopeo and docker-registry (the registry of the distribution project) on the PATH'
  fi
  if ! command -v skopeo >/dev/null 2>&1; then
    [ "$(id -u)" -eq 0 ] || die 'the tests need skopeo: sudo apt-get install skopeo'
    say 'installing skopeo with apt-get'
    run_quietly apt-get update || die 'apt-get update failed'
    run_quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends skopeo ||
      die 'apt-get could not install skopeo'
  fi
  if ! command -v docker-registry >/dev/null 2>&1; then
    say 'bringing docker-registry from the package archive into .cache/docker-registry'
    _into=$root/.cache/docker-registry
    rm -rf "$_into" && mkdir -p "$_into" || die "cannot write to $_into"
    # Unpacked, not installed: installing it would start a server on this machine.
    run_quietly sh -c 'cd "$1" && apt-get download docker-registry && dpkg-deb -x docker-registry_*.deb . && rm docker-registry_*.deb' \
      sh "$_into" || die 'docker-registry could not be brought with apt-get download'
  fi
}

# What the tests run as programs of their own, each with its own dependencies and lock file.
tool_dir() {
  case $1 in
    inspector) printf '%s' "$root/test/e2e/inspector" ;;
    conformance) printf '%s' "$root/test/conformance/suite" ;;
  esac
}

tool_is_current() {
  _tool=$(tool_dir "$1")
  [ -d "$_tool/node_modules" ] && cmp -s "$_tool/package-lock.json" "$cache/$1"
}

install_tool() {
  _tool=$(tool_dir "$1")
  need_npm "install $2 for the tests"
  say "installing $2 for the tests"
  rm -f "$cache/$1"
  npm_install "$_tool" ||
    die "$2 could not be installed (offline?). Run again to retry."
  cp "$_tool/package-lock.json" "$cache/$1" || die "cannot write to $cache"
}
