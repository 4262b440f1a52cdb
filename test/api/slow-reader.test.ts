// A reader that takes nothing for a while costs the stream nothing that stays.
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { createStreams } from '../../src/api/streams.ts';

test('a stream that waited for its reader many times has no more listeners than one that never did', async () => {
  const streams = createStreams({});
  const listeners: number[] = [];
  const app = express().get('/', async (_req, res) => {
    await streams.send(res, { tokenId: 't', mayGoOn: async () => true }, async function* () {
      for (let i = 0; i < 100; i++) {
        yield { data: 'x'.repeat(1024 * 1024) };
        listeners.push(res.listenerCount('close') + res.listenerCount('drain'));
      }
    });
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const [response] = (await once(get(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), 'response')) as [NodeJS.ReadableStream];
  for await (const _ of response);
  expect(listeners).toHaveLength(100);
  expect(listeners.at(-1)).toBeLessThanOrEqual(listeners[0]!);
});
