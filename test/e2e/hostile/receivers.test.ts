// Webhook receivers that are slow, endless, lying or not to be reached: they cost their own job's deliveries and nothing else.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver, type Receiver } from '../../helpers/receiver.ts';
import { script, startUp, type Up } from './up.ts';

const ends: (() => unknown)[] = [];
/** A receiver that is stopped in the end. */
async function listening(...how: Parameters<typeof startReceiver>): Promise<Receiver> {
  const receiver = await startReceiver(...how);
  ends.push(() => receiver.stop());
  return receiver;
}

let open: Up;
let guarded: Up;
beforeAll(async () => {
  [open, guarded] = await Promise.all([startUp({ webhooks: { allowPrivate: true } }), startUp()]);
});
afterAll(async () => {
  await Promise.all([...ends.map((end) => end()), open?.stop(), guarded?.stop()]);
});

const dead = async () => (await guarded.client.call('deadLetters', { query: { limit: 100 } })).items;
const withHook = (url: string, events = ['ended']) => ({ ...script('true'), webhook: { url, events } });

describe('a receiver', () => {
  it('that is slow, however many of its jobs there are, holds up neither jobs nor the deliveries of others', async () => {
    const slow = await listening(() => undefined);
    const good = await listening();
    await open.unharmed(async () => {
      const jobs = await Promise.all(Array.from({ length: 40 }, () => open.create(withHook(slow.url))));
      for (const { id } of jobs) expect(await open.ended(id)).toMatchObject({ status: 'SUCCEED' });
      await expect.poll(() => slow.received.length).toBeGreaterThanOrEqual(10);
      const job = await open.create(withHook(good.url));
      await expect.poll(() => good.received.map(({ headers }) => headers['webhook-id'])).toEqual([expect.stringContaining(job.id)]);
    });
  });

  it('that answers without end is not listened to', async () => {
    let sent = 0;
    const endless = await listening((response) => {
      response.writeHead(200, { 'content-length': String(10 * 2 ** 30) });
      const chunk = Buffer.alloc(1_000_000);
      const go = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
        if (!response.destroyed) response.once('drain', go);
      };
      go();
    });
    await open.unharmed(async () => {
      const job = await open.create(withHook(endless.url));
      expect(await open.ended(job.id)).toMatchObject({ status: 'SUCCEED' });
      await expect.poll(() => endless.received.length).toBe(1);
    });
    expect(sent).toBeLessThan(100_000_000);
    expect(endless.received).toHaveLength(1);
  });

  it('that redirects is not followed', async () => {
    const inside = await listening((response) => response.end('secret of the inside'));
    const redirecting = await listening((response) => {
      response.writeHead([301, 302, 307, 308][(redirecting.received.length - 1) % 4]!, { location: inside.url }).end();
    });
    const job = await open.create(withHook(redirecting.url));
    expect(await open.ended(job.id)).toMatchObject({ status: 'SUCCEED' });
    await expect.poll(() => redirecting.received.length).toBeGreaterThanOrEqual(4);
    expect(inside.received).toEqual([]);
  });

  it('that speaks no HTTP is only tried again', async () => {
    let connections = 0;
    const rude = createServer((socket) => {
      connections++;
      socket.on('error', () => undefined).end('\0\0\0 this is no HTTP \r\n'.repeat(1_000));
    }).listen(0, '127.0.0.1');
    await once(rude, 'listening');
    ends.push(() => rude.close());
    const job = await open.create(withHook(`http://127.0.0.1:${(rude.address() as AddressInfo).port}/`));
    expect(await open.ended(job.id)).toMatchObject({ status: 'SUCCEED' });
    await expect.poll(() => connections).toBeGreaterThanOrEqual(2);
  });
});

describe('an address of this machine or its network', () => {
  it('gets nothing, however it is written, and the delivery is a dead letter at once', async () => {
    const here = await listening();
    const { port } = new URL(here.url);
    const hosts = ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]', '169.254.169.254', '10.0.0.1'];
    await guarded.unharmed(async () => {
      const jobs = await Promise.all(hosts.map((host) => guarded.create(withHook(`http://${host}:${port}/`))));
      for (const { id } of jobs) expect(await guarded.ended(id)).toMatchObject({ status: 'SUCCEED' });
      await expect.poll(async () => new Set((await dead()).map(({ jobId }) => jobId))).toEqual(new Set(jobs.map(({ id }) => id)));
      for (const { error } of await dead()) expect(error).toMatch(/not an address of the public internet/);
    });
    expect(here.received).toEqual([]);
  });
});
