// Lets the SDK download its own development server into the folder given as argument, and prints the program's path.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';

const folder = process.argv[2] ?? '.';
const environment = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir: folder } } });
await environment.teardown();
const program = (await readdir(folder)).find((file) => file.startsWith('temporal-sdk-typescript-'));
process.stdout.write(join(folder, program ?? ''));
