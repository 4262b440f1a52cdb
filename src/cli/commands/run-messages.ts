// `mark`, `skip`, `disable`, `enable`, `approve`, `pause`, `resume` and `signal`: what people say to a run and to its nodes, a command each.
import { Option, type Command } from 'commander';
import { action, examples } from '../context.ts';
import { RUN } from '../words.ts';

interface Reason {
  readonly reason?: string;
}

/** A command about a run, or about a node of it. */
const about = (program: Command, name: string, description: string, argument?: [name: string, what: string]): Command => {
  const command = program.command(name).description(description).argument('<run>', RUN);
  if (argument !== undefined) command.argument(...argument);
  return command.option('--reason <text>', 'why, for those who look at it later');
};
const NODE: [string, string] = ['<node>', 'name of the node'];

const bodyOf = ({ reason }: Reason): { reason?: string } => (reason === undefined ? {} : { reason });

/** Sends a message that says nothing but its name and a reason. */
const toNode = (route: 'skipNode' | 'disableNode' | 'enableNode') =>
  action(async (context, [word, node]: [word: string, node: string], options: Reason) => {
    const { runIdOf } = await import('../run.ts');
    const { reportRunEffect } = await import('../effect.ts');
    const id = await runIdOf(context.client, word);
    return reportRunEffect(context, await context.client.call(route, { params: { id, node }, body: bodyOf(options) }), node);
  });
const toRun = (route: 'pauseRun' | 'resumeRun') =>
  action(async (context, [word]: [word: string], options: Reason) => {
    const { runIdOf } = await import('../run.ts');
    const { reportRunEffect } = await import('../effect.ts');
    const id = await runIdOf(context.client, word);
    return reportRunEffect(context, await context.client.call(route, { params: { id }, body: bodyOf(options) }));
  });

type As = 'succeeded' | 'failed' | 'skipped';

export const mark = (program: Command): Command =>
  about(program, 'mark', 'Set by hand how a node of a run has ended, one that is not under way; what that held back is decided anew', NODE)
    .addOption(new Option('--as <what>', 'what it counts as from now on').choices(['succeeded', 'failed', 'skipped']).makeOptionMandatory())
    .addHelpText('after', examples(['It was repaired by hand', 'mark last load --as succeeded --reason "loaded by hand"']))
    .action(
      action(async (context, [word, node]: [word: string, node: string], { as, ...options }: Reason & { as: As }) => {
        const { runIdOf } = await import('../run.ts');
        const { reportRunEffect } = await import('../effect.ts');
        const id = await runIdOf(context.client, word);
        return reportRunEffect(context, await context.client.call('markNode', { params: { id, node }, body: { ...bodyOf(options), as } }), node);
      }),
    );

export const skip = (program: Command): Command =>
  about(program, 'skip', 'Skip a node of a run that has not started', NODE)
    .addHelpText('after', examples(['Do without the report', 'skip last report']))
    .action(toNode('skipNode'));

export const disable = (program: Command): Command =>
  about(program, 'disable', 'Do not run a node of a run in its turn; it counts as a success', NODE)
    .addHelpText('after', examples(['Leave out the mail of this run', 'disable last mail']))
    .action(toNode('disableNode'));

export const enable = (program: Command): Command =>
  about(program, 'enable', 'Take back disable, for the next time that the node would run', NODE)
    .addHelpText('after', examples(['Run it after all', 'enable last mail']))
    .action(toNode('enableNode'));

export const approve = (program: Command): Command =>
  about(program, 'approve', 'Answer a node of a run that waits for an approval', NODE)
    .option('--no', 'refuse it: the node fails')
    .addHelpText('after', examples(['Yes', 'approve last release'], ['No, and why', 'approve last release --no --reason "numbers are wrong"']))
    .action(
      action(async (context, [word, node]: [word: string, node: string], { no, ...options }: Reason & { no?: boolean }) => {
        const { runIdOf } = await import('../run.ts');
        const { reportRunEffect } = await import('../effect.ts');
        const id = await runIdOf(context.client, word);
        const body = { ...bodyOf(options), approved: no !== true };
        return reportRunEffect(context, await context.client.call('approveNode', { params: { id, node }, body }), node);
      }),
    );

export const pause = (program: Command): Command =>
  about(program, 'pause', 'Start no more nodes of a run; what runs goes on')
    .addHelpText('after', examples(['Hold it', 'pause last --reason "disk is full"']))
    .action(toRun('pauseRun'));

export const resume = (program: Command): Command =>
  about(program, 'resume', 'Take back pause')
    .addHelpText('after', examples(['Go on', 'resume last']))
    .action(toRun('resumeRun'));

export const signal = (program: Command): Command =>
  about(program, 'signal', 'Wake the nodes of a run that wait for a signal of this name', ['<name>', 'name of the signal'])
    .addHelpText('after', examples(['The file has come', 'signal last file-arrived']))
    .action(
      action(async (context, [word, name]: [word: string, name: string], options: Reason) => {
        const { runIdOf } = await import('../run.ts');
        const { reportRunEffect } = await import('../effect.ts');
        const id = await runIdOf(context.client, word);
        return reportRunEffect(context, await context.client.call('signalRun', { params: { id }, body: { ...bodyOf(options), name } }));
      }),
    );
