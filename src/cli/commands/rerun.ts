// `rerun`: the next attempt of a job, or of nodes of a run; also of what has ended.
import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import type { Client } from '../../client/index.ts';
import { action, examples, type Context } from '../context.ts';
import { positive } from '../numbers.ts';
import { paramOptions, type ParamOptions } from '../create-options.ts';
import { patchOptions } from '../patch-options.ts';
import type { PatchOptions } from '../patch.ts';
import { JOB_OR_RUN } from '../words.ts';

interface RerunOptions extends PatchOptions, ParamOptions {
  readonly reason?: string;
  readonly follow?: boolean;
  readonly downstream?: boolean;
  readonly failed?: boolean;
  readonly all?: boolean;
  readonly toVersion?: number;
  readonly across?: boolean;
  readonly dryRun?: boolean;
}

export const rerun = (program: Command): Command =>
  paramOptions(
    patchOptions(
      program
        .command('rerun')
        .description('Run a job again as its next attempt, or nodes of a run in place; also what has ended')
        .argument('<id>', JOB_OR_RUN)
        .argument('[node...]', 'of a run: the nodes to run again, or one NODE/ITEM')
        .addOption(new Option('--downstream', 'with nodes: also everything after them').conflicts(['failed', 'all']))
        .addOption(new Option('--failed', 'of a run: what failed or was killed, and what that held back; the default without nodes').conflicts('all'))
        .option('--all', 'of a run: every node')
        .option('--to-version <n>', 'of a run that has ended: on this version of its Dag', positive)
        .option('--across', 'of a run: also what has waited for these nodes, in runs of other DAGs and cycles')
        .option('--dry-run', 'of a run: only say what would run again')
        .option('--reason <text>', 'why, for those who look at it later')
        .option('-f, --follow', 'follow it to its end, as run does'),
    ),
  )
    .addHelpText(
      'after',
      examples(
        ['A job again, and follow it', 'rerun last -f'],
        ['With more memory', 'rerun last --set resources.memory=2Gi'],
        ['What failed in a run', 'rerun last --failed -f'],
        ['From a node on; first only look', 'rerun last load --downstream --dry-run'],
        ['With all that has waited for it, in other DAGs; first only look', 'rerun last load --downstream --across --dry-run'],
        ['One item again', 'rerun last extract/3'],
      ),
    )
    .action(
      action(async (context, [word, nodes]: [word: string, nodes: string[]], options: RerunOptions) => {
        const { findNamed, runIdOf } = await import('../run.ts');
        const { client } = context;
        const ofRun = nodes.length > 0 || isOfRun(options);
        const named = ofRun ? { kind: 'run', id: await runIdOf(client, word) } : await findNamed(client, word);
        return named.kind === 'run' ? rerunRun(context, named.id, nodes, options) : rerunJob(context, named.id, options);
      }),
    );

const isOfRun = ({ downstream, failed, all, toVersion, across, dryRun, param }: RerunOptions): boolean =>
  [downstream, failed, all, toVersion, across, dryRun, param].some((option) => option !== undefined);

async function rerunJob(context: Context, id: string, { reason, follow, ...options }: RerunOptions): Promise<number | void> {
  const { client } = context;
  const { readPatch } = await import('../patch.ts');
  const { reportEffect } = await import('../effect.ts');
  const before = await client.call('getJob', { params: { id } });
  const patch = await readPatch(context, options, () => Promise.resolve(before.type));
  // Naming the attempt makes a second rerun of the same end do nothing.
  const body = { attempt: before.attempt, ...(reason !== undefined && { reason }), ...(patch && { with: patch }) };
  const answer = await client.call('rerunJob', { params: { id }, body });
  if (follow !== true) return reportEffect(context, answer);
  const { followJob } = await import('../follow.ts');
  return followJob(context, id, before.attempt + 1, { log: context.out.format === 'table' });
}

async function rerunRun(context: Context, id: string, nodes: readonly string[], options: RerunOptions): Promise<number | void> {
  const { client } = context;
  const body = await runBody(client, id, nodes, options);
  const before = options.follow === true ? (await client.call('runGraph', { params: { id } })).nodes : [];
  const answer = await send(client, id, body);
  if ('dryRun' in answer) {
    const { rerunPage } = await import('../run-pages.ts');
    return context.out.show(answer, () => rerunPage(context.out, answer));
  }
  for (const { runId, dag, cycle, nodes, effect } of answer.across ?? []) {
    context.note(`${effect === 'done' ? 'Runs again' : 'Has not begun yet'}, too: run ${runId} of ${dag}, ${cycle}, from ${nodes.join(', ')}`);
  }
  if (options.follow !== true) {
    const { reportRunEffect } = await import('../effect.ts');
    return reportRunEffect(context, answer);
  }
  const { followRun } = await import('../follow-run.ts');
  return followRun(context, id, { generation: body.generation + 1, before });
}

/** What a rerun carries may be more than one call gets done: sent again with its id it goes on. Where nothing moves any more, it is left so. */
async function send(client: Client, id: string, fields: Awaited<ReturnType<typeof runBody>>) {
  const body = { ...fields, id: randomUUID() };
  for (let before = Infinity; ;) {
    const answer = await client.call('rerunRun', { params: { id }, body });
    const left = 'dryRun' in answer ? 0 : (answer.across ?? []).filter(({ effect }) => effect !== 'done').length;
    if (left === 0 || left >= before) return answer;
    before = left;
  }
}

async function runBody(client: Client, id: string, words: readonly string[], options: RerunOptions) {
  const { CliError } = await import('../failure.ts');
  const { readParams } = await import('../params.ts');
  const { nodeRefOf } = await import('../run.ts');
  const { downstream, failed, all, toVersion: version, across, dryRun, reason, set, with: file } = options;
  if (set !== undefined || file !== undefined) {
    throw new CliError('--set and --with change a job.', { advice: 'A run takes --param name=value, or --to-version N of its Dag.' });
  }
  const refs = words.map(nodeRefOf);
  const item = refs.find((ref) => ref.item !== undefined)?.item;
  const nodes = refs.map(({ node }) => node);
  if (nodes.length > 0 && (failed === true || all === true)) throw new CliError('--failed and --all take no nodes.');
  if (nodes.length === 0 && downstream === true) throw new CliError('--downstream of which nodes?', { advice: 'Name them after the run.' });
  if (item !== undefined && (nodes.length > 1 || downstream === true))
    throw new CliError('An item is rerun by itself.', { advice: 'Name one NODE/ITEM.' });
  const mode = all === true ? 'all' : downstream === true ? 'downstream' : nodes.length > 0 ? 'nodes' : 'failed';
  const { generation } = await client.call('getRun', { params: { id } });
  const params = readParams(options);
  return {
    mode,
    // Naming the generation makes a second rerun of the same end do nothing.
    generation,
    ...(nodes.length > 0 && { nodes }),
    ...(item !== undefined && { item }),
    ...(reason !== undefined && { reason }),
    ...(params && { params }),
    ...(version !== undefined && { version }),
    ...(across === true && { across }),
    ...(dryRun === true && { dryRun }),
  } as const;
}
