import { until } from '../harness/until.ts';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'An API process freezes just before it starts the workflow; another takes the repeated request, the job ends, and the first wakes up.',
  rows: ['CP-03', 'CP-08'],
  guards: ['reject-duplicate'],
  quick: false,
  stack: { apis: 2 },
  async play(world) {
    const [frozen, other] = world.stack.apis;
    const [firstUrl = '', otherUrl = ''] = world.stack.urls;
    const job = world.plan('quick', 'late-create');
    world.intents.push(job.intent);
    world.stack.plans.set(frozen!.name, [{ point: 'create.before-start', action: 'stop' }]);
    await frozen!.crash();
    await until('the first API', async () => (await fetch(`${firstUrl}/readyz`)).ok);
    const first = world.clientOf(firstUrl).create(job);
    await frozen!.untilFrozen();
    world.log(`${frozen!.name} is frozen before the start, ${other!.name} takes over`);
    await world.clientOf(otherUrl).create(job);
    const id = await world.clientOf(otherUrl).idOf(job.intent.requestId);
    const status = async () => (await world.clientOf(otherUrl).get<{ status: string }>(`/api/v1/jobs/${id}`)).status;
    await until('the job to end', async () => (await status()) === 'SUCCEED');
    frozen!.signal('SIGCONT');
    await first;
  },
} satisfies Scenario;
