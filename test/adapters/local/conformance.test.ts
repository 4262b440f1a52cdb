// The adapter `local` against the contract, with real processes.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeAdapterConformance } from '../conformance.ts';
import { local } from '../../../src/adapters/local/index.ts';
import { cluster, dataFolder } from './fixture.ts';

describeAdapterConformance('local', async () => {
  const data = await dataFolder();
  return {
    type: local,
    cluster,
    host: { workerId: 'w1', dataDir: data.path },
    corrupt: async ({ workspace }) => {
      for (const file of ['started', 'exit', 'payload']) await writeFile(join(workspace.latchDir, file), randomBytes(100));
    },
    close: data.remove,
  };
});
