/** A wrapped library as a project: all of it is text that may be edited and built like any other. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BundledPackage } from '../packages.ts';
import type { Refusal } from '../model.ts';
import type { Plan } from '../plan.ts';
import type { Proof } from '../prove.ts';
import { needsPromises, writeGlue } from './glue.ts';
import { billOfMaterials, licenceFiles } from './papers.ts';
import { writeWit } from './wit.ts';

export interface ProjectText {
  /** `npm:marked` and `15.0.12`. */
  readonly component: { readonly name: string; readonly version: string };
  /** What was wrapped, for people. */
  readonly title: string;
  readonly about: string;
  readonly plan: Plan;
  readonly refusals: readonly Refusal[];
  readonly packages: readonly BundledPackage[];
  readonly proofs: readonly Proof[];
  readonly buffer: boolean;
  /** Folders outside the project, from it on, that it is built of. */
  readonly include: readonly string[];
  readonly exampleOf: Parameters<typeof writeWit>[1]['exampleOf'];
  /** What rewrap reads. */
  readonly record: object;
}

const TEMPLATES = new URL('../templates/runtime/', import.meta.url);

/** Writes it whole; files of the project that it does not know stay. */
export async function writeProject(dir: string, text: ProjectText): Promise<void> {
  const files = new Map<string, string>([
    [
      'wit/world.wit',
      writeWit(text.plan, {
        package: `${text.component.name}@${text.component.version}`,
        docs: text.about,
        exampleOf: text.exampleOf,
      }),
    ],
    ['src/main.ts', writeGlue(text.plan, { promises: needsPromises(text.plan), buffer: text.buffer })],
    ['README.md', readme(text)],
    ['sbom.cdx.json', billOfMaterials(text.component, text.packages)],
    ['wrap.json', `${JSON.stringify(text.record, undefined, 2)}\n`],
    ['.gitignore', 'node_modules/\nbuild/\ngenerated/\n'],
    // What its owner asked for besides stays.
    ...(existsSync(join(dir, 'component.toml')) ? [] : [['component.toml', manifest(text)] as const]),
    ...(await runtimeFiles()),
    ...(await licenceFiles(dir, text.packages)),
    ...(text.proofs.length === 0 ? [] : [['test/smoke.test.json', smokeTest(text.proofs)] as const]),
  ]);
  await rm(join(dir, 'licences'), { recursive: true, force: true });
  for (const [path, content] of files) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
  await settings(dir, text);
}

async function runtimeFiles(): Promise<[string, string][]> {
  const names = await readdir(TEMPLATES);
  return Promise.all(
    names.map(
      async (name): Promise<[string, string]> => [
        `src/runtime/${name.replace(/\.tmpl$/, '')}`,
        await readFile(new URL(name, TEMPLATES), 'utf8'),
      ],
    ),
  );
}

/** What the bundler must know stands in package.json, beside what npm wrote there. */
async function settings(dir: string, { component, title, plan }: ProjectText): Promise<void> {
  const file = join(dir, 'package.json');
  const known = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as object) : {};
  const made = {
    name: component.name.replace(/^.*:/, ''),
    description: `${title} as a component`,
    private: true,
    type: 'module',
    ...known,
    switchboard: { absentModules: 'stub', ...(needsPromises(plan) ? { syntax: 'es2016' } : {}) },
  };
  await writeFile(file, `${JSON.stringify(made, undefined, 2)}\n`);
}

function manifest({ title, about }: ProjectText): string {
  const description = JSON.stringify(
    about
      .split('\n')[0]
      ?.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
      .slice(0, 300) || title,
  );
  return `# It asks for nothing: a library that computes needs no permission.\ndescription = ${description}\n`;
}

/** Answers that depend on the moment or on chance are not held to. */
function smokeTest(proofs: readonly Proof[]): string {
  const tests = proofs
    .filter(({ outcome, id, args }) => outcome === 'answered' && !hasHandle(args) && !/^api\..*\..*/.test(id))
    .map(({ id, args }) => ({ name: `${id.replace(/^api\./, '')} answers`, call: id, arguments: args }));
  return `${JSON.stringify(tests, undefined, 2)}\n`;
}

const hasHandle = (args: readonly unknown[]): boolean => /"[a-z0-9-]*handle/i.test(JSON.stringify(args));

function readme({ component, title, plan, refusals, proofs, packages, include }: ProjectText): string {
  const name = `${component.name}@${component.version}`;
  const lost = refusals.filter(({ loss }) => loss === 'function');
  const parts = refusals.filter(({ loss }) => loss === 'part');
  const bundled = packages.filter(({ typesOnly }) => !typesOnly);
  const untried = proofs.filter(({ outcome }) => outcome === 'untried');
  const row = ({ what, reason, place }: Refusal): string => `- \`${what}\`: ${reason} (${place.file}:${place.line})`;
  return [
    `# ${name}`,
    '',
    `${title}, as a component of Switchboard. Made by \`switchboard wrap\`; it asks for no permission.`,
    '',
    '```',
    ...(include.length === 0 ? ['npm ci --ignore-scripts'] : []),
    ['switchboard build', ...include.map((folder) => `--include ${folder}`)].join(' '),
    ['switchboard test', ...include.map((folder) => `--include ${folder}`)].join(' '),
    '```',
    '',
    `## Functions`,
    '',
    ...plan.functions.map(({ wit, fn }) => `- \`${wit}\` (${fn.title})`),
    ...plan.resources.map(({ wit, members }) => `- \`${wit}\`: ${members.map((one) => `\`${one.wit}\``).join(', ')}`),
    '',
    '## What does not cross',
    '',
    ...(lost.length === 0 ? ['Every function crosses.'] : lost.map(row)),
    ...(parts.length === 0 ? [] : ['', 'Left out of functions that do cross:', '', ...parts.map(row)]),
    ...(untried.length === 0
      ? []
      : [
          '',
          'Offered without having been called once, as no example makes what they take:',
          '',
          ...untried.map(({ id }) => `- \`${id}\``),
        ]),
    '',
    '## What is inside',
    '',
    ...bundled.map(
      (one) =>
        `- ${one.name}@${one.version} (${one.license || 'no licence declared'}), ${one.integrity || 'without integrity'}`,
    ),
    '',
    'Licences are in `licences/`, the bill of materials is `sbom.cdx.json` (CycloneDX).',
    '',
  ].join('\n');
}
