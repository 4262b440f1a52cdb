// A worker that has no file descriptor left tries to start a supervisor. Run as a program by parts.test.ts, under a low limit.
import { closeSync, openSync } from 'node:fs';
import { runSupervisor } from '../../../src/adapters/local/supervisor.ts';
import { attemptOn } from './fixture.ts';

const { workspace, ref } = attemptOn('/nowhere');
const taken: number[] = [];
try {
  for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {
  // None is left.
}
const facts = { key: ref.key, mark: ref.mark, bootId: '', limits: 'none' } as const;
const launch = { workspace, facts, prefix: [], argv: ['/bin/true'], cgroup: undefined, memoryKiB: undefined, environment: '' };
const error: unknown = await runSupervisor({ ...launch, signal: new AbortController().signal }).catch((thrown: unknown) => thrown);
for (const file of taken) closeSync(file);
process.stdout.write(JSON.stringify(error));
