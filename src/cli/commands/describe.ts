// `describe`: everything about one job, for a person.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';
import { JOB } from '../words.ts';

export const describe = (program: Command): Command =>
  program
    .command('describe')
    .description('Everything about a job: status, reason, attempts, outputs, links')
    .argument('<job>', JOB)
    .addHelpText('after', examples(['The newest job', 'describe last']))
    .action(
      action(async ({ client, out, settings }, [job]: [job: string]) => {
        const { jobIdOf } = await import('../job.ts');
        const { jobPage } = await import('../pages.ts');
        const view = await client.call('getJob', { params: { id: await jobIdOf(client, job) } });
        out.show(view, () => jobPage(out, settings.url, view));
      }),
    );
