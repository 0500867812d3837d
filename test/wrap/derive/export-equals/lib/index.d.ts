declare function lib(text: string, options?: lib.Options): string;
declare namespace lib {
  interface Options { upper?: boolean }
  function reverse(text: string): string;
  const version: string;
}
export = lib;
