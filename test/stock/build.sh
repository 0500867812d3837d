#!/bin/sh
# Builds the components of this folder anew with the stock tools of their languages, into built/.
# Wants rustup, cargo, python3 with venv, npm, clang 19 with lld (Debian: clang-19 lld-19), brotli and network.
# The tests read only what is in built/; run this when a guest changes.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
work=${1:-$here/../../.cache/stock}
mkdir -p "$work"
cd "$work"

keep() { brotli --force --quality=11 --lgwin=24 --output="$here/built/$2.wasm.br" "$1"; }

# Rust: cargo, target wasm32-wasip2, the crate wasip2.
rustup +stable target add wasm32-wasip2
(cd "$here/rust" && CARGO_TARGET_DIR="$work/rust" cargo +stable build --release --target wasm32-wasip2)
keep rust/wasm32-wasip2/release/stock.wasm rust

# What is kept: wasi:keyvalue, wasi:config, wasi:blobstore, with bindings of wit-bindgen.
(cd "$here/rust-storage" && CARGO_TARGET_DIR="$work/rust" cargo +stable build --release --target wasm32-wasip2)
keep rust/wasm32-wasip2/release/storage.wasm rust-storage

# The WIT of WASI, as that crate carries it.
wasi=$(cd "$here/rust" && cargo metadata --format-version 1 |
  python3 -c 'import json,sys,os; print([os.path.dirname(p["manifest_path"]) for p in json.load(sys.stdin)["packages"] if p["name"]=="wasip2"][0])')

# Rust for WASI 0.3: the same target, wit-bindgen's async, the WIT of the crate wasip3.
mkdir -p rust-preview3
cp -r "$here/rust-preview3/." rust-preview3/
wasi3=$(cd rust-preview3 && cargo metadata --format-version 1 |
  python3 -c 'import json,sys,os; print([os.path.dirname(p["manifest_path"]) for p in json.load(sys.stdin)["packages"] if p["name"]=="wasip3"][0])')
mkdir -p rust-preview3/wit/deps
cp "$wasi3"/wit/deps/*.wit rust-preview3/wit/deps/
(cd rust-preview3 && RUSTFLAGS="--remap-path-prefix=$(dirname "$wasi3")=crates --remap-path-prefix=$PWD=." \
  CARGO_TARGET_DIR="$work/rust-preview3-target" cargo +stable build --release --target wasm32-wasip2)
keep rust-preview3-target/wasm32-wasip2/release/stock_preview3.wasm rust-preview3

# Python: componentize-py.
python3 -m venv python-env
python-env/bin/pip install --quiet componentize-py==0.25.1
mkdir -p python/wit/deps
cp "$wasi"/wit/deps/*.wit python/wit/deps/
cp "$here/python/app.py" python/
sed 's|^world whole {|&\n  import wasi:io/streams@0.2.12;\n  import wasi:http/types@0.2.12;\n  import wasi:http/outgoing-handler@0.2.12;|' \
  "$here/stock.wit" >python/wit/stock.wit
(cd python && ../python-env/bin/componentize-py -d wit -w whole componentize app -o stock.wasm)
keep python/stock.wasm python

# JavaScript: StarlingMonkey by componentize-js.
npm install --silent --prefix starlingmonkey @bytecodealliance/componentize-js@0.23.0
cp "$here/starlingmonkey/build.mjs" "$here/starlingmonkey/guest.js" starlingmonkey/
(cd starlingmonkey && node build.mjs guest.js "$here/stock.wit" stock.wasm)
keep starlingmonkey/stock.wasm starlingmonkey

# C: what wasi-sdk is made of. Its headers and library for preview 1 as @yowasp/clang carries them, its library for
# preview 2 and its linker as Rust's toolchain carries them, clang from the system.
cargo install --quiet --root tools wit-bindgen-cli --version 0.57.1
npm install --silent --prefix sysroot @yowasp/clang@22.0.0-git20542-10
tar xf sysroot/node_modules/@yowasp/clang/gen/llvm-resources.tar -C sysroot
mkdir -p c
(cd c && ../tools/bin/wit-bindgen c --world without-web "$here/stock.wit")
rustlib=$(rustc +stable --print sysroot)/lib/rustlib
builtins=sysroot/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a
compile() {
  flags="--target=$1 $2 -nostdlibinc -isystem sysroot/include/wasm32-wasip1 -O2 -Ic -c"
  clang-19 $flags "$here/c/guest.c" -o "c/guest-$1.o"
  clang-19 $flags c/without_web.c -o "c/bind-$1.o"
}
compile wasm32-wasip2 -DPREVIEW2
libc=$rustlib/wasm32-wasip2/lib/self-contained
"$rustlib"/*-linux-gnu/bin/wasm-component-ld --wasm-ld-path "$(command -v wasm-ld-19)" "$libc/crt1-reactor.o" \
  c/guest-wasm32-wasip2.o c/bind-wasm32-wasip2.o c/without_web_component_type.o "$libc/libc.a" $builtins \
  --entry _initialize --strip-all -o c/preview2.wasm
keep c/preview2.wasm c-preview2
compile wasm32-wasip1 -UPREVIEW2
libc=sysroot/lib/wasm32-wasip1
wasm-ld-19 $libc/crt1-reactor.o c/guest-wasm32-wasip1.o c/bind-wasm32-wasip1.o c/without_web_component_type.o \
  $libc/libc.a $builtins --entry _initialize --strip-all -o c/core.wasm
npm install --silent --prefix adapter --ignore-scripts @bytecodealliance/jco@1.24.6
node adapter/node_modules/.bin/jco new c/core.wasm \
  --adapt wasi_snapshot_preview1=adapter/node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.reactor.wasm -o c/preview1.wasm
keep c/preview1.wasm c-preview1
ls -l "$here/built"
