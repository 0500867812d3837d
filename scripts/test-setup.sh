# Sourced by ./dev after setup.sh: what the tests need beyond what Switchboard needs.

# The C guests need a clang that targets wasm32-wasi, its linker, libc and compiler runtime.
test_setup() {
  c_toolchain_works && tool_is_current inspector && tool_is_current conformance && return
  begin_work
  c_toolchain_works || install_c_toolchain
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
