// `npm run demo` is the first thing that a newcomer does: it must work the first time, and every time after.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { temporalCli } from '../helpers/temporal.ts';
import { ROOT } from '../helpers/sources.ts';

const REPORT = '.longshore/demo/delays.html';

test('npm run demo shows a DAG and its result, exits 0 and leaves nothing running, also the second time', { timeout: 180_000 }, async () => {
  await rm(join(ROOT, REPORT), { force: true });
  const reports: string[] = [];
  for (let time = 1; time <= 2; time++) {
    const { exitCode, stdout, stderr } = await execa('npm', ['run', '--silent', 'demo'], {
      cwd: ROOT,
      env: { TEMPORAL_CLI_PATH: await temporalCli() },
      reject: false,
    });
    expect(stderr).toMatch(/extract SUCCEED 6\/6/);
    expect(stderr).toMatch(/report SUCCEED/);
    expect(stderr).toMatch(/quarantine SKIPPED/);
    expect(stdout).toMatch(/^ {2}API page +http:\/\/127\.0\.0\.1:\d+\/docs$/m);
    expect(stdout).toMatch(/^ {2}Temporal UI +http:\/\/127\.0\.0\.1:\d+$/m);
    expect(stdout).toContain('\n6,morning,226,-1.5,7.5\n7,');
    expect(stdout).toContain(`The report, with a picture: ${REPORT}`);
    expect(exitCode).toBe(0);
    reports.push(await readFile(join(ROOT, REPORT), 'utf8'));
    const url = /API page +(\S+)/.exec(stdout)?.[1] ?? '';
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  }
  const [first = '', second] = reports;
  expect(first).toContain('<dd>4,906</dd>');
  expect(first.match(/<rect /g)).toHaveLength(22);
  // Of its own: it loads nothing from elsewhere.
  expect(first).not.toMatch(/\b(?:src|href)=|url\(|@import/);
  expect(second).toBe(first);
});
