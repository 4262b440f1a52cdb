import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'Temporal is down while jobs are created: 503, nothing half made, and the same request later is safe.',
  rows: ['CP-05', 'CP-01'],
  guards: [],
  quick: true,
  async play(world) {
    await world.stack.temporal.down();
    const jobs = Array.from({ length: 20 }, (_, i) => world.plan('quick', `down-${i + 1}`));
    const submitted = world.submit(jobs);
    await delay(20_000);
    const wrong = world.client.calls.filter((call) => call.status !== undefined && call.status !== 503);
    if (wrong.length > 0) throw new Error(`with Temporal down a create was answered ${wrong[0]!.status}, not 503`);
    world.stack.temporal.start();
    await submitted;
  },
} satisfies Scenario;
