# Sourced by ./dev after setup.sh: what the tests need beyond what Switchboard needs.

# The C guests need a clang that targets wasm32-wasi, its linker, libc and compiler runtime.
test_setup() {
  c_toolchain_works && inspector_is_current && return
  begin_work
  c_toolchain_works || install_c_toolchain
  inspector_is_current || install_inspector
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

inspector_is_current() {
  _inspector=$root/test/e2e/inspector
  [ -d "$_inspector/node_modules" ] && cmp -s "$_inspector/package-lock.json" "$cache/inspector"
}

install_inspector() {
  need_npm 'install the MCP Inspector for the tests'
  say 'installing the MCP Inspector for the tests'
  rm -f "$cache/inspector"
  npm_install "$_inspector" ||
    die 'the MCP Inspector could not be installed (offline?). Run again to retry.'
  cp "$_inspector/package-lock.json" "$cache/inspector" || die "cannot write to $cache"
}
