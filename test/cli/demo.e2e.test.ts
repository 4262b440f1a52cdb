// `npm run demo` is the first thing that a newcomer does: it must work the first time, and every time after.
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { temporalCli } from '../helpers/temporal.ts';
import { ROOT } from '../helpers/sources.ts';

test('npm run demo shows progress and the result, exits 0 and leaves nothing running, also the second time', { timeout: 180_000 }, async () => {
  for (let time = 1; time <= 2; time++) {
    const { exitCode, stdout, stderr } = await execa('npm', ['run', '--silent', 'demo'], {
      cwd: ROOT,
      env: { TEMPORAL_CLI_PATH: await temporalCli() },
      reject: false,
    });
    expect(stderr).toMatch(/SUCCEED/);
    expect(stdout).toMatch(/^ {2}API page +http:\/\/127\.0\.0\.1:\d+\/docs$/m);
    expect(stdout).toMatch(/^ {2}Temporal UI +http:\/\/127\.0\.0\.1:\d+$/m);
    expect(stdout).toContain('LAX-PHX,Los Angeles CA,Phoenix AZ,115,');
    expect(exitCode).toBe(0);
    const url = /API page +(\S+)/.exec(stdout)?.[1] ?? '';
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  }
});
