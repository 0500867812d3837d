/**
 * Typed errors: every failure that leaves a room is a `SwitchboardError` whose `code` is a key of
 * the catalogue below. docs/errors.md repeats the catalogue and a test holds the two together.
 */

/** `user`: the caller or the owner can mend it. `system`: Switchboard or its machine failed. */
export type ErrorKind = 'user' | 'system';

/** What class of outcome an error is; gateways map the class to exit codes, HTTP and JSON-RPC. */
export type ErrorClass = 'usage' | 'failed' | 'denied' | 'limit';

export interface ErrorEntry {
  readonly kind: ErrorKind;
  readonly class: ErrorClass;
  readonly summary: string;
}

const entry = (kind: ErrorKind, cls: ErrorClass, summary: string): ErrorEntry => ({ kind, class: cls, summary });

/** The one catalogue. Codes are stable: one is never renamed or reused with another meaning. */
export const ERRORS = {
  'invalid-usage': entry('user', 'usage', 'The command line or the call was not understood.'),
  'invalid-reference': entry('user', 'usage', 'A component reference is not of the form namespace:name[@version].'),
  'invalid-setting': entry('user', 'usage', 'A limit or setting has a value that is not allowed.'),
  'invalid-arguments': entry('user', 'usage', 'The arguments do not fit the function; the message names the path.'),
  'unknown-function': entry('user', 'usage', 'The component exports no such function, or the name is ambiguous.'),
  'component-not-found': entry('user', 'usage', 'No component of that name and version is installed.'),
  'version-exists': entry('user', 'usage', 'That name and version is installed already, with other bytes.'),
  'file-unreadable': entry('user', 'usage', 'A file named by the user cannot be read.'),
  'not-wasm': entry('user', 'usage', 'The file is not WebAssembly.'),
  'not-a-component': entry('user', 'usage', 'The file is a core module or another layer, not a component.'),
  'invalid-component': entry('user', 'usage', 'The component is truncated, corrupt or not valid.'),
  'unsupported-component': entry('user', 'usage', 'The component uses something this version does not run.'),
  'hostile-name': entry('user', 'denied', 'A name inside the component could not be a WIT name; it is refused.'),
  'too-large': entry('user', 'limit', 'The file or message is larger than is accepted.'),
  'import-unavailable': entry('user', 'denied', 'The component imports something nobody offers.'),
  denied: entry('user', 'denied', 'The policy refuses this.'),
  'package-unavailable': entry('user', 'failed', 'npm could not bring the package; the message says why.'),
  'not-wrappable': entry('user', 'denied', 'Nothing of the package can be offered as a tool; the message says why.'),
  'invalid-manifest': entry('user', 'usage', 'The manifest (component.toml) is not valid; the message names the key.'),
  'grant-not-found': entry('user', 'usage', 'There is no such grant or request.'),
  'not-requested': entry('user', 'denied', 'The manifest does not request this permission.'),
  'owner-required': entry('user', 'denied', 'Only a person at a terminal, or the owner token, may do this.'),
  'secret-not-found': entry('user', 'usage', 'There is no secret of that name.'),
  'secrets-locked': entry('user', 'denied', 'The secrets are locked; a passphrase opens them.'),
  'profile-not-found': entry('user', 'usage', 'There is no profile of that name.'),
  'session-required': entry('user', 'usage', 'The function takes or returns resource handles; call it in a session.'),
  'session-not-found': entry('user', 'usage', 'The session has ended or never was.'),
  'invalid-handle': entry('user', 'usage', 'The resource handle is not of this session, or was dropped.'),
  'component-error': entry('user', 'failed', 'The function returned the error case of its result.'),
  'component-trapped': entry('user', 'failed', 'The component trapped; its instance was discarded.'),
  'component-exited': entry('user', 'failed', 'The component called exit; its instance was discarded.'),
  'invalid-result': entry('user', 'failed', 'The component returned a value that is not of its declared type.'),
  'call-cycle': entry('user', 'limit', 'The call would wait for an instance that waits for the call.'),
  'call-depth': entry('user', 'limit', 'Calls that components make of each other nest too deeply.'),
  'schedule-not-found': entry('user', 'usage', 'The component has no schedule of that name.'),
  cancelled: entry('user', 'failed', 'The caller cancelled the call or went away.'),
  timeout: entry('user', 'limit', 'The call ran longer than its limit.'),
  'queue-timeout': entry('user', 'limit', 'The call waited in the queue longer than its limit.'),
  busy: entry('user', 'limit', 'Too many calls are waiting already.'),
  'memory-limit': entry('user', 'limit', 'The component needs or used more memory than its limit.'),
  'table-limit': entry('user', 'limit', 'The component declares tables larger than the limit.'),
  'stack-limit': entry('user', 'limit', 'The component ran out of stack.'),
  'transfer-limit': entry('user', 'limit', 'The component handed over more bytes than one call may.'),
  'handle-limit': entry('user', 'limit', 'The session holds too many resource handles.'),
  'store-full': entry('user', 'limit', 'The store has no room under the quota of the grant.'),
  'cell-lost': entry('user', 'failed', 'The cell was stopped because of another call; this one may have run in part.'),
  'engine-failed': entry('system', 'failed', 'The engine could not prepare or start the component.'),
  'home-unusable': entry('system', 'failed', 'The home directory cannot be read or written.'),
  'home-newer': entry('user', 'failed', 'The home directory was written by a newer Switchboard.'),
  'database-corrupt': entry('system', 'failed', 'The database is damaged; the file was kept.'),
  'disk-full': entry('system', 'failed', 'No space is left on the disk.'),
  'home-in-use': entry('user', 'failed', 'Another process is the host of this home and could not be reached.'),
  'host-unreachable': entry('system', 'failed', 'The host process could not be started or reached.'),
  'host-closed': entry('system', 'failed', 'The host stopped while the call was under way.'),
  'port-taken': entry('user', 'failed', 'The HTTP port is taken.'),
  'already-serving': entry('user', 'failed', 'This home already serves HTTP on another port.'),
  unauthorized: entry('user', 'denied', 'The bearer token is missing or wrong.'),
  'origin-refused': entry('user', 'denied', 'The Origin or Host header is not allowed.'),
  'insufficient-scope': entry('user', 'denied', 'The access token lacks a scope that this server asks for.'),
  'issuer-unavailable': entry('system', 'failed', 'The metadata or the keys of the OAuth issuer cannot be had.'),
  'rate-limited': entry('user', 'limit', 'This client asks more often than it may.'),
  'toolchain-missing': entry(
    'user',
    'failed',
    'A compiler that the project needs is not on this machine; the fix installs it.',
  ),
  'build-failed': entry('user', 'failed', 'The compiler or bundler refused the project; the message is what it said.'),
  'tests-failed': entry('user', 'failed', 'Tests of the project failed.'),
  'invalid-project': entry(
    'user',
    'usage',
    'The folder is not a project that can be built, or a name is not fit for one.',
  ),
  'registry-unreachable': entry('system', 'failed', 'The registry cannot be reached, or its answer broke off.'),
  'registry-unauthorized': entry('user', 'denied', 'The registry needs credentials, or refuses those it was given.'),
  'registry-refused': entry('user', 'failed', 'The registry refused the request, or answered what it must not.'),
  'version-not-found': entry('user', 'usage', 'The registry has no such component, or no version that fits.'),
  'version-taken': entry('user', 'usage', 'That version is published already, with other bytes.'),
  'digest-mismatch': entry('user', 'denied', 'What was received is not what was promised; nothing was kept of it.'),
  'invalid-artifact': entry('user', 'usage', 'What the registry has under that name is not a component.'),
  'lock-mismatch': entry('user', 'denied', 'switchboard.lock does not fit what is asked for, or cannot be read.'),
  'invalid-signature': entry('user', 'denied', 'A signature does not hold, or is not of what it should be of.'),
  'unknown-signer': entry('user', 'denied', 'The signature is by a key or an identity that nobody vouched for here.'),
  'unsigned-artifact': entry('user', 'denied', 'Nobody signed it.'),
  'invalid-key': entry('user', 'usage', 'A key, a key file or a trust root cannot be read as one.'),
  'key-locked': entry('user', 'denied', 'The signing key needs its passphrase, or the one given is wrong.'),
  'scan-findings': entry('user', 'denied', 'A scan found what must not be published unsaid; nothing was published.'),
  'unsupported-platform': entry('user', 'failed', 'Switchboard does not run on this platform.'),
  internal: entry('system', 'failed', 'A bug in Switchboard.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** JSON form of an error: what crosses threads, sockets and `--output json`. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly message: string;
  /** What the person can do, often an exact command. */
  readonly fix?: string;
  /** Machine-readable particulars; always JSON. */
  readonly data?: unknown;
}

export interface ErrorDetails {
  readonly fix?: string | undefined;
  readonly data?: unknown;
  readonly cause?: unknown;
}

/** The only error class that crosses a room's boundary. */
export class SwitchboardError extends Error {
  readonly code: ErrorCode;
  readonly fix: string | undefined;
  readonly data: unknown;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SwitchboardError';
    this.code = code;
    this.fix = details.fix;
    this.data = details.data;
  }

  get kind(): ErrorKind {
    return ERRORS[this.code].kind;
  }

  get class(): ErrorClass {
    return ERRORS[this.code].class;
  }

  toJSON(): ErrorBody {
    return {
      code: this.code,
      kind: this.kind,
      message: this.message,
      ...(this.fix === undefined ? {} : { fix: this.fix }),
      ...(this.data === undefined ? {} : { data: this.data }),
    };
  }
}

/** Whether `code` names an error of the catalogue (own keys only: `constructor` is not a code). */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}

/** Rebuilds an error that crossed a thread or a socket; an unknown code becomes `internal`. */
export function errorFromBody(body: Partial<ErrorBody>): SwitchboardError {
  const code = isErrorCode(body.code) ? body.code : 'internal';
  return new SwitchboardError(code, body.message ?? 'unknown error', { fix: body.fix, data: body.data });
}

/** Any thrown value as a `SwitchboardError`; what is not one becomes `internal`, an abort `cancelled`. */
export function toSwitchboardError(thrown: unknown): SwitchboardError {
  if (thrown instanceof SwitchboardError) return thrown;
  const name = thrown instanceof Error ? thrown.name : '';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (name === 'AbortError') return new SwitchboardError('cancelled', message, { cause: thrown });
  if (errnoOf(thrown) === 'ENOSPC') return new SwitchboardError('disk-full', message, { cause: thrown });
  return new SwitchboardError('internal', message, { cause: thrown });
}

/** The `code` of a Node system error, as in `ENOENT`, or undefined. */
export function errnoOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
