#!/usr/bin/env node
/** The `switchboard` command. Little is imported before the compile cache is on: this runs at every call. */
import { compileCacheOf } from '../control/compile-cache.ts';
import { globalsOf } from './globals.ts';

const argv = process.argv.slice(2);
compileCacheOf(globalsOf(argv).home);
const { run } = await import('./run.ts');
process.exit(await run(argv));
