/**
 * What the caller of a call offers to the component while it runs: to be told how far it is, to ask its person, to ask
 * its model. Plain JSON both ways, so that it crosses the control socket. What a gateway's client cannot do, its
 * `Caller` leaves out: the component is then told `unavailable`, never made to wait.
 */
/** How far a call is. Of one call `progress` only ever rises; it need not reach `total`, nor be below it. */
export interface ProgressReport {
  /** Finite, not negative. */
  readonly progress: number;
  /** Finite, where known. */
  readonly total?: number | undefined;
  /** One printable line of at most `LONGEST_PROGRESS` characters. A stranger's text, unless `by` is `host`. */
  readonly message?: string | undefined;
  /** Who reports: Switchboard (queueing, compilation), or the component. */
  readonly by: 'host' | 'component';
}

/** Characters of a progress message; a longer one is cut. */
export const LONGEST_PROGRESS = 200;

/** One field of a form, flat as MCP's `ElicitRequest` has it. Bounds and defaults are checked before it is shown. */
export interface FormField {
  /** Unique in the form: `[A-Za-z_][A-Za-z0-9_-]{0,63}`. */
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly required: boolean;
  readonly type: FormFieldType;
}

export type FormFieldType =
  | {
      readonly kind: 'text';
      /** In Unicode scalars. */
      readonly minLength?: number | undefined;
      readonly maxLength?: number | undefined;
      readonly format?: 'email' | 'uri' | 'date' | 'date-time' | undefined;
      readonly default?: string | undefined;
    }
  | {
      readonly kind: 'number';
      readonly integer: boolean;
      readonly minimum?: number | undefined;
      readonly maximum?: number | undefined;
      readonly default?: number | undefined;
    }
  | { readonly kind: 'boolean'; readonly default?: boolean | undefined }
  | { readonly kind: 'choice'; readonly choices: readonly FormChoice[]; readonly default?: string | undefined };

export interface FormChoice {
  readonly value: string;
  readonly title?: string | undefined;
}

/**
 * A question to the person. Every text is printable and bounded, and `message` begins with the name of the component
 * that asks, so that a stranger's words are not taken for Switchboard's or the client's own.
 */
export type ElicitRequest =
  /** `fields` may be empty: then yes or no is asked. */
  | {
      readonly mode: 'form';
      readonly component: string;
      readonly message: string;
      readonly fields: readonly FormField[];
    }
  /** To open an `https:` address of the component's choice; the person is shown it first. Nothing comes back but consent. */
  | {
      readonly mode: 'url';
      readonly component: string;
      readonly message: string;
      readonly url: string;
      /** Unguessable; names this question to the client. */
      readonly id: string;
    };

/** What the person said. `values` is not trusted: the host checks it against the form before the component sees it. */
export type ElicitAnswer =
  | { readonly action: 'accept'; readonly values?: { readonly [field: string]: unknown } | undefined }
  | { readonly action: 'decline' | 'cancel' };

/** A question to the client's model. Bounded before it is handed on; the client may show it to its person first. */
export interface SampleRequest {
  readonly component: string;
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly text: string }[];
  readonly system?: string | undefined;
  readonly maxTokens: number;
  /** 0 to 2. */
  readonly temperature?: number | undefined;
  readonly stop: readonly string[];
  readonly preferences?:
    | {
        /** Names or parts of names of models, the best first. */
        readonly hints: readonly string[];
        /** 0 to 1 each. */
        readonly cost?: number | undefined;
        readonly speed?: number | undefined;
        readonly intelligence?: number | undefined;
      }
    | undefined;
}

/** What the model said; not trusted, checked by the host. */
export interface SampleAnswer {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly model: string;
  readonly stopReason?: string | undefined;
}

/** Passed with a call (`CallOptions.caller`). Each part is there only where the client has said that it can. */
export interface Caller {
  /**
   * Told at most about 20 times a second, the latest report of what came faster, and never after the call has settled.
   * Must not throw and must not wait.
   */
  readonly progress?: ((report: ProgressReport) => void) | undefined;
  /**
   * Asks the person. Must end when the signal fires (the call ended, or the bound on a person's time passed). A
   * rejection means that the question could not be asked; the component sees `unavailable`.
   */
  readonly elicit?: {
    readonly modes: readonly ElicitRequest['mode'][];
    ask(request: ElicitRequest, signal: AbortSignal): Promise<ElicitAnswer>;
  };
  /** Asks the model; `undefined` where the person or the client refused. Otherwise as `elicit`. */
  readonly sample?: ((request: SampleRequest, signal: AbortSignal) => Promise<SampleAnswer | undefined>) | undefined;
}
