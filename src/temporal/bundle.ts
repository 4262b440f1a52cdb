// The bundle of the workflow code, built once for each content of it: a build takes seconds, a start should not.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const SOURCE = fileURLToPath(new URL('..', import.meta.url));
const BUILDER = fileURLToPath(new URL('build-bundle.ts', import.meta.url));
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/longshore', import.meta.url));
/** Longest bundle, in characters. */
const LARGEST = 64 * 2 ** 20;

/**
 * The bundle of src/workflows. It is kept in node_modules/.cache/longshore under the hash of the code and the SDK's version;
 * where that folder cannot be written, it is built anew each time.
 */
export async function workflowBundle(cache = CACHE): Promise<{ code: string }> {
  const file = join(cache, `workflows-${await contentHash()}.js`);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return { code: kept };
  const { stdout: code } = await execa(process.execPath, [BUILDER], {
    maxBuffer: LARGEST,
    stripFinalNewline: false,
    stdin: 'ignore',
    stderr: 'inherit',
  });
  // A folder that cannot be written costs the next start a few seconds, nothing else.
  await store(cache, file, code).catch(() => undefined);
  return { code };
}

/** By rename, so that a reader never sees half of a bundle; older bundles go. */
async function store(cache: string, file: string, code: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const staged = `${file}.${randomUUID()}`;
  await writeFile(staged, code);
  await rename(staged, file);
  const old = (await readdir(cache)).filter((name) => name.endsWith('.js') && join(cache, name) !== file);
  await Promise.all(old.map((name) => rm(join(cache, name), { force: true })));
}

/** Everything that can change the bundle: our code, the SDK and what workflows import besides. */
async function contentHash(): Promise<string> {
  const hash = createHash('sha256');
  const require = createRequire(import.meta.url);
  for (const name of ['@temporalio/worker', '@temporalio/workflow']) {
    hash.update((require(`${name}/package.json`) as { version: string }).version);
  }
  hash.update(await readFile(join(SOURCE, '..', 'package.json')));
  for (const folder of ['specs', 'workflows']) {
    const files = await readdir(join(SOURCE, folder), { recursive: true });
    for (const file of files.filter((name) => name.endsWith('.ts')).sort()) {
      hash.update(`\n${folder}/${file}\n`).update(await readFile(join(SOURCE, folder, file)));
    }
  }
  return hash.digest('hex').slice(0, 32);
}
