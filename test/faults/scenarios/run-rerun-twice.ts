import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

/** Where the scheduler dies while the reruns come in; the first round goes without. */
const POINTS = [undefined, 'run.found', 'record-run.after-commit'] as const;

export default {
  hazard:
    'Two people rerun a failed run at once, each sends it again and again, and processes die: one rerun is applied, once; the other is refused.',
  rows: ['CP-13', 'CP-61'],
  guards: [],
  quick: true,
  stack: { apis: 2, historyBudget: 100 },
  async play(world) {
    const { scheduler } = world.stack;
    const names = ['again-1', 'again-2', 'again-3'];
    const runs = names.map((name) =>
      world.planRun(name, {
        nodes: {
          first: { kind: 'quick' },
          flaky: { kind: 'flaky', needs: { first: 'success' }, change: { over: { retry: { attempts: 1 } }, may: ['SUCCEED'] } },
          last: { kind: 'quick', needs: { flaky: 'success' } },
        },
      }),
    );
    await world.submitRuns(runs);
    for (const [round, name] of names.entries()) {
      const { generation } = await world.runReaches(name, 'FINISH');
      const clients = world.stack.urls.map((url) => world.clientOf(url));
      const send = async (id: string): Promise<(number | undefined)[]> => {
        const calls = await Promise.all(clients.flatMap((client) => [1, 2].map(() => client.rerunRun(name, id, { generation }))));
        return calls.map((call) => call?.status);
      };
      const sent: Promise<(number | undefined)[]>[] = [];
      const both = (): void => void sent.push(send('a'), send('b'));
      const point = POINTS[round];
      if (point === undefined) both();
      else await world.dies(scheduler, point, 1, both);
      const [a = [], b = []] = await Promise.all(sent);
      await world.runReaches(name, 'FINISH', 2, 90_000);
      const [lateA, lateB] = [await send('a'), await send('b')];
      world.log(`${name}: a was answered ${a.join(' ')}, b ${b.join(' ')}, later ${lateA.join(' ')} and ${lateB.join(' ')}`);
      // Whoever asks when it is over learns which of the two it was.
      const applied = [lateA, lateB].map((answers) => answers.every((status) => status === 202));
      const refused = [lateA, lateB].map((answers) => answers.every((status) => status === 409));
      if (applied[0] === applied[1] || refused[0] === refused[1]) throw new Error(`${name}: one rerun was to be applied and the other refused`);
      await delay(1_000);
      const run = await world.runReaches(name, 'FINISH', 2);
      if (run.generation !== 2) throw new Error(`${name} was rerun ${run.generation - 1} times`);
      const starts = (await world.truth()).filter(({ event, job }) => event === 'start' && job.startsWith(`${name}/`)).map(({ job }) => job);
      const wanted = [`${name}/first`, `${name}/flaky`, `${name}/flaky`, `${name}/last`];
      if (starts.join() !== wanted.join()) throw new Error(`${name} started ${starts.join(', ')}`);
    }
  },
} satisfies Scenario;
