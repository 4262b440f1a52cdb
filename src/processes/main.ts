// The long-running commands, for the command line: each resolves with an exit code.
import type { ConfigFlags } from '../config.ts';
import { registerSearchAttributes } from '../temporal/service.ts';
import { lockDataFolder } from './lock.ts';
import { inOrder, runProcess } from './process.ts';
import { createRuntime, createWorkerRuntime } from './runtime.ts';
import { startScheduler } from './scheduler.ts';
import { startWorker } from './worker.ts';

export { runApi } from './api.ts';
export { runUp, type UpFlags } from './up.ts';

/** `longshore scheduler`. */
export async function runScheduler(flags: ConfigFlags): Promise<number> {
  return await runProcess(flags, async ({ loaded, logger, signal }) => {
    const runtime = await createRuntime({ loaded, logger, workers: true, signal });
    const { connection, namespace } = runtime.temporal;
    await registerSearchAttributes(connection, namespace, logger);
    const scheduler = await startScheduler(runtime);
    logger.info('scheduler is running');
    return { failed: scheduler.failed, stop: () => inOrder([() => scheduler.stop(), () => runtime.close()]) };
  });
}

/** `longshore worker`. */
export async function runWorker(flags: ConfigFlags): Promise<number> {
  return await runProcess(flags, async ({ loaded, logger, signal }) => {
    // First, so that a second one is refused at once, also while Temporal cannot be reached.
    const unlock = lockDataFolder(loaded.config.data, 'worker');
    const runtime = await createWorkerRuntime({ loaded, logger, workers: true, signal });
    const worker = await startWorker(runtime);
    logger.info({ group: loaded.config.worker.group }, 'worker is running');
    return { failed: worker.failed, stop: () => inOrder([() => worker.stop(), () => runtime.close(), unlock]) };
  });
}
