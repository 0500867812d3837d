/** From an empty folder to a tested component: new projects, building, testing, watching, measuring. */
export { buildProject, componentOf, writeDeclarations } from './build.ts';
export type { BuildOptions, Built } from './build.ts';
export { createProject } from './init.ts';
export type { NewProject } from './init.ts';
export type { ComponentFormat, DevkitHost, DevkitPorts } from './ports.ts';
export type { Sandbox, SandboxOptions } from './testing/sandbox.ts';
export { openSandbox } from './testing/sandbox.ts';
export { runProjectTests } from './testing/run-tests.ts';
export type { TestOutcome } from './testing/run-tests.ts';
export { isCurrent } from './changed.ts';
export { watchProject } from './watch.ts';
export { LANGUAGES, meansFolder, openProject } from './project.ts';
export type { Language, Project } from './project.ts';
export { installJavaScript } from './languages/javascript-tools.ts';
