// How a command that sent a message tells what came of it.
import type { CallResult } from '../client/index.ts';
import type { RunSummary } from '../specs/run-views.schema.ts';
import type { Context } from './context.ts';
import { statusLine } from './job.ts';
import { nodeLine, runLine } from './run.ts';

/** Prints the job as it stands after the message; a pending one is durable and needs no second try. */
export function reportEffect(context: Context, answer: CallResult<'killJob'>): void {
  context.out.show(answer, () => `${answer.job.id} ${statusLine(context.out.color, answer.job)}\n`);
  notePending(context, answer);
}

/** The same of a run, or of the node of it that the message was about. */
export async function reportRunEffect(
  context: Context,
  answer: { readonly effect: 'done' | 'pending'; readonly run: RunSummary },
  node?: string,
): Promise<void> {
  const { out, client } = context;
  const { run } = answer;
  if (node === undefined || out.format !== 'table') out.show(answer, () => `${run.id} ${runLine(out.color, run)}\n`);
  else {
    const view = await client.call('getNode', { params: { id: run.id, node }, query: { limit: 1 } });
    out.show(view, () => `${run.id} ${node} ${nodeLine(out.color, view)}\n`);
  }
  notePending(context, answer);
}

function notePending({ note }: Context, { effect }: { readonly effect: 'done' | 'pending' }): void {
  if (effect === 'pending') note('Accepted and durable; it takes effect as soon as the scheduler gets to it.');
}
