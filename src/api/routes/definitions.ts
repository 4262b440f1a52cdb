// Definitions: Job, Dag, Cluster and App documents with their versions.
import type { Request, Response } from 'express';
import { fieldError, invalid } from '../../specs/validate.ts';
import type { Kind } from '../../specs/documents.schema.ts';
import type { DefinitionView } from '../../specs/views.schema.ts';
import type { Handler, Handlers } from '../route.ts';

type Put = 'putJobDefinition' | 'putDag' | 'putCluster' | 'putApp';
type Remove = 'deleteJobDefinition' | 'deleteDag' | 'deleteCluster' | 'deleteApp';
type Read = 'listDefinitions' | 'getDefinition' | 'definitionVersions' | 'diffDefinition';
type Change = 'rollbackDefinition' | 'validateDefinition';

const KIND_OF = { jobs: 'Job', dags: 'Dag', clusters: 'Cluster', apps: 'App' } as const satisfies Record<string, Kind>;

const put =
  (kind: Kind): Handler<Put> =>
  async ({ core, caller, params, body, req, res }) =>
    tagged(res, await core.putDefinition(caller, { kind, name: params.name, spec: body, ifVersion: ifVersion(req) }));

const remove =
  (kind: Kind): Handler<Remove> =>
  async ({ core, caller, params }) =>
    await core.removeDefinition(caller, { kind, name: params.name });

export const definitionHandlers: Pick<Handlers, Put | Remove | Read | Change> = {
  listDefinitions: async ({ core, caller, params, query }) => await core.listDefinitions(caller, { ...query, kind: KIND_OF[params.kind] }),
  getDefinition: async ({ core, caller, params, query, res }) =>
    tagged(res, await core.getDefinition(caller, { kind: KIND_OF[params.kind], name: params.name, version: query.version })),
  definitionVersions: async ({ core, caller, params, query }) =>
    await core.definitionVersions(caller, { ...query, kind: KIND_OF[params.kind], name: params.name }),
  diffDefinition: async ({ core, caller, params, query }) =>
    await core.diffDefinition(caller, { ...query, kind: KIND_OF[params.kind], name: params.name }),
  rollbackDefinition: async ({ core, caller, params, body, req, res }) =>
    tagged(
      res,
      await core.rollbackDefinition(caller, { kind: KIND_OF[params.kind], name: params.name, version: body.version, ifVersion: ifVersion(req) }),
    ),
  validateDefinition: async ({ core, caller, params, body }) =>
    await core.validateDefinition(caller, { kind: KIND_OF[params.kind], name: params.name, spec: body }),
  putJobDefinition: put('Job'),
  putDag: put('Dag'),
  putCluster: put('Cluster'),
  putApp: put('App'),
  deleteJobDefinition: remove('Job'),
  deleteDag: remove('Dag'),
  deleteCluster: remove('Cluster'),
  deleteApp: remove('App'),
};

/** The version as ETag, to be sent back as If-Match. */
function tagged(res: Response, view: DefinitionView): DefinitionView {
  res.set('ETag', `"${view.version}"`);
  return view;
}

/** `If-Match: "3"`: only if 3 is the newest; `If-None-Match: *`: only if there is none. */
function ifVersion(req: Request): number | undefined {
  const match = req.get('if-match');
  if (match === undefined) return req.get('if-none-match') === '*' ? 0 : undefined;
  const version = /^"?(\d{1,9})"?$/.exec(match)?.[1];
  if (version === undefined) throw invalid([fieldError(['If-Match'], 'must be a version such as "3"', match)]);
  return Number(version);
}
