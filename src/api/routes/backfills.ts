// Backfills: create or only plan, look, pause, resume, kill.
import type { Handlers } from '../route.ts';
import { requestIdOf } from '../request.ts';

type Names = 'createBackfill' | 'listBackfills' | 'getBackfill' | 'listBackfillCycles' | 'pauseBackfill' | 'resumeBackfill' | 'killBackfill';

export const backfillHandlers: Pick<Handlers, Names> = {
  createBackfill: async ({ core, caller, body: { dryRun, requestId, ...args }, req, res }) => {
    if (dryRun === true) {
      res.status(200);
      return await core.previewBackfill(caller, args);
    }
    const backfill = await core.createBackfill(caller, { ...args, requestId: requestIdOf(req, requestId) });
    res.location(`/api/v1/backfills/${backfill.id}`);
    return backfill;
  },
  listBackfills: async ({ core, caller, query }) => await core.listBackfills(caller, query),
  getBackfill: async ({ core, caller, params }) => await core.getBackfill(caller, params),
  listBackfillCycles: async ({ core, caller, params, query }) => await core.listBackfillCycles(caller, { ...query, ...params }),
  pauseBackfill: async ({ core, caller, params, body: { id: message, ...body } }) =>
    await core.pauseBackfill(caller, { ...body, ...params, message }),
  resumeBackfill: async ({ core, caller, params, body: { id: message } }) => await core.resumeBackfill(caller, { ...params, message }),
  killBackfill: async ({ core, caller, params, body: { id: message, ...body } }) => await core.killBackfill(caller, { ...body, ...params, message }),
};
