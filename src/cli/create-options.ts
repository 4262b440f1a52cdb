// Flags that say what to create, for the commands that do; as light as --help.
import { Option, type Command } from 'commander';
import { patchOptions } from './patch-options.ts';

export interface ParamOptions {
  readonly param?: readonly string[];
}

/** Adds --param to a command. */
export const paramOptions = (command: Command): Command =>
  command.option('--param <name=value...>', 'parameter of the DAG, its value in YAML, such as --param day=2026-11-21');

export interface KindOptions {
  readonly kind?: 'job' | 'dag';
}

/** Adds --kind to a command. */
export const kindOption = (command: Command): Command =>
  command.addOption(new Option('--kind <kind>', 'which, where a Job and a Dag have the same name').choices(['job', 'dag']));

/** What `run` and `create` take beside their source. */
export const createOptions = (command: Command): Command =>
  kindOption(paramOptions(patchOptions(command)).option('--cycle <time>', 'of a Dag: the cycle of its schedule that the run stands for'));
