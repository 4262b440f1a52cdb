// `describe`: everything about one job, one run, or one node of a run, for a person.
import type { Command } from 'commander';
import { action, examples, type Context } from '../context.ts';
import { JOB_OR_RUN } from '../words.ts';

export const describe = (program: Command): Command =>
  program
    .command('describe')
    .description('Everything about a job, a run or a node of it: status, reasons, times, attempts, and how to go on')
    .argument('<id>', JOB_OR_RUN)
    .argument('[node]', 'of a run: only this node, or the job of NODE/ITEM')
    .addHelpText('after', examples(['The newest job or run', 'describe last'], ['Why a node has not run', 'describe last report']))
    .action(
      action(async (context, [word, node]: [word: string, node: string | undefined]) => {
        const { client } = context;
        const { findNamed, runIdOf } = await import('../run.ts');
        if (node !== undefined) return describeNode(context, await runIdOf(client, word), node);
        const { kind, id } = await findNamed(client, word);
        return kind === 'run' ? describeRun(context, id) : describeJob(context, id);
      }),
    );

async function describeJob({ client, out, settings }: Context, id: string): Promise<void> {
  const { jobPage } = await import('../pages.ts');
  const view = await client.call('getJob', { params: { id } });
  out.show(view, () => jobPage(out, settings.url, view));
}

async function describeRun({ client, out }: Context, id: string): Promise<void> {
  const { runPage } = await import('../run-pages.ts');
  const params = { id };
  const [run, graph, timeline] = await Promise.all([
    client.call('getRun', { params }),
    client.call('runGraph', { params }),
    client.call('runTimeline', { params, query: { limit: 1 } }),
  ]);
  const { nodes, edges } = graph;
  out.show({ ...run, graph: { nodes, edges }, criticalPath: timeline.criticalPath }, () => runPage(out, run, graph, timeline));
}

/** An item is a job. */
async function describeNode(context: Context, id: string, word: string): Promise<void> {
  const { client, out } = context;
  const { jobOfNode, nodeRefOf } = await import('../run.ts');
  const { node, item } = nodeRefOf(word);
  if (item !== undefined) return describeJob(context, await jobOfNode(client, id, word));
  const { nodePage } = await import('../run-pages.ts');
  const view = await client.call('getNode', { params: { id, node }, query: { limit: 1000 } });
  out.show(view, () => nodePage(out, id, view));
}
