/** Registers the tests that are data; the runner says which files. */
import { test } from 'node:test';
import { newSandbox } from './current.ts';
import { readDeclared, runDeclared } from './declared.ts';
import { declaredFiles } from './declared-files.ts';

for (const file of declaredFiles()) {
  for (const one of await readDeclared(file)) void test(one.name, () => runDeclared(one, newSandbox));
}
