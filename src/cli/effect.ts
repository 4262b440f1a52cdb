// How a command that sent a message tells what came of it.
import type { CallResult } from '../client/index.ts';
import type { Context } from './context.ts';
import { statusLine } from './job.ts';

/** Prints the job as it stands after the message; a pending one is durable and needs no second try. */
export function reportEffect(context: Context, answer: CallResult<'killJob'>): void {
  context.out.show(answer, () => `${answer.job.id} ${statusLine(context.out.color, answer.job)}\n`);
  if (answer.effect === 'pending') context.note('Accepted and durable; it takes effect as soon as the scheduler gets to it.');
}
