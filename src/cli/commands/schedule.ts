// `schedule`: what runs by itself, when, and why not.
import { Option, type Command } from 'commander';
import type { ScheduleSummary } from '../../specs/schedule-views.schema.ts';
import { action, examples, type Context } from '../context.ts';
import { positive } from '../numbers.ts';

const NAME: [string, string] = ['<name>', 'name of the schedule: that of its job or DAG'];
const COUNT = (): Option => new Option('--count <n>', 'how many cycles to show that are to run, at most 100').argParser(positive).default(10);

interface Page {
  readonly limit: string;
  readonly cursor?: string;
}
const paged = (command: Command, what: string): Command =>
  command.addOption(new Option('--limit <n>', `${what} on a page, at most 1000`).default('50')).option('--cursor <cursor>', 'the next page');

const more = ({ out, note }: Context, next: string | undefined): void => {
  if (next !== undefined && out.format === 'table') note(`More: --cursor ${next}`);
};

export const schedule = (program: Command): Command => {
  const command = program.command('schedule').description('Schedules: what runs by itself, when, and why not');
  paged(command.command('list').description('Schedules by name, with the next time of each'), 'schedules')
    .addHelpText('after', examples(['All of the app', 'schedule list']))
    .action(
      action(async (context, _: [], query: Page) => {
        const { scheduleColumns } = await import('../schedules.ts');
        const answer = await context.client.call('listSchedules', { query });
        context.out.list(answer, answer.items, scheduleColumns);
        more(context, answer.next);
      }),
    );
  command
    .command('get')
    .description('One schedule: how it stands, what comes next, and its newest cycles')
    .argument(...NAME)
    .addOption(COUNT())
    .addHelpText('after', examples(['When it runs next', 'schedule get nightly']))
    .action(
      action(async ({ client, out }, [name]: [string], query: { count: number }) => {
        const { schedulePage } = await import('../schedule-page.ts');
        const answer = await client.call('getSchedule', { params: { name }, query });
        out.show(answer, () => schedulePage(out, answer));
      }),
    );
  paged(command.command('cycles').description('Cycles that were decided, newest first: run, waiting, or not run and why'), 'cycles')
    .argument(...NAME)
    .option('--state <state,…>', 'one or more of WAITING, STARTED, SKIPPED, REFUSED')
    .addHelpText('after', examples(['What was not run, and why', 'schedule cycles nightly --state SKIPPED,REFUSED']))
    .action(
      action(async (context, [name]: [string], { state, ...query }: Page & { state?: string }) => {
        const { cycleColumns } = await import('../schedules.ts');
        const filter = { ...query, ...(state !== undefined && { state: state.toUpperCase() }) };
        const answer = await context.client.call('listCycles', { params: { name }, query: filter });
        context.out.list(answer, answer.items, cycleColumns);
        more(context, answer.next);
      }),
    );
  command
    .command('next')
    .description('What the documents of a file would run, and when; nothing is saved, and no server is asked')
    .argument('<file>', 'YAML or JSON, several documents in a file; - is stdin')
    .addOption(COUNT())
    .addHelpText('after', examples(['Before it is applied', 'schedule next nightly.yaml --count 20']))
    .action(
      action(async ({ out, note, settings }, [file]: [string], { count }: { count: number }) => {
        const { loadDocuments } = await import('../documents.ts');
        const { fireColumns, previewOf } = await import('../schedules.ts');
        const previews = (await loadDocuments(file)).flatMap((document) => previewOf(document, Math.min(count, 100), settings.app) ?? []);
        if (previews.length === 0) note(`${file}: no document in it has a schedule.`);
        if (out.format !== 'table') return out.document({ items: previews });
        for (const { kind, name, words, upcoming } of previews) {
          note(`${kind} ${name}: ${words}`);
          out.list({ items: upcoming }, upcoming, fireColumns);
        }
      }),
    );
  command
    .command('pause')
    .description('Skip its cycles from now on, until it is resumed; what runs goes on')
    .argument(...NAME)
    .option('--note <text>', 'why: each skipped cycle says it')
    .addHelpText('after', examples(['While the warehouse moves', 'schedule pause nightly --note "the warehouse moves"']))
    .action(
      action(async (context, [name]: [string], { note }: { note?: string }) =>
        report(context, await context.client.call('pauseSchedule', { params: { name }, body: note === undefined ? {} : { note } })),
      ),
    );
  command
    .command('resume')
    .description('Run its cycles again; none of the pause is made up for')
    .argument(...NAME)
    .addHelpText('after', examples(['Go on', 'schedule resume nightly']))
    .action(
      action(async (context, [name]: [string]) => report(context, await context.client.call('resumeSchedule', { params: { name }, body: {} }))),
    );
  command
    .command('trigger')
    .description('Start one cycle now, whatever goes on: of this instant, or one that the schedule plans')
    .argument(...NAME)
    .option('--cycle <instant>', 'a cycle that it plans, skipped or not, such as 2026-12-01T06:00:00Z; one that has its job or run starts nothing')
    .addHelpText(
      'after',
      examples(['Now', 'schedule trigger nightly'], ['What was skipped', 'schedule trigger nightly --cycle 2026-12-01T06:00:00Z']),
    )
    .action(
      action(async ({ client, out }, [name]: [string], { cycle }: { cycle?: string }) => {
        const { cycleColumns } = await import('../schedules.ts');
        const answer = await client.call('triggerSchedule', { params: { name }, body: cycle === undefined ? {} : { cycle } });
        out.list(answer, [answer], cycleColumns);
      }),
    );
  return command;
};

async function report({ out, note }: Context, answer: { readonly effect: 'done' | 'pending'; readonly schedule: ScheduleSummary }): Promise<void> {
  const { scheduleColumns } = await import('../schedules.ts');
  if (answer.effect === 'pending') note('It is durable and on its way.');
  out.list(answer, [answer.schedule], scheduleColumns);
}
