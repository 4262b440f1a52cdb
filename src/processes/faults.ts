// Makes the named crash points real in a process that a test started with a fault plan; nothing else ever does.
import { appendFileSync } from 'node:fs';
import { installFaults, type FaultPlan } from '../crash-points.ts';

/** Installs the plan: the hit-th call of a point kills, stops or throws; every call is noted in the journal first. */
export function installFaultPlan(plan: FaultPlan): void {
  const hits = new Map<string, number>();
  const removed = new Set(plan.without);
  installFaults({
    crash: (point) => {
      const hit = (hits.get(point) ?? 0) + 1;
      hits.set(point, hit);
      if (plan.journal !== undefined) appendFileSync(plan.journal, `${point}\n`);
      for (const crash of plan.crash ?? []) {
        if (crash.point !== point || (crash.hit ?? 1) !== hit) continue;
        if (crash.action === 'throw') throw new Error(`crash point ${point}`);
        process.kill(process.pid, crash.action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
      }
    },
    removed: (guard) => removed.has(guard),
    historyBudget: plan.historyBudget,
  });
}
