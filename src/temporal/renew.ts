// Moving to another version of the embedded Temporal server: its database belongs to the version that made it, so it begins anew,
// once nothing in it is needed any more.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { WORKFLOW_TYPES } from '../specs/messages.ts';
import { StartError } from '../start-error.ts';
import { TEMPORAL_CLI } from './binaries.ts';
import { readRecord, serverFiles } from './server-state.ts';
import { startEmbeddedServer, type EmbeddedOptions } from './server.ts';

const OPEN = `ExecutionStatus = 'Running' AND WorkflowType IN ('${WORKFLOW_TYPES.job}', '${WORKFLOW_TYPES.hook}')`;

/**
 * With the kept version: counts jobs and webhook deliveries that have not ended, and refuses while there are any. Then sets the database
 * aside, so that the next start makes a new one with the version that it finds. Jobs of before stay in the store.
 */
export async function renewServer(options: EmbeddedOptions): Promise<void> {
  const files = serverFiles(options.data);
  const record = readRecord(files);
  if (record === undefined) return;
  const server = await startEmbeddedServer({ ...options, given: undefined });
  try {
    const connection = await Connection.connect({ address: server.address });
    const { count } = await new Client({ connection }).workflow.count(OPEN);
    await connection.close();
    if (count > 0) {
      throw new StartError(
        `${count} jobs or webhook deliveries have not ended. Start \`longshore up\` with Temporal ${record.version} (unset TEMPORAL_CLI_PATH), ` +
          `wait for them or kill them, and renew then.`,
      );
    }
  } finally {
    await server.stop();
  }
  const version = record.version.split(' ')[0];
  for (const suffix of ['', '-wal', '-shm']) {
    const file = `${files.database}${suffix}`;
    if (existsSync(file)) renameSync(file, join(files.folder, `temporal-${version}.db${suffix}`));
  }
  rmSync(join(files.bin, TEMPORAL_CLI.name), { force: true });
  rmSync(files.record);
}
