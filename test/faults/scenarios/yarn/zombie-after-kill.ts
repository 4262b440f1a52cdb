import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../../scenario.ts';

/** On the way to the ResourceManager, and while files are uploaded. */
const POINTS = ['yarn.start.before-submit', 'yarn.stage.before-file'] as const;

export default {
  hazard:
    'A worker freezes after the gate, or in the middle of an upload; the job is killed and cleaned, and the worker wakes up. Whatever it submits finds no files, whatever it uploads does not stay.',
  rows: ['CP-29', 'CP-50'],
  guards: [],
  quick: false,
  yarn: {},
  stack: { workers: ['w1', 'w2'] },
  // The kill is acknowledged long before the zombies wake up: any start after that is one too many.
  limits: { killGraceMs: 1_000, recoveryMs: 180_000 },
  async play(world) {
    const workers = world.stack.workers;
    for (const [i, worker] of workers.entries()) {
      world.stack.plans.set(worker.name, [{ point: POINTS[i]!, action: 'stop', ...(i === 1 && { hit: 2 }) }]);
      await worker.crash();
    }
    await world.stack.ready();
    const jobs = Array.from({ length: 4 }, (_, i) => world.plan('killed', `undead-${i}`, { killAfterMs: null }));
    await world.submit(jobs);
    for (const worker of workers) await worker.untilFrozen(120_000);
    world.stack.plans.clear();
    for (const job of jobs) await world.client.kill(job.intent.requestId);
    const zombies = [];
    for (const worker of workers) zombies.push(await world.stack.replace(worker));
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may, 180_000);
    for (const zombie of zombies) zombie.kill('SIGCONT');
    await delay(10_000);
    world.log(`applications: ${world.yarn.apps.map(({ state }) => state).join(', ') || 'none'}`);
  },
} satisfies Scenario;
