/** The client of registries, wired for a verb. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { RegistryClient } from '#registry/client/client';
import { registryVariables, toolEnvironment } from '../../../env.ts';
import type { Context } from '../context.ts';

export interface ClientFlags {
  readonly ca?: string | undefined;
}

/** Options of every verb that asks registries. */
export function clientFlags(command: Command): Command {
  return command.option('--ca <file>', 'authorities in PEM that are trusted besides the system’s');
}

/** A client that goes by the home's settings and this user's credentials, until `work` is done. */
export async function withClient<T>(
  context: Context,
  flags: ClientFlags,
  work: (client: RegistryClient) => Promise<T>,
): Promise<T> {
  const { createClient } = await import('#registry/client/client');
  const { readSettings } = await import('#registry/client/settings');
  const { httpProxy, httpsProxy, noProxy, ...places } = registryVariables();
  const client = await createClient({
    settings: readSettings(context.home),
    credentials: { files: credentialFiles(places), environment: toolEnvironment() },
    proxies: { httpProxy, httpsProxy, noProxy },
    cache: join(context.home, 'cache'),
    ca: flags.ca,
    signal: context.signal,
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

function credentialFiles(places: {
  readonly dockerConfig: string | undefined;
  readonly authFile: string | undefined;
  readonly runtimeDir: string | undefined;
}): readonly string[] {
  const { dockerConfig, authFile, runtimeDir } = places;
  return [
    ...(authFile === undefined ? [] : [authFile]),
    ...(runtimeDir === undefined ? [] : [join(runtimeDir, 'containers/auth.json')]),
    join(homedir(), '.config/containers/auth.json'),
    join(dockerConfig ?? join(homedir(), '.docker'), 'config.json'),
  ];
}
