declare module 'switchboard:host/log@0.1.0' {
  export function write(level: string, message: string, fields: readonly (readonly [string, string])[]): void;
}
declare module 'switchboard:host/reflect@0.1.0' {
  export function listComponents(): unknown[];
  export function getComponent(component: string): unknown;
  export function call(component: string, fn: string, args: string): string | undefined;
}
declare module 'switchboard:host/schedule@0.1.0' {
  export function set(
    name: string,
    time: { readonly tag: string; readonly val: number },
    fn: string,
    args: string,
  ): unknown;
  export function list(): unknown[];
  export function cancel(name: string): boolean;
}
