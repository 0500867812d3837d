/** The functions that world.wit exports. The message of a thrown error is the error case of a result. */
export { csvToJson, jsonToCsv } from './convert.ts';
export { parseCsv } from './csv.ts';
export { jsonGet } from './json-path.ts';
export { query } from './query.ts';
export { summarize } from './summarize.ts';
