import { chmod, mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { provisionCli } from '../../src/temporal/provision.ts';
import { devServer, timeSkippingEnvironment } from '../helpers/temporal.ts';

let folder: string;
const { PATH = '' } = process.env;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-provision-'));
});
afterEach(() => {
  process.env.PATH = PATH;
  delete process.env.https_proxy;
});

/** A program that says it is this version of the temporal command line tool. */
async function pretend(name: string, version: string): Promise<string> {
  const file = join(folder, name, 'temporal');
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(file, `#!/bin/sh\necho "temporal version ${version} (Server 1.32.0, UI 2.54.1)"\n`);
  await chmod(file, 0o755);
  return file;
}

test('the given program wins, is kept, and found again without being given', async () => {
  const given = await pretend('given', '1.10.2');
  const first = await provisionCli({ folder: join(folder, 'bin'), given });
  expect(first).toEqual({ path: join(folder, 'bin/temporal'), version: '1.10.2 (Server 1.32.0, UI 2.54.1)', from: 'TEMPORAL_CLI_PATH' });
  // An update of that program in its place is not one of the data folder's.
  await pretend('given', '1.11.0');
  expect(await provisionCli({ folder: join(folder, 'bin') })).toEqual({ ...first, from: 'data folder' });
});

test('one on PATH is taken when it is new enough', async () => {
  process.env.PATH = `${join(await pretend('path', '1.9.0'), '..')}:${PATH}`;
  const found = await provisionCli({ folder: join(folder, 'bin') });
  expect(found).toMatchObject({ from: 'PATH', version: expect.stringMatching(/^1\.9\.0/) as string });
  expect(await realpath(found.path)).toBe(join(await realpath(folder), 'bin/temporal'));
});

test('a program that is given but does not do is an error, and nothing else is tried', async () => {
  await expect(provisionCli({ folder, given: '/bin/true' })).rejects.toThrow(/\n {2}TEMPORAL_CLI_PATH: --version answers "true.*\nInstall/);
});

test('without any, one error names every place and why it did not do', { timeout: 90_000 }, async () => {
  process.env.PATH = join(await pretend('old', '1.8.0'), '..');
  // Nothing listens there: no download can succeed.
  process.env.https_proxy = 'http://127.0.0.1:9';
  const error = await provisionCli({ folder: join(folder, 'bin') }).then(
    () => undefined,
    (cause: Error) => cause,
  );
  expect(error).toMatchObject({ exitCode: 78 });
  expect(error?.message).toMatch(
    /TEMPORAL_CLI_PATH: not set\n {2}data folder: no program at .*\n {2}PATH: version 1\.8\.0.* is older than 1\.9\n {2}PyPI: .*python3.*\n {2}SDK download: .+/,
  );
});

test('the development server of the tests knows our search attributes and survives a kill', async () => {
  const server = await devServer();
  const list = async () => (await execa(server.cli, ['operator', 'search-attribute', 'list', '--address', server.address])).stdout;
  expect(await list()).toMatch(/LongshoreStatus\s+Keyword/);
  const before = server.pid;
  await server.kill();
  await server.start();
  expect(server.pid).not.toBe(before);
  expect(await list()).toMatch(/LongshoreDag\s+Keyword/);
  await server.stop();
});

test('the time-skipping server of the tests skips time', async () => {
  const environment = await timeSkippingEnvironment();
  const before = await environment.currentTimeMs();
  await environment.sleep('5 hours');
  expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(5 * 3_600_000);
  await environment.teardown();
});
