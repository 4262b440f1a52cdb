// P8: the end of every job that asked for it arrives at least once, signed, in order, each event always under the same delivery id.
import { isEnd } from '../../../src/specs/status.ts';
import { groupBy } from './group.ts';
import type { Promised, Violation, WebhookReceived } from './evidence.ts';

export const webhooksArrive: Promised = ({ intents, jobs, webhooks, deadLetters }) => {
  const violations: Violation[] = [];
  for (const { requestId, webhook } of intents) {
    const job = jobs.find((candidate) => candidate.view.requestId === requestId);
    if (!webhook || !job) continue;
    const received = webhooks.filter((delivery) => delivery.jobId === job.view.id);
    for (const message of [...missing(job.events, received, deadLetters), ...malformed(received)])
      violations.push({ promise: 'P8', job: requestId, message });
  }
  return violations;
};

function missing(
  events: readonly { seq: number; type: string; status: WebhookReceived['status'] }[],
  received: readonly WebhookReceived[],
  deadLetters: readonly string[],
): string[] {
  const taken = new Set(received.filter((delivery) => delivery.answered >= 200 && delivery.answered < 300).map((delivery) => delivery.seq));
  const givenUp = new Set(received.filter((delivery) => deadLetters.includes(delivery.id)).map((delivery) => delivery.seq));
  return events
    .filter((event) => event.type === 'status' && isEnd(event.status) && !taken.has(event.seq) && !givenUp.has(event.seq))
    .map((event) => `its end ${event.status} (event ${event.seq}) never arrived`);
}

function malformed(received: readonly WebhookReceived[]): string[] {
  const faults = received.filter((delivery) => !delivery.verified).map((delivery) => `delivery ${delivery.id} has a wrong signature`);
  for (const [seq, tries] of groupBy(received, (delivery) => delivery.seq)) {
    if (new Set(tries.map((delivery) => delivery.id)).size > 1) faults.push(`event ${seq} came under several delivery ids`);
  }
  for (const [id, tries] of groupBy(received, (delivery) => delivery.id)) {
    if (new Set(tries.map((delivery) => delivery.seq)).size > 1) faults.push(`delivery id ${id} stands for several events`);
  }
  const firsts = [...groupBy(received, (delivery) => delivery.seq).keys()];
  if (firsts.some((seq, i) => i > 0 && seq < firsts[i - 1]!)) faults.push(`events came out of order: ${firsts.join(', ')}`);
  return faults;
}
