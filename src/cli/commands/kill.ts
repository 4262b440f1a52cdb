// `kill`: stops a job, a run, or a node of a run, with proof.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';
import { JOB_OR_RUN, NODE_OR_ITEM } from '../words.ts';

interface KillOptions {
  readonly force?: boolean;
  readonly reason?: string;
  readonly wait?: boolean;
}

export const kill = (program: Command): Command =>
  program
    .command('kill')
    .description('Stop a job, a run, or a node of a run; a job is KILLED once its cluster has confirmed it')
    .argument('<id>', JOB_OR_RUN)
    .argument('[node]', NODE_OR_ITEM)
    .option('--force', 'kill at once, without a time of grace')
    .option('--reason <text>', 'why, for those who look at it later')
    .option('--wait', 'return only when it has ended')
    .addHelpText(
      'after',
      examples(
        ['Ask it to end', 'kill last --reason "wrong day"'],
        ['At once, and wait for the proof', 'kill last --force --wait'],
        ['One item of a node; the others go on', 'kill 7301298712987 extract/3'],
      ),
    )
    .action(
      action(async (context, [word, node]: [word: string, node: string | undefined], { force, reason, wait }: KillOptions) => {
        const { client, out } = context;
        const { findNamed, nodeRefOf, runIdOf, runLine } = await import('../run.ts');
        const { reportEffect, reportRunEffect } = await import('../effect.ts');
        const { waitFor, waitForNode, waitForRun } = await import('../wait.ts');
        const named = node === undefined ? await findNamed(client, word) : { kind: 'run', id: await runIdOf(client, word) };
        const { id } = named;
        const body = { ...(reason !== undefined && { reason }), ...(force === true && { how: 'forced' as const }) };
        if (named.kind === 'job') {
          const answer = await client.call('killJob', { params: { id }, body });
          if (wait !== true) return reportEffect(context, answer);
          const { job } = await waitFor(context, id, 'ended');
          return out.show(job, () => `${job.id} ${job.status}\n`);
        }
        const place = node === undefined ? undefined : nodeRefOf(node);
        const answer = await client.call('killRun', { params: { id }, body: { ...body, ...place } });
        if (place !== undefined && wait === true) await waitForNode(context, id, place);
        if (place !== undefined || wait !== true) return reportRunEffect(context, answer, place?.node);
        const run = await waitForRun(context, id);
        out.show(run, () => `${run.id} ${runLine(out.color, run)}\n`);
      }),
    );
