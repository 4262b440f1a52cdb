// The adapter `yarn` on a real YARN keeps the contract that every adapter keeps.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { yarn } from '../../../src/adapters/yarn/index.ts';
import { describeAdapterConformance } from '../../adapters/conformance.ts';
import { startYarn, type YarnCluster } from './cluster.ts';
import { clusterSpec } from './document.ts';

let running: YarnCluster;
let dataDir: string;

beforeAll(async () => {
  [running, dataDir] = await Promise.all([startYarn(), mkdtemp(join(tmpdir(), 'longshore-conformance-'))]);
});
afterAll(async () => {
  await running.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describeAdapterConformance('yarn', async () => ({
  type: yarn,
  cluster: { ...clusterSpec(running), version: 1, workers: 'default', engines: {}, givesIds: true },
  host: { workerId: 'conformance', dataDir },
}));
