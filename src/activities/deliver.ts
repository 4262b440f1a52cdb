// One signed POST of one event, by the Standard Webhooks convention: same id on every try, so that a receiver can drop what it has.
import { ApplicationFailure } from '@temporalio/common';
import { Webhook } from 'standardwebhooks';
import { crashPoint } from '../crash-points.ts';
import type { Delivery } from '../specs/activities.ts';
import { hasCode } from '../specs/errors.ts';
import type { Hooks } from '../store/contract.ts';
import { post, type OutgoingOptions } from './outgoing.ts';

/** The receiver wants no more of these. */
const GONE = 410;

/** Body of a delivery. */
function body({ jobId, app, event }: Delivery): string {
  const { seq, at, attempt, status, attemptStatus, type, code, blame, reason, by, set } = event;
  const { exitCode, outputs, handle } = set ?? {};
  const shown = { seq, attempt, status, attemptStatus, code, blame, reason, by, exitCode, outputs, handle: handle?.id };
  return JSON.stringify({ type: `job.${type}`, timestamp: at, data: { jobId, app, ...shown } });
}

/** Throws to be tried again; a 410 and a refused address are final. Nothing of the receiver's answer but its status is shown. */
export async function deliver(hooks: Hooks, delivery: Delivery, options: OutgoingOptions): Promise<void> {
  const key = await hooks.signingKey(delivery.app);
  const text = body(delivery);
  const sentAt = new Date();
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'longshore',
    'webhook-id': delivery.id,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
    'webhook-signature': new Webhook(key).sign(delivery.id, sentAt, text),
  };
  crashPoint('hook.before-post');
  let status: number;
  try {
    status = await post(delivery.url, headers, text, options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (hasCode(error, 'FORBIDDEN')) throw ApplicationFailure.nonRetryable(reason, 'FORBIDDEN');
    throw ApplicationFailure.retryable(reason, 'WEBHOOK_UNREACHABLE');
  }
  crashPoint('hook.after-post');
  if (status >= 200 && status < 300) return;
  if (status === GONE) throw ApplicationFailure.nonRetryable('the receiver answers 410: it wants no more', 'WEBHOOK_GONE');
  throw ApplicationFailure.retryable(`the receiver answers ${status}`, 'WEBHOOK_REFUSED');
}
