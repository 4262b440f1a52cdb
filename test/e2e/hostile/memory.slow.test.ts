// What huge things cost the process in memory: close to nothing. Alone on the machine, because a heap grows as it is let.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startReceiver } from '../../helpers/receiver.ts';
import { script, startUp, type Spec, type Up } from './up.ts';

/** How much more memory the process may have after something huge went by: the heap's own ups and downs. */
const SLACK_MB = 100;

let up: Up;
beforeAll(async () => {
  up = await startUp({ logs: { limit: '8Mi' }, webhooks: { allowPrivate: true } });
});
afterAll(() => up?.stop());

async function grownBy(work: () => Promise<unknown>): Promise<number> {
  const before = up.memory();
  await work();
  return up.memory() - before;
}
const run = async (spec: Spec): Promise<string> => (await up.ended((await up.create(spec)).id)).status;

const zeros = (size: string, file: string): string => `head -c ${size} /dev/zero | tr '\\0' x >"${file}"`;

it.each<[what: string, spec: Spec, status: string]>([
  ['a log of 256 MB', script('head -c 256M /dev/zero'), 'SUCCEED'],
  ['100 MB of values', { ...script(zeros('100M', '$LONGSHORE_OUTPUT')), outputs: { rows: { type: 'int' } } }, 'FAILED'],
  ['100 MB of progress in one line', script(zeros('100M', '$LONGSHORE_PROGRESS')), 'SUCCEED'],
])('of %s', async (_what, spec, status) => {
  expect(await grownBy(async () => expect(await run(spec)).toBe(status))).toBeLessThan(SLACK_MB);
});

it('of ten bodies of 10 MB', async () => {
  const large = JSON.stringify({ spec: { name: 'large', type: 'shell', description: 'x'.repeat(10_000_000) } });
  const grown = await grownBy(async () => {
    for (let i = 0; i < 10; i++) expect(await up.fetch('POST', '/api/v1/jobs', large)).toMatchObject({ status: 413 });
  });
  expect(grown).toBeLessThan(SLACK_MB);
});

it('of a receiver that answers without end', async () => {
  const endless = await startReceiver((response) => {
    response.writeHead(200, { 'content-length': String(10 * 2 ** 30) });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(1_000_000)));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  const grown = await grownBy(async () => {
    expect(await run({ ...script('true'), webhook: { url: endless.url, events: ['ended'] } })).toBe('SUCCEED');
    await expect.poll(() => endless.received.length).toBe(1);
  });
  expect(grown).toBeLessThan(SLACK_MB);
  await endless.stop();
});
