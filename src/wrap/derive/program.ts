/** The declarations of a library as the TypeScript compiler sees them. Reads files and runs nothing. */
import { join, relative, sep } from 'node:path';
import type * as TS from 'typescript-6';
import type { Place } from '../model.ts';

export type Compiler = typeof TS;

export interface LibraryProgram {
  readonly ts: Compiler;
  readonly checker: TS.TypeChecker;
  /** The file that imports the modules; types are asked for as seen from there. */
  readonly entry: TS.SourceFile;
  /** Each module asked for; without `symbol` where it has neither types nor code that tells them. */
  readonly modules: readonly {
    readonly specifier: string;
    readonly symbol: TS.Symbol | undefined;
    readonly typed: boolean;
  }[];
  readonly placeOf: (node: TS.Node | undefined) => Place;
  /** Of the language, of Node or of browsers rather than of the library. */
  readonly isForeign: (node: TS.Node | undefined) => boolean;
}

/** What declarations of libraries take for granted of Node where they do not bring it. */
const AMBIENT = `
interface Buffer extends Uint8Array { readonly __buffer?: never }
declare var Buffer: { from(data: unknown): Buffer };
declare namespace NodeJS { interface ReadableStream { read(): unknown } interface WritableStream { write(data: unknown): boolean } interface ProcessEnv { [name: string]: string | undefined } interface Timeout { ref(): void } }
`;
const AMBIENT_FILE = 'switchboard-ambient.d.ts';

/** `specifiers` as they would be imported by a file in `dir`: a package, one of its subpaths, or a relative file. */
export function openLibrary(ts: Compiler, dir: string, specifiers: readonly string[]): LibraryProgram {
  const options: TS.CompilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    allowJs: true,
    maxNodeModuleJsDepth: 1,
    esModuleInterop: true,
    allowImportingTsExtensions: true,
    preserveSymlinks: false,
  };
  const entryFile = join(dir, 'switchboard-entry.ts');
  const ambientFile = join(dir, AMBIENT_FILE);
  const virtual = new Map([
    [entryFile, specifiers.map((one, i) => `import * as m${i} from ${JSON.stringify(one)};\nm${i};`).join('\n')],
    [ambientFile, AMBIENT],
  ]);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (name) => virtual.get(name) ?? readFile(name);
  host.fileExists = (name) => virtual.has(name) || fileExists(name);
  host.getSourceFile = (name, language, onError, again) => {
    const text = virtual.get(name);
    return text === undefined
      ? getSourceFile.call(host, name, language, onError, again)
      : ts.createSourceFile(name, text, language);
  };
  const program = ts.createProgram([entryFile, ambientFile], options, host);
  const checker = program.getTypeChecker();
  const entry = program.getSourceFile(entryFile);
  if (entry === undefined) throw new Error('the compiler lost the file it was given');
  const imports = entry.statements.filter(ts.isImportDeclaration);
  const modules = specifiers.map((specifier, i) => {
    const symbol = checker.getSymbolAtLocation(imports[i]?.moduleSpecifier ?? entry);
    const file = symbol?.declarations?.[0]?.getSourceFile().fileName ?? '';
    return { specifier, symbol, typed: /\.[cm]?tsx?$/.test(file) };
  });
  const foreign = new Map<TS.SourceFile, boolean>();
  const isForeignFile = (file: TS.SourceFile): boolean =>
    program.isSourceFileDefaultLibrary(file) ||
    file.fileName.endsWith(AMBIENT_FILE) ||
    /\/node_modules\/(?:@types\/node|undici-types|bun-types)\//.test(file.fileName);
  return {
    ts,
    checker,
    entry,
    modules,
    placeOf: (node) => {
      if (node === undefined) return { file: '', line: 1 };
      const file = node.getSourceFile();
      const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
      return { file: shown(file.fileName, dir), line };
    },
    isForeign: (node) => {
      if (node === undefined) return false;
      const file = node.getSourceFile();
      const known = foreign.get(file) ?? isForeignFile(file);
      foreign.set(file, known);
      return known;
    },
  };
}

/** From the package on: `marked/lib/marked.d.ts`. */
function shown(file: string, dir: string): string {
  const at = file.lastIndexOf('/node_modules/');
  return at >= 0 ? file.slice(at + '/node_modules/'.length) : relative(dir, file).replaceAll(sep, '/');
}
