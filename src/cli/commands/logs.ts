// `logs`: a job's output, while it runs and afterwards.
import { Option, type Command } from 'commander';
import { action, examples } from '../context.ts';
import { positive } from '../numbers.ts';
import { JOB_OR_RUN, NODE_OR_ITEM } from '../words.ts';

export const logs = (program: Command): Command =>
  program
    .command('logs')
    .description("Show the log of a job, or of a node's job")
    .argument('<id>', JOB_OR_RUN)
    .argument('[node]', NODE_OR_ITEM)
    .option('-f, --follow', 'go on until the log is finished')
    .addOption(new Option('--stream <stream>', 'which output').choices(['stdout', 'stderr']).default('stdout'))
    .option('--attempt <n>', 'of this attempt; default the newest', positive)
    .option('--tail <lines>', 'only the last lines', positive)
    .addHelpText(
      'after',
      examples(
        ['Follow the newest job', 'logs last -f'],
        ['The errors of its first try', 'logs last --stream stderr --attempt 1'],
        ['An item of a node', 'logs last extract/3'],
      ),
    )
    .action(
      action(
        async (
          { client },
          [word, node]: [word: string, node: string | undefined],
          { follow, ...query }: { follow?: boolean; stream: 'stdout' | 'stderr'; attempt?: number; tail?: number },
        ) => {
          const { jobOf } = await import('../run.ts');
          const { followLog, printLog } = await import('../logs.ts');
          const id = await jobOf(client, word, node);
          return follow === true ? followLog(client, id, query, process.stdout) : printLog(client, id, query, process.stdout);
        },
      ),
    );
