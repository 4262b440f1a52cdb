import { execa, execaSync } from 'execa';
import { expect, test } from 'vitest';
import { lacks } from '../helpers/skip.ts';
import { LAUNCHER, startUp } from '../helpers/up.ts';

/** A Node of this machine that is too old for Longshore. */
const oldNode = (execaSync('sh', ['-c', 'type -ap node || which -a node'], { reject: false }).stdout ?? '')
  .split('\n')
  .find((node) => /^v(?:18|20)\./.test(execaSync(node || 'false', ['--version'], { reject: false }).stdout));

test('a Node that is new enough runs the command line itself', async () => {
  const { stdout, exitCode } = await execa(process.execPath, [LAUNCHER, '--version']);
  expect(stdout).toMatch(/\d+\.\d+\.\d+/);
  expect(exitCode).toBe(0);
});

test.skipIf(lacks(oldNode !== undefined, 'a Node older than 22.19'))(
  'an older Node hands over to the installed one, exit code included',
  async () => {
    const { stdout } = await execa(oldNode!, [LAUNCHER, '--version']);
    expect(stdout).toMatch(/\d+\.\d+\.\d+/);
    expect((await execa(oldNode!, [LAUNCHER, 'no-such-command'], { reject: false })).exitCode).toBe(2);
  },
);

test.skipIf(lacks(oldNode !== undefined, 'a Node older than 22.19'))('a signal to the launcher reaches the process behind it', async () => {
  const up = await startUp({}, { node: oldNode! });
  expect(await up.end('SIGTERM')).toBe(0);
  expect(up.said()).toContain('Longshore has ended.');
  await up.stop();
});

test('without a Node to hand over to, one line says what is missing', () => {
  // The launcher decides by process.versions; a module that is loaded first makes it old, and hides what npm installed.
  const code = "Object.defineProperty(process.versions, 'node', { value: '18.0.0' }); Object.defineProperty(process, 'arch', { value: 'none' })";
  const preload = `data:text/javascript,${encodeURIComponent(code)}`;
  const { stderr, exitCode } = execaSync(process.execPath, ['--import', preload, LAUNCHER, 'up'], { reject: false });
  expect(stderr).toBe('longshore needs Node 22.19 or newer; this is 18.0.0 and npm ci has installed none.');
  expect(exitCode).toBe(78);
});
