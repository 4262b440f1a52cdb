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

export interface Live {
  /** Undefined for a job that is not running, or when Temporal does not say. At most a second old. Never throws. */
  of(job: { readonly workflowId: string; readonly status: Status }): Promise<LiveNews | undefined>;
}

export function createLive(temporal: Client, logger: Logger): Live {
  async function look(workflowId: string): Promise<LiveNews | undefined> {
    try {
      const { raw } = await ask(temporal, () => temporal.workflow.getHandle(workflowId).describe(), DEADLINE_MS);
      const watched = raw.pendingActivities?.find(({ activityType }) => activityType?.name === WATCHED);
      const { progress, trackingUrl, alarm } = (await firstValue<LiveNews>(temporal, watched?.heartbeatDetails?.payloads)) ?? {};
      return {
        ...(typeof progress === 'string' && { progress }),
        ...(typeof trackingUrl === 'string' && { trackingUrl }),
        ...(typeof alarm === 'string' && { alarm }),
      };
    } catch (error) {
      logger.debug({ err: error, workflowId }, 'Temporal does not say how a running job is getting on');
      return undefined;
    }
  }

  const lookOnce = fresh(FRESH_MS, look);
  return {
    async of({ workflowId, status }) {
      if (isEnd(status) || status === 'CREATED' || status === 'ACCEPTED') return undefined;
      return await lookOnce(workflowId);
    },
  };
}
