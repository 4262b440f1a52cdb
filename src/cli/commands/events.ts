// `events`: what happened to a job or a run, or what happens to all jobs of the app.
import type { Command } from 'commander';
import type { RunEventView } from '../../specs/run-views.schema.ts';
import type { EventView } from '../../specs/views.schema.ts';
import { action, examples, type Context } from '../context.ts';
import { JOB_OR_RUN } from '../words.ts';

export const events = (program: Command): Command =>
  program
    .command('events')
    .description('Events of a job or a run; with -f as they happen, without an id those of all jobs of the app')
    .argument('[id]', JOB_OR_RUN)
    .option('-f, --follow', 'go on as they happen; JSON is one event a line')
    .addHelpText('after', examples(['What happened to the newest job or run', 'events last'], ['Everything, as it happens', 'events -f -o json']))
    .action(
      action(async (context, [word]: [word: string | undefined], { follow }: { follow?: boolean }) => {
        const { client, out } = context;
        const { findNamed } = await import('../run.ts');
        const named = word === undefined ? undefined : await findNamed(client, word);
        if (follow === true) return named?.kind === 'run' ? followRunEvents(context, named.id) : followEvents(context, named?.id);
        if (named === undefined) {
          const { CliError } = await import('../failure.ts');
          throw new CliError('Events of what?', { advice: 'Name a job or a run, or follow all jobs: longshore events -f' });
        }
        const { kind, id } = named;
        if (kind === 'run') {
          const { runEventColumns } = await import('../run-pages.ts');
          const answer = await client.call('runEvents', { params: { id }, query: { limit: 1000 } });
          return out.list(answer, answer.items, runEventColumns(out));
        }
        const { eventColumns } = await import('../pages.ts');
        const answer = await client.call('jobEvents', { params: { id }, query: { limit: 1000 } });
        out.list(answer, answer.items, eventColumns(out));
      }),
    );

async function followEvents({ client, out, note }: Context, id: string | undefined): Promise<void> {
  const { eventLine } = await import('../follow.ts');
  const onLost = (): void => note('The connection to the server is lost; trying again.');
  const stream = id === undefined ? client.stream('events', {}, { onLost }) : client.stream('jobEvents', { params: { id } }, { onLost });
  for await (const message of stream) {
    if (message.event === 'end') return;
    const event = JSON.parse(message.data) as EventView;
    process.stdout.write(out.format === 'table' ? `${event.jobId} ${eventLine(out.color, event)}\n` : `${JSON.stringify(event)}\n`);
  }
}

async function followRunEvents({ client, out, note }: Context, id: string): Promise<void> {
  const { runEventLine } = await import('../follow-run.ts');
  const onLost = (): void => note('The connection to the server is lost; trying again.');
  for await (const message of client.stream('runEvents', { params: { id } }, { onLost })) {
    if (message.event === 'end') return;
    // The statuses of its nodes between the events are no events.
    if (message.event === 'nodes') continue;
    const event = JSON.parse(message.data) as RunEventView;
    process.stdout.write(out.format === 'table' ? `${runEventLine(out.color, event)}\n` : `${JSON.stringify(event)}\n`);
  }
}
