// Whether the things a request needs answer: for load balancers, in one cheap round trip each.
import type { Deps } from './deps.ts';
import { ask } from './temporal.ts';

const PATIENCE_MS = 2_000;

export interface Health {
  readonly status: 'ok' | 'failing';
  readonly checks: Record<'store' | 'temporal', 'ok' | 'unreachable'>;
}

export async function health(deps: Deps): Promise<Health> {
  const [store, temporal] = await Promise.all([check(deps, 'store', () => deps.store.ping()), check(deps, 'temporal', () => pingTemporal(deps))]);
  return { status: store === 'ok' && temporal === 'ok' ? 'ok' : 'failing', checks: { store, temporal } };
}

async function check(deps: Deps, name: string, ping: () => Promise<unknown>): Promise<'ok' | 'unreachable'> {
  try {
    await ping();
    return 'ok';
  } catch (error) {
    deps.logger.warn({ err: error, check: name }, 'not ready');
    return 'unreachable';
  }
}

const pingTemporal = (deps: Deps): Promise<unknown> =>
  ask(deps.temporal, () => deps.temporal.workflowService.describeNamespace({ namespace: deps.temporal.options.namespace }), PATIENCE_MS);
