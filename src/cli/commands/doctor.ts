// `doctor`: is everything there that jobs need, and what to do where not.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';

export const doctor = (program: Command): Command =>
  program
    .command('doctor')
    .description('Check this machine and the server, and say what to do; exits 5 when something is wrong')
    .addHelpText('after', examples(['Something does not work', 'doctor']))
    .action(
      action(async (context) => {
        const { examine } = await import('../doctor.ts');
        const { EXIT } = await import('../failure.ts');
        const { paint } = await import('../text.ts');
        const checks = await examine(context);
        const style = { ok: 'green', warning: 'yellow', wrong: 'red' } as const;
        context.out.list({ items: checks }, checks, [
          { title: 'CHECK', value: (check) => check.name },
          { title: 'STATE', value: (check) => check.state, paint: (cell, check) => paint(context.out.color, style[check.state], cell) },
          { title: 'DETAIL', value: (check) => (check.advice === undefined ? check.detail : `${check.detail} ${check.advice}`) },
        ]);
        return checks.some((check) => check.state === 'wrong') ? EXIT.unreachable : EXIT.ok;
      }),
    );
