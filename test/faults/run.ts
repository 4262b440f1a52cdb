// `npm run test:faults`: kills, freezes and cuts everything there is and lets the outside judge decide.
//   --only=a,b        these scenarios             --without=<guard>  the guard's scenarios, without it: must fail
//   --seed=n          play a failure again        --prove-guards     every guard in turn; passes when each removal is noticed
//   --rounds=n        everything n times          --quick            a part, smaller
//   --long            those that take long, too
//   --cluster=yarn    the scenarios of a real YARN; needs what npm run test:clusters needs
//   --minutes=n       as many as fit, in an order by the seed; says which were not played
import { parseArgs } from 'node:util';
import { GUARDS, type Guard } from '../../src/crash-points.ts';
import { crashPoints } from './harness/points.ts';
import { seeded, shuffled } from './harness/random.ts';
import { YarnPool } from './harness/yarn-pool.ts';
import { play, type Played, type PlayOptions } from './play.ts';
import { CLUSTERS, scenarios, type ClusterName } from './scenarios.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    cluster: { type: 'string', default: 'local' },
    without: { type: 'string' },
    seed: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    long: { type: 'boolean', default: false },
    'prove-guards': { type: 'boolean', default: false },
  },
});
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const rounds = Number(values.rounds);
/** No scenario takes longer on two cores; a new one is begun only when this is left. */
const LONGEST_MS = 6 * 60_000;
const deadline = values.minutes === undefined ? undefined : performance.now() + Number(values.minutes) * 60_000;
const without = values.without === undefined ? [] : [guard(values.without)];
const where = clusterName(values.cluster);
const all = await scenarios(where);
const yarns = new YarnPool();

function clusterName(name: string): ClusterName {
  if (!CLUSTERS.includes(name as ClusterName)) throw new Error(`there are no scenarios of ${name}, only of ${CLUSTERS.join(' and ')}`);
  return name as ClusterName;
}

function guard(name: string): Guard {
  if (!GUARDS.includes(name as Guard)) throw new Error(`there is no guard ${name}: ${GUARDS.join(', ')}`);
  return name as Guard;
}

/** Scenarios that aim at one of the guards; all when there is none. */
function aimedAt(guards: readonly Guard[]): string[] {
  const only = values.only?.split(',');
  const unknown = only?.find((name) => !all.has(name));
  if (unknown !== undefined) throw new Error(`there is no scenario ${unknown}: ${[...all.keys()].join(', ')}`);
  // Those that share a cluster one after the other.
  return [...all]
    .toSorted(([, a], [, b]) => compare(JSON.stringify(a.yarn ?? {}), JSON.stringify(b.yarn ?? {})))
    .filter(([name, { quick, long }]) => (only ? only.includes(name) : (values.long || !long) && (quick || !values.quick || guards.length > 0)))
    .filter(([, scenario]) => guards.every((name) => scenario.guards.includes(name)))
    .map(([name]) => name);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const options = (over: Partial<PlayOptions> = {}): PlayOptions => ({
  seed,
  quick: values.quick,
  without,
  log: (line) => console.log(`    ${line}`),
  ...over,
});

async function playOne(name: string, over: Partial<PlayOptions>): Promise<Played | undefined> {
  const scenario = all.get(name)!;
  console.log(`\n${name}: ${scenario.hazard}`);
  const reason = scenario.impossible?.();
  if (reason !== undefined) {
    console.log(`  skipped: ${reason}`);
    return undefined;
  }
  const yarn = scenario.yarn && { yarn: await yarns.get(scenario.yarn) };
  const played = await play(name, scenario, options({ ...over, ...yarn }));
  // Whatever it did to its cluster must not be the next one's trouble.
  if (played.broken.length > 0) await yarns.close();
  console.log(`  ${played.broken.length === 0 ? 'ok' : 'BROKEN'} in ${Math.round(played.ms / 1_000)} s`);
  for (const line of played.broken.slice(0, 20)) console.log(`  - ${line}`);
  if (played.broken.length > 20) console.log(`  - and ${played.broken.length - 20} more`);
  if (played.folder !== undefined)
    console.log(
      `  play again: npm run test:faults -- ${where === 'local' ? '' : `--cluster=${where} `}--only=${name} --seed=${played.seed}${guards(over)}\n  kept: ${played.folder}`,
    );
  return played;
}
const guards = (over: Partial<PlayOptions>): string => (over.without ?? without).map((name) => ` --without=${name}`).join('');

/** Jobs that had not ended when the scenario's time was over; on a shared machine a second try tells whether they ever would have. */
const wasOnlyLate = ({ broken, violations }: Played): boolean => broken.length > 0 && violations.every((line) => /^P(?:2|12)\b/.test(line));

let passed = 0;
const failed: string[] = [];
const count = (ok: boolean, what: string, why: readonly string[] = []): void => {
  if (ok) passed += 1;
  else failed.push([what, ...why.slice(0, 5)].join('\n  - '));
};

if (values['prove-guards']) {
  for (const name of GUARDS) {
    for (const scenario of aimedAt([name])) {
      const backups = all.get(scenario)!.backups ?? [];
      const alone = backups.length === 0 ? undefined : await playOne(scenario, { without: backups });
      const removed = await playOne(scenario, { without: [name, ...backups], recoveryMs: 60_000 });
      const proved = (alone?.broken.length ?? 0) === 0 && removed !== undefined && removed.violations.length > 0;
      console.log(`guard ${name}: ${proved ? `its removal was noticed (${removed.violations[0]})` : 'NOT PROVED'}`);
      count(proved, `guard ${name} by ${scenario}`);
    }
  }
} else {
  const seen = new Set<string>();
  const unplayed: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const names = aimedAt(without);
    for (const name of deadline === undefined ? names : shuffled(names, seeded(seed + round))) {
      if (deadline !== undefined && performance.now() > deadline - LONGEST_MS) {
        unplayed.push(name);
        continue;
      }
      const backups = without.length === 0 ? [] : (all.get(name)!.backups ?? []);
      const over = { seed: seed + round, without: [...without, ...backups] };
      let played = await playOne(name, over);
      if (!played) continue;
      if (process.env.CI !== undefined && without.length === 0 && wasOnlyLate(played)) {
        console.log('  nothing was done wrong, but not in time: it is played once more');
        for (const point of played.points) seen.add(point);
        played = (await playOne(name, over))!;
      }
      for (const point of played.points) seen.add(point);
      // A scenario that could not be played proves nothing about a guard.
      if (without.length > 0 && played.violations.length === 0) console.log(`  the removal of ${without.join()} was NOT noticed`);
      count(played.broken.length === 0, name, played.broken);
    }
  }
  if (unplayed.length > 0) console.log(`\nnot played, for want of time: ${unplayed.join(', ')}`);
  if (values.only === undefined && without.length === 0 && !values.quick && unplayed.length === 0) {
    const missed = crashPoints(where).filter((point) => !seen.has(point));
    if (missed.length > 0) console.log(`\ncrash points that no process came by: ${missed.join(', ')}`);
    count(missed.length === 0, 'every crash point was met');
  }
}

await yarns.close();
if (failed.length > 0) console.log(`\nfailed with seed ${seed}:\n${failed.join('\n')}`);
console.log(`\n${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0;
