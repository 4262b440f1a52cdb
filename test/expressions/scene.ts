// One DAG's names and values, as most tests of expressions use them.
import type { Declarations, Values } from '../../src/expressions/types.ts';

export const DECLARED = {
  params: { day: 'date', n: 'int', ratio: 'float', flag: 'bool', tags: 'json', text: 'string' },
  cycle: true,
  nodes: {
    extract: { outputs: { rows: 'int', table: 'file' }, each: true },
    'load-orders': { outputs: { rows: 'int', share: 'float' } },
    sub: {},
  },
  notUpstream: ['report'],
} as const satisfies Declarations;

export const VALUES: Values = {
  params: { day: '2026-11-25', n: 3, ratio: 3, flag: true, tags: { a: 1, b: [1.5, 2], 'x-y': null }, text: 'it\'s "so"' },
  cycle: {
    planned: '2026-11-26T06:00:00+01:00',
    dataDate: '2026-11-25',
    previous: '2026-11-25T06:00:00+01:00',
    zone: 'Europe/Berlin',
  },
  nodes: { extract: { status: 'SUCCEED', attempt: 2 }, 'load-orders': { status: 'FAILED', attempt: 1, code: 'EXIT_CODE' } },
  outputs: {
    extract: [
      { rows: 3, table: { name: 'a.csv', sha256: 'aa', size: 10 } },
      { rows: 5, table: { name: 'b.csv', sha256: 'bb', size: 20 } },
    ],
  },
  run: { id: '17', app: 'etl', dag: 'flights', version: 4, startedAt: '2026-11-26T05:00:07Z', by: 'schedule' },
};
