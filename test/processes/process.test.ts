import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const PROCESS = new URL('../../src/processes/process.ts', import.meta.url).href;

test('a promise that somebody forgot is logged, and the process goes on until it is asked to end', () => {
  const code = `import { runProcess } from ${JSON.stringify(PROCESS)};
    const code = await runProcess({}, async () => {
      void Promise.reject(new Error('forgotten by a plug-in'));
      const later = setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50);
      return { failed: new Promise(() => undefined), stop: async () => { clearTimeout(later); process.stdout.write('drained\\n'); } };
    });
    process.exit(code);`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' });
  expect(stdout + stderr).toContain('forgotten by a plug-in');
  expect(stdout).toContain('drained');
  expect(status).toBe(0);
});
