import type { Scenario } from '../../scenario.ts';
import { isEnd } from '../../../../src/specs/status.ts';
import { walk } from '../../harness/crash-walk.ts';
import { crashPoints } from '../../harness/points.ts';

const KINDS = ['output', 'killed', 'quick', 'stubborn', 'failing'] as const;

export default {
  hazard: 'The worker is killed at every named point of the adapter, with jobs in flight at all stages.',
  rows: ['CP-19', 'CP-20', 'CP-22', 'CP-23', 'CP-42', 'CP-50', 'CP-51', 'CP-56'],
  guards: [],
  quick: true,
  yarn: {},
  stack: { workers: ['w1', 'w2'], timings: { heartbeat: '5s' } },
  limits: { recoveryMs: 240_000 },
  async play(world) {
    const points = crashPoints('yarn');
    // Fresh work all along, so that every point has something to meet; never more than the machine takes.
    let wave = 0;
    const more = (): void => {
      wave += 1;
      world.background(world.submit(KINDS.map((kind) => world.plan(kind, `walk-${wave}-${kind}`))));
    };
    const waves = setInterval(() => {
      void world.client.list().then(
        (jobs) => jobs.filter(({ status }) => !isEnd(status)).length < 12 && more(),
        () => undefined,
      );
    }, 2_000);
    more();
    let died: readonly string[];
    try {
      // One goes on with what the other has left.
      const walks = world.stack.workers.map(async (victim, i) => {
        const half = points.filter((_, at) => at % world.stack.workers.length === i);
        return await walk(world, { victim, points: half, action: 'kill', budgetMs: world.quick ? 60_000 : 180_000, mostHits: 1 });
      });
      died = (await Promise.all(walks)).flat();
    } finally {
      clearInterval(waves);
    }
    const missed = points.filter((point) => !died.includes(point));
    if (missed.length > 0 && !world.quick) throw new Error(`no worker was killed at ${missed.join(', ')}`);
  },
} satisfies Scenario;
