import { Argument } from 'commander';
import { SwitchboardError } from '#core/errors';
import type { Define } from './verbs.ts';
import type { RegistryFlags } from './registry/actions.ts';

const ACTIONS = ['serve', 'add-user', 'remove-user', 'users', 'gc', 'set', 'show'] as const;

/** `registry serve|…`: a registry of one's own, and which registries are asked. */
export const define: Define = (command, act) => {
  const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  command
    .addArgument(new Argument('<action>', 'what to do').choices(ACTIONS))
    .argument('[name]', 'of the user, for add-user and remove-user')
    .option('--data <dir>', 'serve, users, gc: where the registry keeps everything; else registry in the home')
    .option('--host <address>', 'serve: where to listen', '127.0.0.1')
    .option('--port <port>', 'serve: where to listen', '5000')
    .option('--tls-cert <file>', 'serve: the certificate, in PEM; without it the registry speaks HTTP')
    .option('--tls-key <file>', 'serve: its key')
    .option('--anonymous <right>', 'serve: what everybody may do: none, pull, push (and pull), all', 'pull')
    .option('--mutable-tag <tag>', 'serve: a tag that may move, as latest; may be repeated', many)
    .option('--access-log', 'serve: say every answer on stderr: time, user, status, method, path')
    .option('--max-blob <size>', 'serve: the largest blob, as 512mib')
    .option('--max-total <size>', 'serve: of all blobs together')
    .option('--right <pattern=rights>', 'add-user: as acme/*=pull,push,delete; may be repeated', many)
    .option('--untagged', 'gc: also manifests that no tag, index or subject keeps')
    .option('--default <place>', 'set: host or host/path, for every namespace')
    .option('--namespace <name=place>', 'set: for one namespace; an empty place takes it back; may be repeated', many)
    .option('--plain-http <host>', 'set: a registry that speaks HTTP; may be repeated', many)
    .option('--ca <file>', 'set: authorities in PEM that are trusted besides the system’s')
    .addHelpText(
      'after',
      `
add-user types the password without showing it, or reads it from the standard input.

Examples:
  $ switchboard registry serve --port 5000
  $ switchboard registry add-user alice --right 'acme/*=pull,push' < password.txt
  $ switchboard registry set --default ghcr.io/acme --namespace lab=localhost:5000`,
    )
    .action(
      act(async (context, action: (typeof ACTIONS)[number], name: string | undefined, flags: RegistryFlags) => {
        if (name !== undefined && !action.endsWith('-user')) {
          throw new SwitchboardError('invalid-usage', `${action} takes no name`, {
            fix: 'switchboard registry --help',
          });
        }
        const { PERFORM } = await import('./registry/actions.ts');
        await PERFORM[action](context, name, flags);
      }),
    );
};
