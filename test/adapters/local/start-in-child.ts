// A worker in small: starts one attempt and dies where the fault plan says. Run as a program by crashes.test.ts.
import { appendFileSync } from 'node:fs';
import { installFaults } from '../../../src/crash-points.ts';
import type { Guard } from '../../../src/crash-points.ts';
import { localAdapter } from '../../../src/adapters/local/runtime.ts';
import { makeWorkspace } from '../../../src/jobtypes/workspace.ts';
import { attemptOn, processContext } from './fixture.ts';

const [dataDir = '', key = '', truth = '', point = '', verb = 'start', without = ''] = process.argv.slice(2);
const journal = `${truth}.points`;
installFaults({
  crash(reached) {
    appendFileSync(journal, `${reached}\n`);
    if (reached === point) process.kill(process.pid, 'SIGKILL');
  },
  removed: (guard: Guard) => guard === without,
});

const adapter = localAdapter({ workerId: 'w1', dataDir }, 'longshore');
const attempt = attemptOn(dataDir, {}, key);
switch (verb) {
  case 'start':
    await makeWorkspace(attempt.workspace);
    await adapter.start(attempt, processContext(['/bin/sh', '-c', 'echo "$LONGSHORE_KEY" >>"$1"; sleep 1000', 'sh', truth]));
    break;
  case 'stop':
    await adapter.stop(attempt, undefined, { force: false, graceMs: 200 });
    break;
  case 'clean':
    await adapter.clean(attempt, undefined);
    break;
  default:
    throw new Error(`no verb ${verb}`);
}
