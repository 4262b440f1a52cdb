// What `run` and `create` take beside their source.
import type { Command } from 'commander';
import { kindOption } from './kinds.ts';
import { paramOptions } from './params.ts';
import { patchOptions } from './patch-options.ts';

export const createOptions = (command: Command): Command =>
  kindOption(paramOptions(patchOptions(command)).option('--cycle <time>', 'of a Dag: the cycle of its schedule that the run stands for'));
