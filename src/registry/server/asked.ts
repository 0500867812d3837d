import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from './access.ts';
import type { RegistryLimits } from './limits.ts';
import type { ManifestRules } from './manifests.ts';
import type { RegistryStore } from './store.ts';
import type { Uploads } from './uploads.ts';
import type { Right } from './users.ts';

/** What every answer is made with. */
export interface RegistryEnv {
  readonly store: RegistryStore;
  readonly uploads: Uploads;
  readonly limits: RegistryLimits;
  readonly rules: ManifestRules;
  /** Tells the owner what went wrong here and is no fault of the client. */
  report(error: unknown): void;
}

/** One request, of an account. */
export interface Asked {
  readonly env: RegistryEnv;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly account: Account;
  /** Refuses unless the account has the right in the repository. */
  need(right: Right, repository: string): void;
}
