declare module 'asterai:host/api@1.0.0' {
  export function getRuntimeInfo(): { readonly version: string };
  export function listComponents(): unknown[];
  export function listOtherComponents(): unknown[];
  export function getComponent(name: string): unknown;
  export function componentImplements(component: string, interfaceName: string): boolean;
  export function callComponentFunction(component: string, fn: string, argsJson: string): string;
}
