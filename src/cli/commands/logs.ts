// `logs`: a job's output, while it runs and afterwards.
import { Option, type Command } from 'commander';
import { action, examples } from '../context.ts';
import { positive } from '../numbers.ts';
import { JOB } from '../words.ts';

export const logs = (program: Command): Command =>
  program
    .command('logs')
    .description("Show a job's log")
    .argument('<job>', JOB)
    .option('-f, --follow', 'go on until the log is finished')
    .addOption(new Option('--stream <stream>', 'which output').choices(['stdout', 'stderr']).default('stdout'))
    .option('--attempt <n>', 'of this attempt; default the newest', positive)
    .option('--tail <lines>', 'only the last lines', positive)
    .addHelpText(
      'after',
      examples(['Follow the newest job', 'logs last -f'], ['The errors of its first try', 'logs last --stream stderr --attempt 1']),
    )
    .action(
      action(
        async (
          { client },
          [job]: [job: string],
          { follow, ...query }: { follow?: boolean; stream: 'stdout' | 'stderr'; attempt?: number; tail?: number },
        ) => {
          const { jobIdOf } = await import('../job.ts');
          const { followLog, printLog } = await import('../logs.ts');
          const id = await jobIdOf(client, job);
          return follow === true ? followLog(client, id, query, process.stdout) : printLog(client, id, query, process.stdout);
        },
      ),
    );
