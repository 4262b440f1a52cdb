// --with and --set, for the commands that take a partial spec.
import type { Command } from 'commander';

/** Adds --with and --set to a command. */
export const patchOptions = (command: Command): Command =>
  command
    .option('--with <file>', 'partial spec in YAML; its fields replace those of the spec; env, secrets, labels and config by key')
    .option('--set <key=value...>', 'one field, such as priority=1 or env.REGION=west; wins over --with');
