// Plugins as users write them: the examples, loaded by name as from the configuration, and run.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAdapterRegistry, loadPlugins as loadAdapters } from '../../src/adapters/registry.ts';
import { createJobTypeRegistry, loadPlugins as loadJobTypes } from '../../src/jobtypes/registry.ts';
import { Bench, cluster, dataFolder } from './local/fixture.ts';
import { describeAdapterConformance } from './conformance.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/plugins', import.meta.url));
const adapters = (...names: string[]) => loadAdapters({ plugins: { adapters: names } }, EXAMPLES);
const jobTypes = (names: string[], baseDir = EXAMPLES) => loadJobTypes({ plugins: { jobTypes: names } }, baseDir);

describeAdapterConformance('spool of examples/plugins', async () => {
  const data = await dataFolder();
  const registry = createAdapterRegistry(await adapters('./spool.ts'));
  return {
    type: registry.get('spool'),
    cluster: { ...cluster, name: 'spool', type: 'spool', config: { folder: join(data.path, 'spool') } },
    host: { workerId: 'w1', dataDir: data.path },
    corrupt: ({ ref }) => writeFile(join(data.path, 'spool', ref.key, 'exit'), '\0garbage'),
    close: data.remove,
  };
});

describe('a job type of one’s own', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench(await dataFolder());
  });
  afterEach(async () => bench.close());

  it('is loaded by its path, validates its configuration and runs', async () => {
    const wordcount = createJobTypeRegistry(await jobTypes(['./wordcount.ts'])).get('wordcount');
    expect(wordcount.config.safeParse({ file: './x', tops: 3 }).success).toBe(false);
    const attempt = await bench.attempt({ type: 'wordcount' });
    const text = join(attempt.workspace.workDir, 'text');
    await writeFile(text, 'the cat and the dog');
    const container = { ...attempt, config: { file: './text', top: 1 }, fetch: async () => text, signal: new AbortController().signal };
    const plan = await wordcount.prepare(container, undefined);
    const handle = await bench.adapter.start(attempt, { plan, secrets: new Map(), gate: async () => {}, signal: container.signal });
    expect(await bench.untilEnded(attempt, handle)).toMatchObject({ final: 'succeeded' });
    expect(await readFile(attempt.workspace.outputFile, 'utf8')).toBe('words=5\ntop=[["the", 2]]\n');
  });

  it.each([
    ['is not there', './nothing.ts', undefined, 'plugin "./nothing.ts": it cannot be loaded'],
    ['has no default export', './p.mjs', 'export const x = 1', 'its default export is not a JobType'],
    ['lacks a field', './p.mjs', 'export default { type: "x", config: {}, template: "process" }', '"prepare" must be a function'],
    ['does not parse', './p.mjs', 'export default (', 'it cannot be loaded'],
  ])('is refused by name when the module %s', async (_what, name, content, message) => {
    if (content !== undefined) await writeFile(join(bench.dataDir, name), content);
    await expect(jobTypes([name], bench.dataDir)).rejects.toMatchObject({ code: 'INVALID', message: expect.stringContaining(message) as string });
  });
});

describe('the registries', () => {
  it('name what there is when a type is unknown', () => {
    expect(() => createJobTypeRegistry().get('shel')).toThrow('there is no job type "shel"; there are shell, python, builtin, spark');
    expect(() => createAdapterRegistry().get('slurm')).toThrow('there is no type of cluster "slurm"; there are local, yarn');
  });
});
