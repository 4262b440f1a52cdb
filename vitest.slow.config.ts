// The tests that take gigabytes, or measure time and memory: one file after the other, with the machine for themselves. npm run test:slow.
import base from './vitest.config.ts';

export default { ...base, test: { ...base.test, include: ['test/**/*.slow.test.ts'], exclude: [], maxWorkers: 1, testTimeout: 300_000 } };
