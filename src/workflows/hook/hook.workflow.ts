// The webhooks of one job: one after the other, in order, each tried for a day, then dead-lettered.
import {
  ActivityFailure,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Delivery, DutyActivities } from '../../specs/activities.ts';
import { HOOK_SIGNAL } from '../../specs/messages.ts';

/** Start input; all of it may be missing, because `deliver` comes by signal-with-start. */
export interface HookInput {
  /** How long after its event a delivery is given up, in milliseconds. Default 24 h. */
  readonly giveUpMs?: number;
  /** Deliveries carried over a continue-as-new. */
  readonly waiting?: readonly Delivery[];
}

const GIVE_UP_MS = 24 * 3_600_000;
/** However old an event is, it is tried for so long. */
const LEAST_MS = 60_000;

const { deadLetter } = proxyActivities<DutyActivities>({ startToCloseTimeout: '1 min', retry: { maximumInterval: '1 min' } });

/** Ends when nothing waits; a delivery that comes later starts it again by signal-with-start. */
export async function hook(input: HookInput = {}): Promise<void> {
  const waiting: Delivery[] = [...(input.waiting ?? [])];
  setHandler(defineSignal<[Delivery]>(HOOK_SIGNAL), (delivery) => {
    if (isDelivery(delivery) && !waiting.some(({ id }) => id === delivery.id)) waiting.push(delivery);
  });
  // The signal that started this run is handed over at the first turn.
  await condition(() => waiting.length > 0, '10 s');
  while (waiting.length > 0) {
    const delivery = waiting[0]!;
    await send(delivery, input.giveUpMs ?? GIVE_UP_MS);
    waiting.shift();
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof hook>({ ...input, waiting });
  }
}

async function send(delivery: Delivery, giveUpMs: number): Promise<void> {
  const { deliver } = proxyActivities<DutyActivities>({
    startToCloseTimeout: '1 min',
    scheduleToCloseTimeout: Math.max(LEAST_MS, Date.parse(delivery.event.at) + giveUpMs - Date.now()),
    retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 h' },
    summary: `event ${delivery.event.seq}`,
  });
  try {
    await deliver(delivery);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    await deadLetter({ delivery, error: error.cause?.message ?? error.message });
  }
}

const isDelivery = (value: unknown): value is Delivery => {
  const { id, event, url } = (value ?? {}) as Partial<Delivery>;
  return typeof id === 'string' && typeof url === 'string' && typeof event === 'object' && event !== null && !Number.isNaN(Date.parse(event.at));
};
