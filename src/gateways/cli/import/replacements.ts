/**
 * Which servers a component that comes with Switchboard can stand in for. To add one, add its package here and a case
 * to import.test.ts.
 */

export interface Replacement {
  readonly component: string;
  /** What that component does, and so what the server's place is taken in. */
  readonly does: string;
  /** What it has to be granted: nothing, the directories that the server is given, or hosts. */
  readonly needs: 'nothing' | 'directories' | 'hosts';
  /** What is different afterwards. */
  readonly differs?: string;
  /** By where they come from; `file` is the name of a program or script. */
  readonly npm?: readonly string[];
  readonly pypi?: readonly string[];
  readonly docker?: readonly string[];
  readonly file?: readonly string[];
}

export const REPLACEMENTS: readonly Replacement[] = [
  {
    // https://github.com/modelcontextprotocol/servers/tree/main/src/filesystem
    component: 'switchboard:files',
    does: 'lists, reads, searches, writes and edits files',
    needs: 'directories',
    differs: 'paths begin with /work; media files are not read as images',
    npm: ['@modelcontextprotocol/server-filesystem'],
    docker: ['mcp/filesystem'],
    file: ['mcp-server-filesystem'],
  },
  {
    // https://github.com/mark3labs/mcp-filesystem-server
    component: 'switchboard:files',
    does: 'lists, reads, searches, writes and edits files',
    needs: 'directories',
    differs: 'paths begin with /work',
    docker: ['ghcr.io/mark3labs/mcp-filesystem-server'],
    file: ['mcp-filesystem-server'],
  },
  {
    // https://github.com/modelcontextprotocol/servers/tree/main/src/fetch
    component: 'switchboard:fetch',
    does: 'fetches web pages as Markdown or text',
    needs: 'hosts',
    differs: 'addresses of your own network stay out of reach unless granted; robots.txt is not asked',
    npm: ['@modelcontextprotocol/server-fetch', '@j0hanz/fetch-url-mcp'],
    pypi: ['mcp-server-fetch'],
    docker: ['mcp/fetch'],
    file: ['mcp-server-fetch'],
  },
  {
    // https://github.com/modelcontextprotocol/servers/tree/main/src/time
    component: 'switchboard:time',
    does: 'tells the time, reads, adds to and compares dates',
    needs: 'nothing',
    differs: 'it knows no time zones by name: times are UTC unless an offset is written',
    npm: ['@modelcontextprotocol/server-time', '@data_wise/localtime-mcp'],
    pypi: ['mcp-server-time'],
    docker: ['mcp/time'],
    file: ['mcp-server-time'],
  },
  {
    // https://github.com/rog0x/mcp-string-tools
    component: 'switchboard:text',
    does: 'counts, compares, finds and replaces by regular expression, makes slugs, fills templates',
    needs: 'nothing',
    npm: ['@rog0x/mcp-string-tools', '@meok-ai/slugify-ai-mcp'],
    pypi: ['slugify-ai-mcp', 'text-counter'],
  },
  {
    // https://www.npmjs.com/package/csv-mcp
    component: 'switchboard:data',
    does: 'queries and converts CSV and JSON that is given to it',
    needs: 'nothing',
    differs: 'it takes data, not file names; switchboard:files reads files; there are no charts',
    npm: ['csv-mcp', 'mcp-csv-server'],
  },
  {
    // https://github.com/zcag/readdown-mcp
    component: 'switchboard:html',
    does: 'turns HTML that is given to it into Markdown, finds its links, tables and metadata',
    needs: 'nothing',
    differs: 'it takes HTML, not addresses; switchboard:fetch fetches pages',
    npm: ['readdown-mcp'],
    file: ['html-to-markdown'],
  },
];
