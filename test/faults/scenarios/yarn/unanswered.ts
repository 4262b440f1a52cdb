import { setTimeout as delay } from 'node:timers/promises';
import type { EventView } from '../../../../src/specs/views.schema.ts';
import { isEnd } from '../../../../src/specs/status.ts';
import type { Scenario } from '../../scenario.ts';

const down = () => ({ status: 500, body: { RemoteException: { exception: 'IOException', javaClassName: 'java.io.IOException', message: 'no' } } });

export default {
  hazard:
    'The ResourceManager answers 500 and 503, nothing, or refuses connections, in turns and for longer than patience: shown as stale, never an end.',
  rows: ['CP-44'],
  guards: [],
  quick: false,
  yarn: {},
  async play(world) {
    const { proxy } = world.yarn;
    const running = Array.from({ length: 3 }, (_, i) => world.plan('sleeping', `silent-${i}`, { seconds: 55 }));
    await world.submit(running);
    for (const job of running) await world.reaches(job.intent.requestId, ['RUNNING'], 120_000);
    // Started while nobody answers.
    const late = Array.from({ length: 2 }, (_, i) => world.plan('quick', `late-${i}`));
    const began = Date.now();
    const submitted = world.submit(late);
    const faults = {
      'answers 500': () => proxy.answer(down),
      'answers 503': () => proxy.answer(() => ({ status: 503 })),
      silent: () => (proxy.blackhole(true), () => proxy.blackhole(false)),
      refuses: async () => (await proxy.refuse(true), () => void proxy.refuse(false)),
    } as const;
    const names = Object.keys(faults) as (keyof typeof faults)[];
    for (let turn = 0; Date.now() - began < 42_000; turn++) {
      const undo = await faults[names[turn % names.length]!]();
      await delay(world.random.between(3_000, 9_000));
      const all = await world.client.list();
      const ended = all.find(({ status }) => isEnd(status));
      if (ended !== undefined) throw new Error(`${ended.requestId} is ${ended.status}, and nobody said so: ${ended.reason}`);
      undo();
    }
    const [job] = running;
    const { items } = await world.client.get<{ items: EventView[] }>(
      `/api/v1/jobs/${await world.client.idOf(job!.intent.requestId)}/events?limit=1000`,
    );
    const stale = items.find(({ type }) => type === 'stale');
    world.log(`unanswered for ${Math.round((Date.now() - began) / 1_000)} s: ${stale?.reason ?? 'not shown'}`);
    if (stale === undefined) throw new Error('the silence was not shown');
    await proxy.refuse(false);
    await submitted;
    for (const each of [...running, ...late]) await world.reaches(each.intent.requestId, ['SUCCEED'], 120_000);
  },
} satisfies Scenario;
