// What operators look at, and the duties they start by hand.
import type { Handlers } from '../route.ts';

type Names = 'queues' | 'workers' | 'audit' | 'deadLetters' | 'rebuild' | 'prune';

export const operationHandlers: Pick<Handlers, Names> = {
  queues: async ({ core, caller }) => await core.queues(caller),
  workers: async ({ core, caller }) => await core.workers(caller),
  audit: async ({ core, caller, query }) => {
    const { items, next } = await core.audit(caller, query);
    return { items: items.map((entry) => ({ ...entry })), ...(next !== undefined && { next }) };
  },
  deadLetters: async ({ core, caller, query }) => await core.deadLetters(caller, query),
  rebuild: async ({ core, caller }) => await core.rebuild(caller, undefined),
  prune: async ({ core, caller, body }) => await core.prune(caller, body),
};
