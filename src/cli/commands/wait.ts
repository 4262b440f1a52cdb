// `wait`: returns when a job or a run has ended, or a job has a status.
import type { Command } from 'commander';
import type { Status } from '../../specs/status.ts';
import { action, examples } from '../context.ts';
import { JOB_OR_RUN } from '../words.ts';

export const wait = (program: Command): Command =>
  program
    .command('wait')
    .description(
      'Wait until a job or a run has ended, or a job has had a status; exits 0 when it succeeded or had it, 1 when not, 124 when the time is over',
    )
    .argument('<id>', JOB_OR_RUN)
    .option('--for <what>', '"ended" or a status such as RUNNING', 'ended')
    .option('--timeout <duration>', 'longest wait, such as 10m; default none')
    .addHelpText('after', examples(['At most ten minutes', 'wait last --timeout 10m'], ['Until it runs', 'wait last --for RUNNING']))
    .action(
      action(async (context, [word]: [word: string], options: { for: string; timeout?: string }) => {
        const { STATUSES } = await import('../../specs/status.ts');
        const { DURATION } = await import('../../specs/patterns.ts');
        const { durationMs } = await import('../../specs/units.ts');
        const { CliError, EXIT } = await import('../failure.ts');
        const { exitCodeOf, statusLine } = await import('../job.ts');
        const { exitCodeOfRun, findNamed, runLine } = await import('../run.ts');
        const { waitFor, waitForRun } = await import('../wait.ts');
        const goal = options.for === 'ended' ? 'ended' : (options.for.toUpperCase() as Status);
        if (goal !== 'ended' && !STATUSES.includes(goal)) throw new CliError(`--for takes "ended" or one of ${STATUSES.join(', ')}.`);
        if (options.timeout !== undefined && !DURATION.test(options.timeout))
          throw new CliError(`"${options.timeout}" is no duration.`, { advice: 'Write 30s, 10m or 1h30m.' });
        const signal = options.timeout === undefined ? undefined : AbortSignal.timeout(durationMs(options.timeout));
        const { kind, id } = await findNamed(context.client, word);
        if (kind === 'run' && goal !== 'ended') throw new CliError('A run is waited for until it has ended.', { advice: 'Leave out --for.' });
        try {
          if (kind === 'run') {
            const run = await waitForRun(context, id, signal);
            context.out.show(run, () => `${run.id} ${runLine(context.out.color, run)}\n`);
            return exitCodeOfRun(run);
          }
          const { job: view, reached } = await waitFor(context, id, goal, signal);
          context.out.show(view, () => `${view.id} ${statusLine(context.out.color, view)}\n`);
          return reached && goal !== 'ended' ? EXIT.ok : exitCodeOf(view);
        } catch (error) {
          if (signal?.aborted !== true) throw error;
          context.note(`${kind === 'run' ? 'Run' : 'Job'} ${id} was not there within ${options.timeout}; it goes on.`);
          return EXIT.waitTimeout;
        }
      }),
    );
