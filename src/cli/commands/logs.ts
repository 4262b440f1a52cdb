// `logs`: a job's output, while it runs and afterwards.
import type { Command } from 'commander';
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
    .option(
      '--stream <stream>',
      'which of its logs: stdout, stderr, or one that --list-streams shows; default stdout, and of a failure the end of stderr',
    )
    .option('--list-streams', 'list its logs, those of executors among them')
    .option('--attempt <n>', 'of this attempt; default the newest', positive)
    .option('--tail <lines>', 'only the last lines', positive)
    .addHelpText(
      'after',
      examples(
        ['Follow the newest job', 'logs last -f'],
        ['The errors of its first try', 'logs last --stream stderr --attempt 1'],
        ['An item of a node', 'logs last extract/3'],
        ['Which logs there are', 'logs last --list-streams'],
        ['Of an executor of a Spark job on YARN', 'logs last --stream container-1-2.stderr -f'],
      ),
    )
    .action(
      action(
        async (
          context,
          [word, node]: [word: string, node: string | undefined],
          { follow, listStreams, stream, ...which }: { follow?: boolean; listStreams?: boolean; stream?: string; attempt?: number; tail?: number },
        ) => {
          const { client, out } = context;
          const { jobOf } = await import('../run.ts');
          const id = await jobOf(client, word, node);
          if (listStreams === true) {
            const { attempt } = which;
            const answer = await client.call('jobLogStreams', { params: { id }, query: { ...(attempt !== undefined && { attempt }) } });
            return out.list(answer, answer.items, [
              { title: 'STREAM', value: ({ name }) => name },
              { title: 'BYTES', value: ({ bytes }) => bytes },
              { title: 'STATE', value: ({ end }) => (end ? 'complete' : 'open') },
            ]);
          }
          const { followLog, printFailure, printLog } = await import('../logs.ts');
          await (follow === true ? followLog : printLog)(client, id, { stream: stream ?? 'stdout', ...which }, process.stdout);
          if (stream === undefined) await printFailure(context, id, which.attempt);
        },
      ),
    );
