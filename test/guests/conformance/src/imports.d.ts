declare module 'switchboard:host/log@0.1.0' {
  export function write(level: string, message: string, fields: [string, string][]): void;
}

declare module 'wasi:clocks/monotonic-clock@0.2.6' {
  export function subscribeDuration(nanoseconds: number): { block(): void };
}

declare module 'switchboard:host/progress@0.1.0' {
  export function report(progress: number, total: number | undefined, message: string | undefined): void;
}

declare module 'switchboard:host/elicitation@0.1.0' {
  export type FieldType =
    | { tag: 'text'; val: { default?: string } }
    | { tag: 'number'; val: { integer: boolean; default?: number } }
    | { tag: 'boolean'; val: boolean | undefined }
    | { tag: 'choice'; val: { choices: { value: string }[]; default?: string } };
  export interface Field {
    name: string;
    description?: string;
    required: boolean;
    type: FieldType;
  }
  export function ask(form: { message: string; fields: Field[] }): { tag: string; val?: string };
}

declare module 'switchboard:host/sampling@0.1.0' {
  export function create(request: {
    messages: { role: 'user'; text: string }[];
    maxTokens: number;
    stopSequences: string[];
  }): { text: string };
}
