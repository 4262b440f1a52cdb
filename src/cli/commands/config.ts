// `config`: the settings that a process on this machine would run with.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';

export const config = (program: Command): Command => {
  const command = program.command('config').description('Configuration of the processes on this machine');
  command
    .command('show')
    .description('Every setting: file < environment < flags')
    .option('--config <file>', 'configuration file (LONGSHORE_CONFIG; default longshore.yaml in the data folder)')
    .option('--origin', 'where each value comes from')
    .addHelpText('after', examples(['Why is it so', 'config show --origin']))
    .action(
      action(async ({ out, flags }, _: [], options: { config?: string; origin?: boolean }) => {
        const { loadConfig } = await import('../../config.ts');
        const loaded = loadConfig({ config: options.config, data: flags.data });
        if (options.origin !== true) return out.document(loaded.config);
        out.list({ items: loaded.settings }, loaded.settings, [
          { title: 'SETTING', value: (setting) => setting.path },
          { title: 'VALUE', value: (setting) => JSON.stringify(setting.value) },
          { title: 'ORIGIN', value: (setting) => setting.origin },
        ]);
      }),
    );
  return command;
};
