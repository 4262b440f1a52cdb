// `list`: jobs, newest first, by filter.
import { Option, type Command } from 'commander';
import { STATUSES } from '../../specs/status.ts';
import { action, examples, type Context } from '../context.ts';

export interface ListOptions {
  readonly status?: string;
  readonly cluster?: string;
  readonly queue?: string;
  readonly type?: string;
  readonly name?: string;
  readonly group?: string;
  readonly run?: string;
  readonly node?: string;
  readonly label?: string;
  readonly since?: string;
  readonly limit: string;
  readonly cursor?: string;
}

/** The filters of `list` and `get jobs`. */
export const listOptions = (command: Command): Command =>
  command
    .option('--status <status,…>', `one or more of ${STATUSES.join(', ')}`)
    .option('--name <name>', 'name of the job')
    .option('--type <type>', 'job type')
    .option('--cluster <cluster>', 'cluster')
    .option('--queue <queue>', 'queue of the cluster')
    .option('--group <group>', 'business group')
    .option('--run <run>', 'jobs of this run; none: of no run')
    .option('--node <node>', 'with --run: jobs of this node')
    .option('--label <key=value>', 'label')
    .option('--since <time>', 'created since: 30m, 1d or an ISO 8601 time')
    .addOption(new Option('--limit <n>', 'jobs on a page, at most 1000').default('50'))
    .option('--cursor <cursor>', 'the next page');

export const list = (program: Command): Command =>
  listOptions(program.command('list').description('Jobs, newest first'))
    .addHelpText(
      'after',
      examples(['What went wrong today', 'list --status FAILED,START_FAILED,UNKNOWN --since 1d'], ['Ids only', "list -o json | jq -r '.items[].id'"]),
    )
    .action(action(async (context, _: [], options: ListOptions) => listJobs(context, options)));

/** Prints a page of jobs. */
export async function listJobs({ client, out, note }: Context, options: ListOptions): Promise<void> {
  const { jobColumns } = await import('../pages.ts');
  const { since, status, cluster, queue, type, name, group, run, node, label, limit, cursor } = options;
  const query = {
    cluster,
    queue,
    type,
    name,
    group,
    run,
    node,
    label,
    limit,
    cursor,
    ...(status !== undefined && { status: status.toUpperCase() }),
    ...(since !== undefined && { since: await timeOf(since) }),
  };
  const answer = await client.call('listJobs', { query });
  out.list(answer, answer.items, jobColumns(out));
  if (answer.next !== undefined && out.format === 'table') note(`More: --cursor ${answer.next}`);
}

/** A time as people write it: how long ago, or ISO 8601. */
export async function timeOf(text: string): Promise<string> {
  const { durationMs } = await import('../../specs/units.ts');
  const { DURATION } = await import('../../specs/patterns.ts');
  const { CliError } = await import('../failure.ts');
  const time = DURATION.test(text) ? Date.now() - durationMs(text) : Date.parse(text);
  if (Number.isNaN(time)) throw new CliError(`"${text}" is no time.`, { advice: 'Write 30m, 6h, 1d or 2026-11-21T06:00:00Z.' });
  return new Date(time).toISOString();
}
