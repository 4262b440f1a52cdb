// Runs of DAGs: create, read, and what people do to them and to their nodes.
import type { Handlers } from '../route.ts';
import { defined, requestIdOf } from '../request.ts';

type Read = 'listRuns' | 'getRun' | 'runSpec' | 'listNodes' | 'getNode' | 'runGraph' | 'runTimeline' | 'runFeeds' | 'runOutputs';
type OfRun = 'createRun' | 'killRun' | 'rerunRun' | 'pauseRun' | 'resumeRun' | 'signalRun';
type OfNode = 'markNode' | 'skipNode' | 'disableNode' | 'enableNode' | 'approveNode';

export const runHandlers: Pick<Handlers, Read | OfRun | OfNode> = {
  createRun: async ({ core, caller, body, req, res }) => {
    const run = await core.createRun(caller, { ...body, requestId: requestIdOf(req, body.requestId) });
    res.location(`/api/v1/runs/${run.id}`);
    return run;
  },
  listRuns: async ({ core, caller, query: { parent, ...query } }) =>
    await core.listRuns(caller, { ...defined(query), ...(parent === 'none' && { parent: false }) }),
  getRun: async ({ core, caller, params }) => await core.getRun(caller, { runId: params.id }),
  runSpec: async ({ core, caller, params }) => await core.runSpec(caller, { runId: params.id }),
  listNodes: async ({ core, caller, params, query }) => await core.listNodes(caller, { ...query, runId: params.id }),
  getNode: async ({ core, caller, params, query: { item, ...query } }) =>
    await core.getNode(caller, { ...query, item: itemOf(item), runId: params.id, node: params.node }),
  runGraph: async ({ core, caller, params }) => await core.runGraph(caller, { runId: params.id }),
  runTimeline: async ({ core, caller, params, query }) => await core.runTimeline(caller, { ...query, runId: params.id }),
  runFeeds: async ({ core, caller, params }) => await core.runFeeds(caller, { runId: params.id }),
  runOutputs: async ({ core, caller, params, query }) => await core.runOutputs(caller, { ...query, runId: params.id }),

  killRun: async ({ core, caller, params, body }) => await core.killRun(caller, { ...body, runId: params.id }),
  rerunRun: async ({ core, caller, params, body: { dryRun, ...body }, res }) => {
    const args = { ...body, runId: params.id };
    if (dryRun !== true) return await core.rerunRun(caller, args);
    res.status(200);
    return await core.planRerunOf(caller, args);
  },
  pauseRun: async ({ core, caller, params, body }) => await core.pauseRun(caller, { ...body, runId: params.id }),
  resumeRun: async ({ core, caller, params, body }) => await core.resumeRun(caller, { ...body, runId: params.id }),
  signalRun: async ({ core, caller, params, body }) => await core.signalRun(caller, { ...body, runId: params.id }),

  markNode: async ({ core, caller, params, body }) => await core.markNode(caller, { ...body, runId: params.id, node: params.node }),
  skipNode: async ({ core, caller, params, body }) => await core.skipNode(caller, { ...body, runId: params.id, node: params.node }),
  disableNode: async ({ core, caller, params, body }) => await core.disableNode(caller, { ...body, runId: params.id, node: params.node }),
  enableNode: async ({ core, caller, params, body }) => await core.enableNode(caller, { ...body, runId: params.id, node: params.node }),
  approveNode: async ({ core, caller, params, body }) => await core.approveNode(caller, { ...body, runId: params.id, node: params.node }),
};

const itemOf = (text: string | undefined): number | 'final' | undefined => (text === undefined || text === 'final' ? text : Number(text));
