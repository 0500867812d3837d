/** jco's JavaScript names of WIT names: `get-url` is `getUrl`, a resource `http-client` the class `HttpClient`. */
export function camelCase(kebab: string): string {
  const pascal = pascalCase(kebab);
  return pascal.slice(0, 1).toLowerCase() + pascal.slice(1);
}

export function pascalCase(kebab: string): string {
  return kebab
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join('');
}
