import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Context } from '../../src/cli/context.ts';
import { readPatch } from '../../src/cli/patch.ts';

// No patch here names a file, so nothing is asked of the server.
const context = {} as Context;
const type = (): Promise<string> => Promise.resolve('shell');
const set = (...sets: string[]) => readPatch(context, { set: sets }, type);

test('values are YAML, and text where the field is text', async () => {
  expect(await set('priority=1', 'config.args=[a, "1"]', 'env.COUNT=1', 'labels.team=null', 'resources.memory=2Gi', 'env.EQ=a=b')).toEqual({
    priority: 1,
    config: { args: ['a', '1'] },
    env: { COUNT: '1', EQ: 'a=b' },
    labels: { team: 'null' },
    resources: { memory: '2Gi' },
  });
});

test('--set wins over --with', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-patch-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'patch.yaml');
  await writeFile(file, 'priority: 9\nqueue: large\nenv: { A: a }\n');
  expect(await readPatch(context, { with: file, set: ['priority=1', 'env.B=b'] }, type)).toEqual({
    priority: 1,
    queue: 'large',
    env: { A: 'a', B: 'b' },
  });
});

test('nothing given is no patch', async () => {
  expect(await readPatch(context, {}, type)).toBeUndefined();
});

test.each([
  ['priority=0', 'priority: must be at least 1 (is 0)'],
  ['name=other', 'name: is not a field (is "other")'],
  ['__proto__.x=1', '__proto__: is not a field (is {"x":1})'],
  ['env.1X=a', 'env.1X: the name must be a POSIX environment variable name'],
  ['priority', '--set takes key=value, not "priority"'],
])('--set %s is refused', async (text, message) => {
  await expect(set(text)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) as string });
});
