import { subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.6';
import { write } from 'switchboard:host/log@0.1.0';

export const simpleText = (): string => 'This is a simple text response for testing.';

export function errorHandling(): string {
  throw 'This tool intentionally returns an error for testing';
}

export function toolWithLogging(): string {
  write('info', 'Tool execution started', []);
  pause();
  write('info', 'Tool processing data', []);
  pause();
  write('info', 'Tool execution completed', []);
  return 'Logged three times.';
}

export function loggingTool(): string {
  write('info', 'Logged once', []);
  return 'Logged once.';
}

function pause(): void {
  subscribeDuration(50_000_000).block();
}
