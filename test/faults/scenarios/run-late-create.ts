import { until } from '../harness/until.ts';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: 'An API process freezes just before it starts a run; another takes the repeated request, the run ends, and the first wakes up.',
  rows: ['CP-03', 'CP-08'],
  guards: ['reject-duplicate'],
  quick: false,
  stack: { apis: 2 },
  async play(world) {
    const [frozen, other] = world.stack.apis;
    const [firstUrl = '', otherUrl = ''] = world.stack.urls;
    const run = world.planRun('late', { nodes: { first: { kind: 'quick' }, last: { kind: 'quick', needs: { first: 'success' } } } });
    world.runIntents.push(run.intent);
    world.stack.plans.set(frozen!.name, [{ point: 'create-run.before-start', action: 'stop' }]);
    await frozen!.crash();
    await until('the first API', async () => (await fetch(`${firstUrl}/readyz`)).ok);
    const first = world.clientOf(firstUrl).createRun(run);
    await frozen!.untilFrozen();
    world.log(`${frozen!.name} is frozen before the start, ${other!.name} takes over`);
    const second = world.clientOf(otherUrl);
    await second.createRun(run);
    await until('the run to end', async () => (await second.run('late')).status === 'FINISH');
    frozen!.signal('SIGCONT');
    await first;
  },
} satisfies Scenario;
