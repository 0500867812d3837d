/** The two guests that echo, and what they are given: 64 bytes of text. */
export const ECHO_GUESTS = [
  { title: 'C', name: 'echo' },
  { title: 'TypeScript', name: 'ts-echo' },
] as const;

export const TEXT = 'x'.repeat(64);
