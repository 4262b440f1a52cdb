// `backfill`: the cycles of a range, run now.
import { Option, type Command } from 'commander';
import { EXISTING, ORDERS } from '../../specs/backfill.ts';
import { action, examples, type Context } from '../context.ts';
import { paramOptions, type ParamOptions } from '../create-options.ts';
import { positive } from '../numbers.ts';
import type { BackfillView } from '../../specs/backfill-views.schema.ts';

const ID: [string, string] = ['<id>', 'id of the backfill'];

interface Page {
  readonly limit: string;
  readonly cursor?: string;
}
const paged = (command: Command, what: string): Command =>
  command.addOption(new Option('--limit <n>', `${what} on a page, at most 1000`).default('50')).option('--cursor <cursor>', 'the next page');
const more = ({ out, note }: Context, next: string | undefined): void => {
  if (next !== undefined && out.format === 'table') note(`More: --cursor ${next}`);
};

interface StartOptions extends ParamOptions {
  readonly from: string;
  readonly until: string;
  readonly order: (typeof ORDERS)[number];
  readonly parallel: number;
  readonly existing: (typeof EXISTING)[number];
  readonly keepGoing?: boolean;
  readonly downstream?: boolean;
  readonly requestId?: string;
  readonly dryRun?: boolean;
  readonly follow?: boolean;
}

export const backfill = (program: Command): Command => {
  const command = program.command('backfill').description('Backfills: the cycles of a range, run now; `backfill NAME` is `backfill start NAME`');
  paramOptions(
    command
      .command('start', { isDefault: true })
      .description('Run the cycles that a schedule plans in a range; those that have their job or run already are skipped')
      .argument('<name>', 'name of a Job or Dag that is stored with a schedule')
      .requiredOption('--from <time>', "first day or time, on the clock of the schedule's zone, such as 2026-11-01")
      .requiredOption('--until <time>', 'last day or time; it belongs to the range')
      .addOption(new Option('--order <order>', 'which cycle comes first').choices(ORDERS).default('oldest'))
      .addOption(new Option('--parallel <n>', 'most cycles that go on at once, at most 100').argParser(positive).default(1))
      .addOption(
        new Option('--existing <what>', 'cycles that have a job or run: skip them, rerun the failed ones in place, or rerun all')
          .choices(EXISTING)
          .default('skip'),
      )
      .option('--keep-going', 'go on after a cycle that does not succeed')
      .option('--downstream', 'also the cycles of DAGs that wait for these')
      .option('--request-id <id>', 'your own id: with it, starting twice is one backfill')
      .option('--dry-run', 'only say which cycles, and what would happen to each')
      .option('-f, --follow', 'follow it to its end; exits 0 when all succeeded, 1 when not'),
  )
    .addHelpText(
      'after',
      examples(
        ['First look', 'backfill nightly --from 2026-11-01 --until 2026-11-07 --dry-run'],
        ['Then run, two days at once', 'backfill nightly --from 2026-11-01 --until 2026-11-07 --parallel 2 -f'],
        ['With the DAGs that wait for it', 'backfill orders --from 2026-11-01 --until 2026-11-07 --downstream --dry-run'],
        ['What did not succeed, again', 'backfill nightly --from 2026-11-01 --until 2026-11-07 --existing failed -f'],
      ),
    )
    .action(
      action(async (context, [name]: [string], { parallel, keepGoing, downstream, dryRun, follow, requestId, ...options }: StartOptions) => {
        const { readParams } = await import('../params.ts');
        const { from, until, order, existing } = options;
        const params = readParams(options);
        const asked = { name, from, until, order, existing, parallelism: parallel, failFast: keepGoing !== true };
        const body = {
          ...asked,
          ...(params && { params }),
          ...(downstream === true && { downstream }),
          ...(requestId !== undefined && { requestId }),
          ...(dryRun === true && { dryRun }),
        };
        const answer = await context.client.call('createBackfill', { body });
        const { backfillColumns, followBackfill, planPage } = await import('../backfills.ts');
        if ('dryRun' in answer) return planPage(context, answer);
        if (follow === true) return await followBackfill(context, answer);
        context.out.list(answer, [answer], backfillColumns);
      }),
    );
  paged(command.command('list').description('Backfills, newest first, and how each stands'), 'backfills')
    .option('--name <name>', 'only of this Job or Dag')
    .addHelpText('after', examples(['Of one schedule', 'backfill list --name nightly']))
    .action(
      action(async (context, _: [], query: Page & { name?: string }) => {
        const { backfillColumns } = await import('../backfills.ts');
        const answer = await context.client.call('listBackfills', { query });
        context.out.list(answer, answer.items, backfillColumns);
        more(context, answer.next);
      }),
    );
  paged(command.command('get').description('One backfill, and what became of each of its cycles'), 'cycles')
    .argument(...ID)
    .option('--state <state,…>', 'only cycles that are WAITING, STARTED, ENDED, SKIPPED or REFUSED')
    .addHelpText('after', examples(['What was not run, and why', 'backfill get 12345678901234567 --state SKIPPED,REFUSED']))
    .action(
      action(async (context, [id]: [string], { state, ...query }: Page & { state?: string }) => {
        const { backfillColumns, backfillCycleColumns } = await import('../backfills.ts');
        const { client, out, note } = context;
        const view = await client.call('getBackfill', { params: { id } });
        const filter = { ...query, ...(state !== undefined && { state: state.toUpperCase() }) };
        const { items, next } = await client.call('listBackfillCycles', { params: { id }, query: filter });
        if (out.format !== 'table') return out.document({ ...view, cycles: items, ...(next !== undefined && { next }) });
        out.list(view, [view], backfillColumns);
        note('');
        out.list({ items }, items, backfillCycleColumns);
        more(context, next);
      }),
    );
  command
    .command('pause')
    .description('Start none of its cycles until it is resumed; what runs goes on')
    .argument(...ID)
    .option('--note <text>', 'why')
    .addHelpText('after', examples(['While the cluster is busy', 'backfill pause 12345678901234567 --note "month end"']))
    .action(
      action(async (context, [id]: [string], { note }: { note?: string }) =>
        report(context, await context.client.call('pauseBackfill', { params: { id }, body: note === undefined ? {} : { note } })),
      ),
    );
  command
    .command('resume')
    .description('Go on with it')
    .argument(...ID)
    .addHelpText('after', examples(['Go on', 'backfill resume 12345678901234567']))
    .action(action(async (context, [id]: [string]) => report(context, await context.client.call('resumeBackfill', { params: { id }, body: {} }))));
  command
    .command('kill')
    .description('Start none of its cycles any more')
    .argument(...ID)
    .option('--runs', 'kill what it has started, too')
    .option('--reason <text>', 'why, for those who look at it later')
    .addHelpText('after', examples(['All of it', 'backfill kill 12345678901234567 --runs --reason "wrong week"']))
    .action(
      action(async (context, [id]: [string], options: { runs?: boolean; reason?: string }) =>
        report(context, await context.client.call('killBackfill', { params: { id }, body: options })),
      ),
    );
  return command;
};

async function report({ out, note }: Context, answer: { readonly effect: 'done' | 'pending'; readonly backfill: BackfillView }): Promise<void> {
  const { backfillColumns } = await import('../backfills.ts');
  if (answer.effect === 'pending') note('It is durable and on its way.');
  out.list(answer, [answer.backfill], backfillColumns);
}
