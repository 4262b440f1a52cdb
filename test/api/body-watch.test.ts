// A body that stands still is broken off; an answer that takes long is not.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { bodyWatch } from '../../src/api/body-watch.ts';

test('a body that stands still is broken off, an answer is waited for', async () => {
  const app = express();
  const gate = Promise.withResolvers<void>();
  app.use(bodyWatch(100));
  app.post('/', (req, res) => {
    req.resume().once('end', () => void gate.promise.then(() => res.send('done')));
    req.once('error', () => undefined);
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const whole = fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'all of it' });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
  // The whole one stood as still as long when this is closed.
  await once(socket, 'close');
  const again = connect(port, '127.0.0.1');
  again.on('error', () => undefined);
  again.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
  await once(again, 'close');
  gate.resolve();
  const answer = await whole;
  expect([answer.status, await answer.text()]).toEqual([200, 'done']);
});
