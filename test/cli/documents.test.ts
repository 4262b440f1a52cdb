import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadDocuments } from '../../src/cli/documents.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-documents-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What is said about a text, without the folder's name. */
async function complaints(text: string): Promise<string[]> {
  const file = join(folder, 'job.yaml');
  await writeFile(file, text);
  const error = await loadDocuments(file).then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown as Error,
  );
  return error.message.replaceAll(`${folder}/`, '').split('\n');
}

const JOB = 'kind: Job\nname: a\ntype: shell\n';

test.each([
  ['a mistyped field', `${JOB}retyr: { attempts: 2 }`, 'job.yaml:4:1 retyr: is not a field; did you mean "retry"? (is {"attempts":2})'],
  ['a mistyped field deep inside', `${JOB}retry:\n  backof: {}`, 'job.yaml:5:3 retry.backof: is not a field; did you mean "backoff"? (is {})'],
  [
    'the rest of a text after a comma',
    `${JOB}outputs: { rows: { type: int } }\nretry: { attempts: 2, on: [any], by day }`,
    'job.yaml:5:34 retry.by day: is not a field; a text with a comma in it needs quotes between { } (is null)',
  ],
  ['a value of a closed set', `${JOB}onLost: rernu`, 'job.yaml:4:1 onLost: must be one of ask, fail, rerun; did you mean "rerun"? (is "rernu")'],
  ['a kind', 'kind: job\nname: a', 'job.yaml:1:1 kind: must be one of App, Cluster, Job, Dag; did you mean "Job"? (is "job")'],
  ['a missing field', 'kind: Job\nname: a', 'job.yaml:1:1 type: is required'],
  ['a missing kind', 'name: a', 'job.yaml:1:1 kind: must be one of App, Cluster, Job, Dag'],
  ['a number out of range', `${JOB}\npriority: 11`, 'job.yaml:5:1 priority: must be at most 10 (is 11)'],
  [
    'an item of a list',
    `${JOB}retry:\n  on: [user, me]`,
    'job.yaml:5:14 retry.on[1]: must be one of any, user, platform, cluster, killed, timeout, quota (is "me")',
  ],
  [
    'one way of several',
    `${JOB}outputs:\n  out: { file: ../x }`,
    'job.yaml:5:10 outputs.out.file: must be a relative path inside the working directory (is "../x")',
  ],
  [
    'a duration',
    `${JOB}timeouts: { run: 5 minutes }`,
    'job.yaml:4:13 timeouts.run: must be a duration such as 500ms, 10s, 5m, 6h, 1d or 1h30m (is "5 minutes")',
  ],
  ['the same key twice', `${JOB}name: b`, 'job.yaml:4:1 Map keys must be unique'],
  ['an unclosed string', `${JOB}description: "x`, 'job.yaml:4:16 Missing closing "quote'],
  ['text alone', 'hello', 'job.yaml:1:1 must be a map with kind, name and more (is "hello")'],
])('%s is told with line, column and what to write', async (_, text, message) => {
  expect(await complaints(text)).toEqual([message]);
});

test('every mistake of every document is told at once', async () => {
  expect(await complaints(`${JOB}priority: 0\n---\nkind: App\nname: Etl\n---\n${JOB}labels: { a: 1 }`)).toEqual([
    'job.yaml:4:1 priority: must be at least 1 (is 0)',
    expect.stringMatching(/^job\.yaml:7:1 name: must be 1 to 63 of .* \(is "Etl"\)$/),
    'job.yaml:12:11 labels.a: must be of type string (is 1)',
  ]);
});

test('aliases that would grow without bound are refused', async () => {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(', ')}]`);
  expect(await complaints(`l0: &l0 [a, b]\n${levels.join('\n')}`)).toEqual([
    'job.yaml:1:1 Excessive alias count indicates a resource exhaustion attack',
  ]);
});

test('documents keep what was written, and know where it stands', async () => {
  const file = join(folder, 'two.yaml');
  await writeFile(file, `# first\n${JOB}config:\n  args: [x, y]\n---\n{"kind": "Cluster", "name": "c", "type": "local"}\n---\n`);
  const [job, cluster, ...more] = await loadDocuments(file);
  expect(more).toEqual([]);
  expect(job).toMatchObject({ kind: 'Job', name: 'a', dir: folder, spec: { name: 'a', type: 'shell', config: { args: ['x', 'y'] } } });
  expect(job?.place(['config', 'args', 1])).toBe(`${file}:6:13`);
  expect(job?.place(['config', 'no', 'such'])).toBe(`${file}:5:1`);
  expect(cluster).toMatchObject({ kind: 'Cluster', spec: { name: 'c', type: 'local' } });
});

test('a file that is empty or not there is told so', async () => {
  expect(await complaints('# nothing\n')).toEqual(['job.yaml: there is no document in it.']);
  await expect(loadDocuments(join(folder, 'none.yaml'))).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('ENOENT') as string });
});
