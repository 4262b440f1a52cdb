// `graph`: a run as a tree with the states of its nodes, or when they ran.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';
import { RUN } from '../words.ts';

export const graph = (program: Command): Command =>
  program
    .command('graph')
    .description('Draw a run as a tree with the states of its nodes; a node stands under the last one that it needs')
    .argument('<run>', RUN)
    .option('--times', 'as bars over the time that the run took, the critical path marked by *')
    .addHelpText('after', examples(['The newest run', 'graph last'], ['What took so long', 'graph last --times']))
    .action(
      action(async ({ client, out }, [word]: [word: string], { times }: { times?: boolean }) => {
        const { runIdOf } = await import('../run.ts');
        const params = { id: await runIdOf(client, word) };
        if (times === true) {
          const { timesText } = await import('../run-times.ts');
          const answer = await client.call('runTimeline', { params, query: { limit: 1000 } });
          return out.show(answer, () => timesText(out, answer));
        }
        const { graphText } = await import('../run-pages.ts');
        const answer = await client.call('runGraph', { params });
        out.show(answer, () => graphText(out, answer));
      }),
    );
