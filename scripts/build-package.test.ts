import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compiledImports } from './build-package.ts';

test('[lib.pack] the import map names the compiled files, the vendored bindgen and no tests', () => {
  const imports = {
    '#core': './src/core/index.ts',
    '#core/*': './src/core/*.ts',
    '#jco': '@bytecodealliance/jco-transpile/component',
    '#wasm-tools': '@bytecodealliance/jco-transpile/wasm-tools',
    '#other': 'package/of/npm',
    '#test/*': './test/*.ts',
  };
  assert.deepEqual(compiledImports(imports), {
    '#core': './core/index.js',
    '#core/*': './core/*.js',
    '#jco': './vendor/jco/js-component-bindgen-component.js',
    '#wasm-tools': './vendor/wasm-tools/dist/wasm-tools.js',
    '#other': 'package/of/npm',
  });
});
