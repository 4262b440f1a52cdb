// What a running job says between two changes of its status: its watcher tells Temporal with each heartbeat, and nothing is stored.
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { isEnd, type Status } from '../specs/status.ts';
import { firstValue } from '../temporal/payloads.ts';
import { fresh } from './fresh.ts';
import { ask } from './temporal.ts';

/** The activity whose heartbeats tell it. */
const WATCHED = 'describe';
/** A view does not wait longer for what is only news. */
const DEADLINE_MS = 1_000;
/** An answer serves everybody who asks within so long: it changes about as often, and many may look at one job. */
const FRESH_MS = 1_000;

export interface LiveNews {
  /** Last line of the progress file. */
  readonly progress?: string;
  readonly trackingUrl?: string;
  /** What is wrong with watching it, in words: its log cannot be stored, say. */
  readonly alarm?: string;
}

/** A job whose workflow is asked: its own, or its run's, which watches many and knows each by the id of its handle. */
interface Watched {
  readonly owner: string;
  readonly run?: string;
  readonly status: Status;
}

export interface Live {
  /**
   * Undefined for a job that is not running, or when Temporal does not say. `handle`: the id of its newest attempt's, which is asked for where it
   * is needed. At most a second old. Never throws.
   */
  of(job: Watched, handle: () => Promise<string | undefined>): Promise<LiveNews | undefined>;
}

export function createLive(temporal: Client, logger: Logger): Live {
  async function look(workflowId: string): Promise<readonly Told[]> {
    try {
      const { raw } = await ask(temporal, () => temporal.workflow.getHandle(workflowId).describe(), DEADLINE_MS);
      const watched = (raw.pendingActivities ?? []).filter(({ activityType }) => activityType?.name === WATCHED);
      return await Promise.all(watched.map(async ({ heartbeatDetails }) => toldBy(await firstValue<Told>(temporal, heartbeatDetails?.payloads))));
    } catch (error) {
      logger.debug({ err: error, workflowId }, 'Temporal does not say how a running job is getting on');
      return [];
    }
  }

  const lookOnce = fresh(FRESH_MS, look);
  return {
    async of({ owner, run, status }, handle) {
      if (isEnd(status) || status === 'CREATED' || status === 'ACCEPTED') return undefined;
      const told = await lookOnce(owner);
      const id = run === undefined ? undefined : await handle();
      const own = run === undefined ? told[0] : told.find((one) => one.handle !== undefined && one.handle === id);
      if (own === undefined) return undefined;
      const { handle: _handle, ...news } = own;
      return news;
    },
  };
}

/** What a watcher's heartbeat holds. */
type Told = LiveNews & { readonly handle?: string };

/** Anything may stand in a heartbeat. */
function toldBy({ handle, progress, trackingUrl, alarm }: Told = {}): Told {
  return {
    ...(typeof handle === 'string' && { handle }),
    ...(typeof progress === 'string' && { progress }),
    ...(typeof trackingUrl === 'string' && { trackingUrl }),
    ...(typeof alarm === 'string' && { alarm }),
  };
}
