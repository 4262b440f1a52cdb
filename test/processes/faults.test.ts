import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FaultPlan } from '../../src/crash-points.ts';

const FAULTS = new URL('../../src/processes/faults.ts', import.meta.url).href;
const POINTS = new URL('../../src/crash-points.ts', import.meta.url).href;

/** Runs a process with the plan that comes by "here" three times and then says which guards stand. */
function run(plan: FaultPlan): { signal: string | null; stdout: string } {
  const code = `import { installFaultPlan } from ${JSON.stringify(FAULTS)}; import { crashPoint, guardStands } from ${JSON.stringify(POINTS)};
    installFaultPlan(${JSON.stringify(plan)});
    for (let i = 0; i < 3; i++) { try { crashPoint('here') } catch (error) { process.stdout.write(error.message + ' at ' + i + '\\n') } }
    process.stdout.write(['gate', 'latch'].filter(guardStands).join())`;
  const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' });
  return { signal, stdout };
}

test('a planned hit kills at once, and the journal shows how far it came', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-faults-'));
  const journal = join(folder, 'journal');
  expect(run({ crash: [{ point: 'here', action: 'kill', hit: 2 }], journal })).toEqual({ signal: 'SIGKILL', stdout: '' });
  expect(await readFile(journal, 'utf8')).toBe('here\nhere\n');
  await rm(folder, { recursive: true });
});

test('a planned error is thrown once, and a removed guard does not stand', () => {
  const { stdout } = run({ crash: [{ point: 'here', action: 'throw' }], without: ['latch'] });
  expect(stdout).toBe('crash point here at 0\ngate');
});
