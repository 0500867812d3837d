export function echo(text: string): string {
  return text;
}

export function add(a: number, b: number): number {
  return (a + b) >>> 0;
}
