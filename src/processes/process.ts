// The frame of every long-running command: configuration, log, fault plan, signals; the first signal drains, the second ends at once.
import type { Logger } from 'pino';
import { cliEnvironment, faultPlan, loadConfig, type ConfigFlags, type LoadedConfig } from '../config.ts';
import { installFaultPlan } from './faults.ts';
import { createLogger, installTemporalRuntime } from './logger.ts';

/** What a command starts: it runs until `stop` has drained it, or `failed` rejects. */
export interface Running {
  /** Rejects when it cannot go on; never resolves. */
  readonly failed: Promise<never>;
  /** Takes nothing new, waits for what is under way, closes. Twice is once. */
  stop(): Promise<void>;
}
export interface ProcessContext {
  readonly loaded: LoadedConfig;
  readonly logger: Logger;
  /** Aborted by the first signal, so that a start that waits for something gives up. */
  readonly signal: AbortSignal;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const FORCED = 130;

/** Starts, waits for a signal or a failure, drains. Resolves with the exit code; throws what `start` or the running thing threw. */
export async function runProcess(flags: ConfigFlags, start: (context: ProcessContext) => Promise<Running>): Promise<number> {
  const loaded = loadConfig(flags);
  const logger = createLogger({ color: !cliEnvironment().noColor });
  const plan = faultPlan();
  if (plan !== undefined) installFaultPlan(plan);
  installTemporalRuntime(logger);
  const asked = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked.signal.aborted) process.exit(FORCED);
    logger.info(`${signal}: draining; once more ends at once`);
    asked.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  // A promise that a plug-in forgot must not end the jobs of everybody else; what anything of ours waits for is not forgotten.
  const onForgotten = (reason: unknown): void => logger.error({ err: reason }, 'a promise that nobody waited for was rejected; please report it');
  process.on('unhandledRejection', onForgotten);
  try {
    const running = await start({ loaded, logger, signal: asked.signal });
    try {
      await Promise.race([running.failed, aborted(asked.signal)]);
    } finally {
      await running.stop();
    }
    return 0;
  } catch (error) {
    if (asked.signal.aborted && (error as Error).name === 'AbortError') return 0;
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.off('unhandledRejection', onForgotten);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Closes in the order given, each even when one before failed; throws the first failure at the end. */
export async function inOrder(steps: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
