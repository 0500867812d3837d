/** The tool by which a model asks for a permission. It gives nothing: it files a request that a person decides. */
import type { CallToolResult, Tool } from '@modelcontextprotocol/server';
import { SwitchboardError } from '#core/errors';
import { formatPermission, guestDirectory, parsePermission } from '#core/grants';
import type { ApprovalItem } from '#core/permission';
import type { Principal } from '#core/context';
import type { Host } from '#host/api';
import { OWN } from './own-names.ts';
import { RPC, RpcError } from './results.ts';

export const REQUEST_PERMISSION_TOOL: Tool = {
  name: OWN.requestPermission,
  title: 'Ask the owner for a permission',
  description:
    'Files a request that a component be given a permission, for the person who owns this machine. It gives nothing: ' +
    'tell the person the command in the answer. Use it after a tool was refused for lack of a permission.',
  inputSchema: {
    type: 'object',
    properties: {
      component: {
        type: 'string',
        description: 'namespace:name, as in the description of the tool that was refused',
      },
      permissions: {
        type: 'array',
        minItems: 1,
        maxItems: 20,
        items: { type: 'string' },
        description:
          'Each one of: "fs GUEST_DIR:ro" or "fs GUEST_DIR:rw", "net HOST" or "net HOST:PORT", "secret NAME", "kv NAME:ro" or "kv NAME:rw", "blob NAME:ro" or "blob NAME:rw" (its own stores), "elicit" (to ask the person), "sample" (to ask your model), "call ns:name" or "call ns:name#function" (of another component), "schedule" (to be called later). For fs the person chooses which directory of the machine it is.',
      },
      reason: { type: 'string', description: 'Why it is needed, for the person to read' },
    },
    required: ['component', 'permissions', 'reason'],
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      command: { type: 'string', description: 'What the person runs to allow it' },
      permissions: { type: 'array', items: { type: 'string' } },
    },
    required: ['id', 'command', 'permissions'],
  },
  annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
};

/** Files the request. Errors: those of `requestPermission`; `RpcError` for arguments of another shape. */
export async function requestPermission(
  host: Host,
  args: { readonly [name: string]: unknown },
  principal: Principal,
): Promise<CallToolResult> {
  const { component, permissions, reason } = args;
  const texts = Array.isArray(permissions) ? (permissions as readonly unknown[]) : [];
  if (typeof component !== 'string' || typeof reason !== 'string' || texts.length === 0) {
    throw new RpcError(RPC.params, 'component, permissions and reason are needed');
  }
  const items = texts.map(itemOf);
  const request = await host.requestPermission(component, items, reason, principal);
  const directories = items.flatMap((item) => (item.kind === 'fs' ? [` --dir "$PWD":${item.guest}`] : []));
  const command = `switchboard approvals allow ${request.id}${directories.join('')}`;
  const text = `Filed as ${request.id}. Nothing is given yet: a person must run, in a terminal: ${command}`;
  return {
    content: [{ type: 'text', text }],
    structuredContent: { id: request.id, command, permissions: items.map((item) => formatPermission(item)) },
  };
}

function itemOf(text: unknown): ApprovalItem {
  const plain = typeof text === 'string' ? /^(?:--)?(elicit|sample|schedule)$/.exec(text.trim())?.[1] : undefined;
  if (plain !== undefined) return parsePermission(plain as 'elicit' | 'sample' | 'schedule', '');
  const m = typeof text === 'string' ? /^(?:--)?(fs|net|secret|kv|blob|call) (.+)$/.exec(text.trim()) : null;
  if (!m?.[2])
    throw new SwitchboardError(
      'invalid-setting',
      'a permission is "fs GUEST_DIR:ro", "net HOST", "secret NAME", "kv NAME:rw", "blob NAME:rw", "elicit", "sample", "call ns:name" or "schedule"',
    );
  if (m[1] === 'kv' || m[1] === 'blob') {
    // Which components share a store, and how large it may grow, is the owner's to say.
    const own = /^([A-Za-z_][\w.-]{0,63})(?::(ro|rw))?$/.exec(m[2]);
    if (!own?.[1]) throw new SwitchboardError('invalid-setting', 'for a store name it, and ro or rw: "kv notes:rw"');
    return { kind: m[1], name: own[1], mode: own[2] === 'ro' ? 'ro' : 'rw' };
  }
  if (m[1] !== 'fs') return parsePermission(m[1] as 'net' | 'secret' | 'call', m[2]);
  const fs = /^(\/[^:]*):(ro|rw)$/.exec(m[2]);
  if (!fs?.[1])
    throw new SwitchboardError('invalid-setting', 'for fs name the guest directory and ro or rw: "fs /data:ro"');
  return { kind: 'fs', guest: guestDirectory(fs[1]), mode: fs[2] === 'rw' ? 'rw' : 'ro' };
}
