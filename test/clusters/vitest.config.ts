// The tests of real clusters, one file after the other, with the machine for themselves: npm run test:clusters. They need Java, Maven, Python and,
// the first time, the network.
import base from '../../vitest.config.ts';

export default {
  ...base,
  test: {
    ...base.test,
    // Temporal has no part in these.
    globalSetup: [],
    include: ['test/clusters/**/*.cluster.test.ts'],
    exclude: [],
    setupFiles: ['test/clusters/setup.ts', 'test/setup.ts'],
    sequence: { setupFiles: 'list' },
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 300_000,
    // The first cluster may have to download hundreds of megabytes.
    hookTimeout: 900_000,
  },
};
