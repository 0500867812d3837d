import type { SQLOutputValue } from 'node:sqlite';
import { checkLimits, type Limits } from '#core/limits';
import type { ComponentDescription, InstalledComponent } from '#core/ports';
import { parseReference } from '#core/reference';
import { corruptDatabase } from './failures.ts';

export type Row = { readonly [column: string]: SQLOutputValue };

/** One row of `components`. A value that this program did not write is reported as damage, never passed on. */
export function decodeComponent(row: Row, home: string): InstalledComponent {
  const { name, version, digest, installed_at: installedAt, source, description, record } = row;
  const what = `the row of ${String(name)}@${String(version)}`;
  if (typeof name !== 'string' || typeof version !== 'string' || typeof source !== 'string') {
    throw corruptDatabase(home, `${what} has a wrong type`);
  }
  if (typeof installedAt !== 'number' || typeof description !== 'string') {
    throw corruptDatabase(home, `${what} has a wrong type`);
  }
  try {
    parseReference(`${name}@${version}`);
  } catch (error) {
    throw corruptDatabase(home, `${what} is not of a component`, error);
  }
  const described = parseJson(description, what, home) as ComponentDescription | null;
  if (described?.digest !== digest || !Array.isArray(described?.functions) || !Array.isArray(described.requirements)) {
    throw corruptDatabase(home, `${what} does not describe its digest`);
  }
  const kept = typeof record === 'string' ? { record } : {};
  return { name, version, installedAt, source, description: described, ...kept };
}

/** The limits an owner set, as stored. */
export function decodeLimits(row: Row | undefined, home: string): Partial<Limits> {
  if (row === undefined) return {};
  const settings = parseJson(String(row['settings']), 'a row of limits', home);
  try {
    return checkLimits(settings as { readonly [key: string]: unknown });
  } catch (error) {
    throw corruptDatabase(home, 'a row of limits holds what is no limit', error);
  }
}

function parseJson(text: string, what: string, home: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    throw corruptDatabase(home, `${what} is not JSON`, error);
  }
  throw corruptDatabase(home, `${what} is not an object`);
}
