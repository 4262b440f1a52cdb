// Jobs that began under an earlier version must go on under this one: every recorded history replays.
import { beforeAll, expect, test } from 'vitest';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { History } from '../histories/history.ts';
import { quietTemporal, workflowBundle } from '../helpers/temporal.ts';

const FOLDER = join(import.meta.dirname, '..', 'histories');
const recordings = readdirSync(FOLDER, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.json'))
  .sort();

let bundle: WorkflowBundle;
beforeAll(async () => {
  quietTemporal();
  bundle = await workflowBundle();
});

test('there are recordings', () => {
  expect(recordings.length).toBeGreaterThanOrEqual(8);
});

test.each(recordings)('%s replays', async (file) => {
  const history = History.fromObject(JSON.parse(await readFile(join(FOLDER, file), 'utf8')) as object);
  await Worker.runReplayHistory({ workflowBundle: bundle }, history, `job:etl:~${file}`);
});
