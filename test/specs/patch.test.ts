// Changes that come by raw signals: a workflow takes what the schema of the API takes, and nothing that it could not go on with.
import { expect, it } from 'vitest';
import { jobPatchSchema } from '../../src/specs/job.schema.ts';
import { readPatch } from '../../src/specs/patch.ts';

const USABLE: readonly object[] = [
  { resources: {} },
  { resources: { cpu: 0.5, memory: '2Gi' } },
  { env: { MODE: '', _x1: 'y' } },
  { secrets: { DB_PASSWORD: 'warehouse-password' } },
  { timeouts: { run: '1h30m' } },
  { retry: { attempts: 3 } },
  { priority: 1, queue: 'fast' },
];
const UNUSABLE: readonly object[] = [
  { resources: { memory: 'lots' } },
  { resources: { memory: 5 } },
  { resources: { memory: '9000Ti' } },
  { resources: { cpu: 'all' } },
  { resources: { cpu: 0 } },
  { resources: { cpu: 1025 } },
  { resources: null },
  { env: { LONGSHORE_OUTPUT: '/tmp/x' } },
  { env: { 'A=B': '1' } },
  { env: { '': '1' } },
  { env: { PWD: '/' } },
  { env: { A: 'a\0b' } },
  { secrets: { LONGSHORE_KEY: 'k' } },
  { secrets: { A: 'No Name' } },
  { timeouts: { run: 'soon' } },
  { priority: 11 },
  { nonsense: 1 },
];

it.each(USABLE)('%j can be used', (patch) => {
  expect(readPatch(patch)).toMatchObject({ patch, refused: [] });
  expect(jobPatchSchema.safeParse(patch)).toMatchObject({ success: true });
});

it.each(UNUSABLE)('%j cannot', (patch) => {
  expect(readPatch(patch)).toEqual({ patch: {}, refused: Object.keys(patch) });
  expect(jobPatchSchema.safeParse(patch)).toMatchObject({ success: false });
});
