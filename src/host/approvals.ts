/** Requests for permission: anybody may file one, and it gives nothing; a person decides. */
import {
  type ApprovalItem,
  type ApprovalRequest,
  type ApprovalStore,
  type Clock,
  type ComponentName,
  type Denial,
  formatCallPattern,
  type Grant,
  type Permission,
  type Principal,
  printable,
  type Random,
  requestCovers,
  snapshotCovers,
  SwitchboardError,
} from '#core';
import type { ApprovalDecision, GrantOptions, Host } from './api.ts';
import type { Catalog } from './catalog.ts';
import { itemOf, withDirectory } from './denials.ts';
import type { EventHub } from './events.ts';
import { newId, type Permissions } from './permissions.ts';

export interface ApprovalPorts {
  readonly store: ApprovalStore;
  readonly permissions: Permissions;
  readonly catalog: Catalog;
  readonly events: EventHub;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Approvals extends Pick<Host, 'grant' | 'requestPermission' | 'approvals' | 'decideApproval'> {
  /** A call lacked a grant: files what would give it, unless that is open already. Never fails. */
  fileDenial(component: string, denial: Denial, principal: Principal): Promise<void>;
}

const LONGEST_REASON = 500;
const MOST_ITEMS = 20;
/** Of one component's denials; one that tries every host there is must not fill the list of a person. */
const MOST_FILED = 20;

export function createApprovals({ store, permissions, catalog, events, clock, random }: ApprovalPorts): Approvals {
  const file: Host['requestPermission'] = async (component, items, reason, principal) => {
    const { installed } = await catalog.entry(component);
    const { manifest } = installed.description;
    if (items.length === 0 || items.length > MOST_ITEMS) {
      throw new SwitchboardError('invalid-setting', `a request names 1 to ${MOST_ITEMS} permissions`);
    }
    for (const item of items) {
      const covered = manifest?.permissions.some((request) => requestCovers(request, withDirectory(item)));
      if (covered !== false) continue;
      throw new SwitchboardError(
        'not-requested',
        `the manifest of ${installed.name} does not request ${`${item.kind} ${named(item)}`.trim()}`,
      );
    }
    const text = JSON.stringify(items);
    const same = (await store.list('open')).find(
      (open) => open.subject === installed.name && JSON.stringify(open.permissions) === text,
    );
    if (same) return same;
    const request: ApprovalRequest = {
      id: newId('r', random),
      subject: installed.name,
      permissions: items,
      reason: printable(reason, LONGEST_REASON),
      principal: principal ?? { kind: 'program', label: 'program' },
      filedAt: clock.now(),
      state: 'open',
    };
    await store.file(request);
    events.emit({ type: 'approval.filed', request });
    return request;
  };

  /** What was filed for denials since the host started: tried again and again, it is filed once. */
  const filed = new Map<string, Set<string>>();

  const decide = async (id: string, decision: ApprovalDecision): Promise<readonly Grant[]> => {
    const request = await store.get(id);
    if (request?.state !== 'open') {
      const fix = 'switchboard approvals list';
      throw new SwitchboardError('grant-not-found', `there is no open request ${printable(id)}`, { fix });
    }
    // Checked before it is decided, so that what cannot be granted stays open.
    const wanted: GrantOptions = {
      permissions: decision.allow ? request.permissions.map((item) => complete(item, id, decision.directories)) : [],
      creator: `approval ${id}`,
      ...(decision.allow ? { once: decision.once, expiresAt: decision.expiresAt } : {}),
    };
    if (decision.allow) await permissions.checkGrant(request.subject, wanted);
    const decided = await store.decide(id, decision.allow ? 'allowed' : 'denied', clock.now());
    if (!decided) throw new SwitchboardError('grant-not-found', `the request ${printable(id)} was decided meanwhile`);
    events.emit({ type: 'approval.decided', request: decided });
    if (!decision.allow) return [];
    forget(request.subject);
    return grant(request.subject, wanted);
  };

  /** What is revoked later may be asked for again. */
  const forget = (subject: ComponentName): void => {
    for (const [component, known] of filed) if (component.startsWith(`${subject}@`)) known.clear();
  };

  /** Requests of which everything is granted by now wait for nobody. Each is for the calls of whoever asked. */
  const closeCovered = async (subject: ComponentName): Promise<void> => {
    const open = (await store.list('open')).filter((request) => request.subject === subject);
    if (open.length === 0) return;
    const entry = await catalog.entry(subject);
    for (const request of open) {
      const { policy } = entry.targetFor(request.principal.kind);
      if (!request.permissions.every((item) => snapshotCovers(policy, item))) continue;
      const closed = await store.decide(request.id, 'granted', clock.now());
      if (!closed) continue;
      forget(subject);
      events.emit({ type: 'approval.decided', request: closed });
    }
  };

  const grant: Host['grant'] = async (component, options) => {
    const made = await permissions.grant(component, options);
    const [subject] = made.map((one) => one.subject);
    // It is granted, whatever becomes of what was asked before.
    if (subject !== undefined) await closeCovered(subject).catch(() => undefined);
    return made;
  };

  return {
    grant,
    requestPermission: file,
    approvals: (state) => store.list(state),
    decideApproval: decide,
    async fileDenial(component, denial, principal) {
      const item = itemOf(denial);
      const known = filed.get(component) ?? new Set();
      const key = JSON.stringify(item);
      if (!item || known.has(key) || known.size >= MOST_FILED) return;
      filed.set(component, known.add(key));
      const reason = `a call was refused ${denial.what}`;
      // Refused by a bound, or by the manifest: the denial itself has told of it.
      await file(component, [item], reason, principal).catch(() => undefined);
    },
  };
}

function complete(item: ApprovalItem, id: string, directories: { readonly [guest: string]: string } = {}): Permission {
  if (item.kind !== 'fs' || 'host' in item) return item;
  const host = Object.hasOwn(directories, item.guest) ? directories[item.guest] : undefined;
  if (host === undefined) {
    const fix = `switchboard approvals allow ${id} --dir "$PWD":${item.guest}`;
    throw new SwitchboardError('invalid-setting', `name the directory to give as ${item.guest}`, { fix });
  }
  return { ...item, host };
}

function named(item: ApprovalItem): string {
  if (item.kind === 'fs') return printable(item.guest);
  if (item.kind === 'net') return printable(item.host);
  if (item.kind === 'call') return formatCallPattern(item);
  return 'name' in item ? printable(item.name) : '';
}
