// `feeds`: which nodes of which DAGs wait for a run; the reverse of a node that waits for another DAG.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';
import { RUN } from '../words.ts';

export const feeds = (program: Command): Command =>
  program
    .command('feeds')
    .description('Which nodes of DAGs wait for the cycle of a run, and in which of their cycles')
    .argument('<run>', RUN)
    .addHelpText('after', examples(['What waits for the newest run', 'feeds last']))
    .action(
      action(async ({ client, out }, [word]: [word: string]) => {
        const { runIdOf } = await import('../run.ts');
        const answer = await client.call('runFeeds', { params: { id: await runIdOf(client, word) } });
        out.list(answer, answer.items, [
          { title: 'DAG', value: ({ dag }) => dag },
          { title: 'NODE', value: ({ node }) => node },
          { title: 'WAITS FOR', value: ({ of }) => (of === undefined ? 'the run' : `node ${of}`) },
          { title: 'CYCLE', value: ({ cycle }) => cycle },
          { title: 'RUN', value: ({ runId }) => runId },
        ]);
      }),
    );
