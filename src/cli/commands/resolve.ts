// `resolve`: a person decides what became of a job that Longshore cannot know.
import { Option, type Command } from 'commander';
import { action, examples } from '../context.ts';
import { JOB } from '../words.ts';

type As = 'adopt' | 'rerun' | 'killed' | 'failed' | 'succeeded';

export const resolve = (program: Command): Command =>
  program
    .command('resolve')
    .description('Decide a job that is UNKNOWN')
    .argument('<job>', JOB)
    .addOption(
      new Option('--as <what>', 'what became of it, or what to do')
        .choices(['adopt', 'rerun', 'killed', 'failed', 'succeeded'])
        .makeOptionMandatory(),
    )
    .option('--handle <json>', 'with adopt: what identifies it on its cluster, such as {"id": "application_1_2"}')
    .option('--reason <text>', 'why, for those who look at it later')
    .addHelpText(
      'after',
      examples(
        ['It did end well, as somebody saw', 'resolve last --as succeeded --reason "seen in the cluster\'s history"'],
        ['Give it up and run it again', 'resolve last --as rerun'],
      ),
    )
    .action(
      action(async (context, [job]: [job: string], { as, handle, reason }: { as: As; handle?: string; reason?: string }) => {
        const { jobIdOf } = await import('../job.ts');
        const { reportEffect } = await import('../effect.ts');
        const id = await jobIdOf(context.client, job);
        const body = { as, ...(reason !== undefined && { reason }), ...(handle !== undefined && { handle: await handleOf(handle) }) };
        reportEffect(context, await context.client.call('resolveJob', { params: { id }, body }));
      }),
    );

async function handleOf(text: string): Promise<{ id: string }> {
  const { CliError } = await import('../failure.ts');
  const wrong = new CliError(`--handle takes a JSON object with an id, not ${text}`);
  try {
    const handle = JSON.parse(text) as { id?: unknown } | null;
    if (typeof handle?.id !== 'string') throw wrong;
    return { ...handle, id: handle.id };
  } catch {
    throw wrong;
  }
}
