// Jobs: create, read, and what people do to them.
import { pipeline } from 'node:stream/promises';
import { defined, requestIdOf } from '../request.ts';
import type { Handlers } from '../route.ts';

type Names = 'createJob' | 'listJobs' | 'getJob' | 'killJob' | 'rerunJob' | 'resolveJob' | 'modifyJob' | 'jobOutputs' | 'jobOutput';

export const jobHandlers: Pick<Handlers, Names> = {
  createJob: async ({ core, caller, body, req, res }) => {
    const job = await core.createJob(caller, { ...body, requestId: requestIdOf(req, body.requestId) });
    res.location(`/api/v1/jobs/${job.id}`);
    return job;
  },
  listJobs: async ({ core, caller, query: { label, run, ...query } }) =>
    await core.listJobs(caller, { ...defined(query), ...labelOf(label), ...runFilter(run) }),
  getJob: async ({ core, caller, params }) => await core.getJob(caller, { jobId: params.id }),
  killJob: async ({ core, caller, params, body }) => await core.killJob(caller, { ...body, jobId: params.id }),
  rerunJob: async ({ core, caller, params, body }) => await core.rerunJob(caller, { ...body, jobId: params.id }),
  resolveJob: async ({ core, caller, params, body }) => await core.resolveJob(caller, { ...body, jobId: params.id }),
  modifyJob: async ({ core, caller, params, body }) => await core.modifyJob(caller, { ...body, jobId: params.id }),
  jobOutputs: async ({ core, caller, params }) => await core.jobOutputs(caller, { jobId: params.id }),
  jobOutput: async ({ core, caller, params, res }) => {
    const output = await core.jobOutput(caller, { jobId: params.id, name: params.name });
    if ('value' in output) {
      res.json(output.value);
      return;
    }
    // A stranger's file: offered to save, never shown by a browser as what its name claims.
    res.attachment(output.name).type('application/octet-stream').set('Content-Length', String(output.size));
    await pipeline(output.file, res);
  },
};

const runFilter = (run: string | undefined) => (run === undefined ? {} : { run: run === 'none' ? (false as const) : run });

function labelOf(label: string | undefined) {
  if (label === undefined) return {};
  const at = label.indexOf('=');
  return { label: { name: label.slice(0, at), value: label.slice(at + 1) } };
}
