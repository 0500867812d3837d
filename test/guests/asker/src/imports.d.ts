declare module 'switchboard:host/progress@0.1.0' {
  export function report(progress: number, total?: number, message?: string): void;
}
declare module 'switchboard:host/elicitation@0.1.0' {
  export interface Answer {
    readonly tag: 'accepted' | 'declined' | 'cancelled';
    readonly val?: string;
  }
  export function ask(form: unknown): Answer;
  export function open(link: { readonly message: string; readonly url: string }): Answer;
}
declare module 'switchboard:host/sampling@0.1.0' {
  export function create(request: unknown): unknown;
}
