// What Longshore needs of a Temporal service: that it answers, keeps histories long enough, and knows our search attributes.
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { SEARCH_ATTRIBUTES } from '../specs/search-attributes.ts';
import { StartError } from '../start-error.ts';

const KEYWORD = 2;
const ASK_LIMIT_MS = 2_000;

/** Waits until the service at `address` answers for `namespace`. Throws after `limitMs`, or at once what `failed` returns. */
export async function untilServing(
  address: string,
  options: { namespace?: string; limitMs: number; failed?: () => Error | undefined },
): Promise<void> {
  const deadline = Date.now() + options.limitMs;
  for (;;) {
    const connection = Connection.lazy({ address, interceptors: [] });
    try {
      const ask = () => connection.workflowService.describeNamespace({ namespace: options.namespace ?? 'default' });
      await connection.withDeadline(Date.now() + ASK_LIMIT_MS, ask);
      return;
    } catch (cause) {
      const failure = options.failed?.();
      if (failure !== undefined) throw failure;
      if (Date.now() > deadline) throw new Error(`Temporal does not answer at ${address} for namespace ${options.namespace ?? 'default'}`, { cause });
      await delay(50);
    } finally {
      await connection.close();
    }
  }
}

/** Keeps closed histories for so many days. */
export async function keepHistories(connection: Connection, namespace: string, days: number): Promise<void> {
  const seconds = days * 86_400;
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) === seconds) return;
  const retention = { workflowExecutionRetentionTtl: { seconds } } as object;
  await connection.workflowService.updateNamespace({ namespace, config: retention });
}

/**
 * Registers the search attributes that the namespace does not have. Where that is not allowed, the error says what an
 * administrator must run.
 */
export async function registerSearchAttributes(connection: Connection, namespace: string, logger: Logger): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = SEARCH_ATTRIBUTES.filter((name) => customAttributes?.[name] === undefined);
  if (missing.length === 0) return;
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])) });
  } catch (cause) {
    const names = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    throw new StartError(`Search attributes are missing. Run: temporal operator search-attribute create --namespace ${namespace} ${names}`, {
      cause,
    });
  }
  logger.info({ missing }, 'search attributes registered');
}
