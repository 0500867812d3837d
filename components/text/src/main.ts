/** The functions that world.wit exports. The message of a thrown error is the error case of a result. */
export { count } from './count.ts';
export { diff } from './diff.ts';
export { regexFind, regexReplace } from './regex.ts';
export { slug } from './slug.ts';
export { template } from './template.ts';
