import { defineConfig } from 'vitest/config';
import { SecondTry } from './test/reporters/second-try.ts';

const report = process.env.VITEST_JSON_REPORT;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The first needs a Go toolchain and the network, the second the machine for itself, the third real clusters: npm run test:tctl, test:slow,
    // test:clusters.
    exclude: ['test/tctl/**', 'test/**/*.slow.test.ts', 'test/**/*.cluster.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    setupFiles: ['test/setup.ts'],
    reporters: ['default', new SecondTry(), ...(report === undefined ? [] : [['json', { outputFile: report }] as ['json', { outputFile: string }]])],
    // Processes, not threads: the Temporal SDK and better-sqlite3 are native.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is polled comes from real processes on a busy machine: a second, the default, is luck.
    expect: { poll: { timeout: 20_000 } },
    // Real servers and processes on a shared machine: a test may miss its time once. One that fails twice is broken.
    retry: process.env.CI === undefined ? 0 : 1,
  },
});
