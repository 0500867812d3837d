/** The functions that world.wit exports. The message of a thrown error is the error case of a result. */
export { links } from './links.ts';
export { toMarkdown } from './markdown.ts';
export { metadata } from './metadata.ts';
export { select } from './select.ts';
export { tables } from './tables.ts';
