// `events`: what happened to a job, or what happens to all jobs of the app.
import type { Command } from 'commander';
import type { EventView } from '../../specs/views.schema.ts';
import { action, examples, type Context } from '../context.ts';

export const events = (program: Command): Command =>
  program
    .command('events')
    .description('Events of a job; with -f as they happen, without a job those of the whole app')
    .argument('[job]', 'job id, or "last" for the newest')
    .option('-f, --follow', 'go on as they happen; JSON is one event a line')
    .addHelpText('after', examples(['What happened to the newest job', 'events last'], ['Everything, as it happens', 'events -f -o json']))
    .action(
      action(async (context, [job]: [job: string | undefined], { follow }: { follow?: boolean }) => {
        const { client, out } = context;
        const { jobIdOf } = await import('../job.ts');
        const id = job === undefined ? undefined : await jobIdOf(client, job);
        if (follow === true) return followEvents(context, id);
        if (id === undefined) {
          const { CliError } = await import('../failure.ts');
          throw new CliError('Events of which job?', { advice: 'Name one, or follow all of them: longshore events -f' });
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
