// Every route of the API in one table: the Express router, the permission check, OpenAPI, the typed client and the
// authorization tests are made from it. A route that is not here does not exist; one without a role would not compile.
import { z } from 'zod';
import { dagSpecSchema } from './dag.schema.ts';
import { DEFINITION_ROUTES } from './definition-routes.schema.ts';
import { appSpecSchema, clusterSpecSchema, jobDefinitionSchema } from './documents.schema.ts';
import { json, name, sha256 } from './fields.schema.ts';
import { JOB_ROUTES } from './job-routes.schema.ts';
import { BACKFILL_ROUTES } from './backfill-routes.schema.ts';
import { SCHEDULE_ROUTES } from './schedule-routes.schema.ts';
import { RUN_ROUTES } from './run-routes.schema.ts';
import { byName, cursor, docsFile, limit, page, definitionKind, defParams, time, type Route } from './route.schema.ts';
import {
  deadLetterViewSchema,
  definitionVersionSchema,
  definitionViewSchema,
  queueViewSchema,
  tokenViewSchema,
  workerViewSchema,
} from './views.schema.ts';

export type { DocsFile, Route } from './route.schema.ts';
export { requestId } from './route.schema.ts';

/** The schema of its kind is the use case's to check, because its complaints name what the address says, too. */
const document = z.record(z.string(), json);
const artifact = z.object({
  sha256: sha256.meta({ description: 'SHA-256 of the file: its name in a spec.' }),
  size: z.number().meta({ description: 'Bytes.' }),
});
const DOCUMENT_NOTE = 'The body is the document: `kind` may stand in it, and `name` may be left out, because the address says both.';

export const ROUTES = {
  live: {
    method: 'get',
    path: '/livez',
    role: 'public',
    summary: 'The process lives',
    status: 200,
    result: z.object({ status: z.literal('ok').meta({ description: 'Always.' }) }),
  },
  ready: {
    method: 'get',
    path: '/readyz',
    role: 'public',
    summary: 'Temporal and the store answer',
    status: 200,
    result: z.object({
      status: z.enum(['ok', 'failing']).meta({ description: 'failing with 503.' }),
      checks: z.record(z.string(), z.string()).meta({ description: 'store and temporal: ok or unreachable.' }),
    }),
  },
  metrics: { method: 'get', path: '/metrics', role: 'viewer', summary: 'Prometheus metrics', status: 200, result: 'stream' },
  openapi: {
    method: 'get',
    path: '/openapi.json',
    role: 'public',
    summary: 'OpenAPI 3.1 of this API',
    status: 200,
    result: z.record(z.string(), z.unknown()),
  },
  schema: {
    method: 'get',
    path: '/schema.json',
    role: 'public',
    summary: 'JSON Schema of documents, for editors',
    status: 200,
    result: z.record(z.string(), z.unknown()),
  },
  docs: { method: 'get', path: '/docs', role: 'public', summary: 'This documentation as a page', status: 200, result: 'stream' },
  docsFile: {
    method: 'get',
    path: '/docs/:file',
    role: 'public',
    summary: 'Files of the documentation page',
    status: 200,
    params: z.object({ file: docsFile }),
    result: 'stream',
  },
  whoami: { method: 'get', path: '/api/v1/whoami', role: 'viewer', summary: 'The token that asks', status: 200, result: tokenViewSchema },
  adapters: {
    method: 'get',
    path: '/api/v1/types',
    role: 'viewer',
    summary: 'Types of clusters and jobs, their strength and pairs',
    status: 200,
    result: z.object({
      clusters: z
        .array(
          z.object({
            type: z.string().meta({ description: 'Type of cluster.' }),
            strength: z.string().meta({ description: 'How a start happens once: by-id, by-name, by-lookup or at-most-once.' }),
            jobTypes: z.array(z.string()).meta({ description: 'Job types that run on it.' }),
          }),
        )
        .meta({ description: 'Types of clusters.' }),
      jobs: z
        .array(
          z.object({
            type: z.string().meta({ description: 'Job type.' }),
            config: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of its config.' }),
          }),
        )
        .meta({ description: 'Job types.' }),
    }),
  },

  ...JOB_ROUTES,
  ...SCHEDULE_ROUTES,
  ...BACKFILL_ROUTES,
  ...RUN_ROUTES,
  listDefinitions: {
    method: 'get',
    path: '/api/v1/definitions/:kind',
    role: 'viewer',
    summary: 'Definitions by name',
    status: 200,
    params: z.object({ kind: definitionKind }),
    result: page(definitionViewSchema),
    query: z.strictObject({ limit, cursor }),
  },
  getDefinition: {
    method: 'get',
    path: '/api/v1/definitions/:kind/:name',
    role: 'viewer',
    summary: 'One definition, newest or by version',
    status: 200,
    params: defParams,
    result: definitionViewSchema,
    query: z.strictObject({ version: z.coerce.number().int().positive().optional().meta({ description: 'Default: the newest.' }) }),
  },
  definitionVersions: {
    method: 'get',
    path: '/api/v1/definitions/:kind/:name/versions',
    role: 'viewer',
    summary: 'Versions of a definition, newest first, without their documents',
    status: 200,
    params: defParams,
    query: z.strictObject({ limit, cursor }),
    result: page(definitionVersionSchema),
  },
  putJobDefinition: {
    method: 'put',
    path: '/api/v1/definitions/jobs/:name',
    role: 'editor',
    summary: 'Store a Job; If-Match: "<version>" guards against lost updates',
    status: 200,
    params: byName,
    body: document,
    shown: jobDefinitionSchema,
    note: DOCUMENT_NOTE,
    result: definitionViewSchema,
  },
  putDag: {
    method: 'put',
    path: '/api/v1/definitions/dags/:name',
    role: 'editor',
    summary: 'Store a Dag; If-Match: "<version>" guards against lost updates',
    status: 200,
    params: byName,
    body: document,
    shown: dagSpecSchema,
    note: DOCUMENT_NOTE,
    result: definitionViewSchema,
  },
  putCluster: {
    method: 'put',
    path: '/api/v1/definitions/clusters/:name',
    role: 'admin',
    summary: 'Store a Cluster',
    status: 200,
    params: byName,
    body: document,
    shown: clusterSpecSchema,
    note: DOCUMENT_NOTE,
    result: definitionViewSchema,
  },
  putApp: {
    method: 'put',
    path: '/api/v1/definitions/apps/:name',
    role: 'admin',
    summary: 'Store an App',
    status: 200,
    params: byName,
    body: document,
    shown: appSpecSchema,
    note: DOCUMENT_NOTE,
    result: definitionViewSchema,
  },
  deleteJobDefinition: {
    method: 'delete',
    path: '/api/v1/definitions/jobs/:name',
    role: 'editor',
    summary: 'Remove a Job definition; its jobs stay',
    status: 204,
    params: byName,
  },
  deleteDag: {
    method: 'delete',
    path: '/api/v1/definitions/dags/:name',
    role: 'editor',
    summary: 'Remove a Dag definition; its runs stay',
    status: 204,
    params: byName,
  },
  deleteCluster: {
    method: 'delete',
    path: '/api/v1/definitions/clusters/:name',
    role: 'admin',
    summary: 'Remove a Cluster that has no unfinished jobs',
    status: 204,
    params: byName,
  },
  deleteApp: {
    method: 'delete',
    path: '/api/v1/definitions/apps/:name',
    role: 'admin',
    summary: 'Remove an App that has no unfinished jobs; revokes its tokens',
    status: 204,
    params: byName,
  },

  ...DEFINITION_ROUTES,
  listTokens: {
    method: 'get',
    path: '/api/v1/apps/:name/tokens',
    role: 'admin',
    summary: 'Tokens of an app',
    status: 200,
    params: byName,
    result: page(tokenViewSchema),
  },
  createToken: {
    method: 'post',
    path: '/api/v1/apps/:name/tokens',
    role: 'admin',
    summary: 'Make a token; its secret is shown this once',
    status: 201,
    params: byName,
    body: z.strictObject({
      name: name.meta({ description: 'What it is for.' }),
      role: z.enum(['viewer', 'operator', 'editor', 'admin']).meta({ description: 'What it may do.' }),
      expiresAt: time.optional().meta({ description: 'When it becomes void. Default: never.' }),
    }),
    result: tokenViewSchema.extend({ token: z.string().meta({ description: 'The secret.' }) }),
  },
  revokeToken: {
    method: 'delete',
    path: '/api/v1/apps/:name/tokens/:id',
    role: 'admin',
    summary: 'Revoke a token',
    status: 204,
    params: byName.extend({ id: z.string().min(1).max(64).meta({ description: 'Id of the token.' }) }),
  },
  signingKey: {
    method: 'get',
    path: '/api/v1/apps/:name/signing-key',
    role: 'admin',
    summary: "The app's webhook signing key",
    status: 200,
    params: byName,
    result: z.object({ key: z.string().meta({ description: 'As Standard Webhooks libraries take it: whsec_…' }) }),
  },
  deadLetters: {
    method: 'get',
    path: '/api/v1/dead-letters',
    role: 'viewer',
    summary: 'Webhook deliveries that were given up',
    status: 200,
    query: z.strictObject({ limit }),
    result: page(deadLetterViewSchema),
  },

  putArtifact: {
    method: 'post',
    path: '/api/v1/artifacts',
    role: 'editor',
    summary: 'Upload a file; the answer names it by SHA-256',
    status: 201,
    body: 'stream',
    query: z.strictObject({ sha256: sha256.optional().meta({ description: 'Refuse the upload unless it has this SHA-256.' }) }),
    result: artifact,
  },
  hasArtifact: {
    method: 'get',
    path: '/api/v1/artifacts/:sha256',
    role: 'editor',
    summary: 'Whether a file is there already',
    status: 200,
    params: z.object({ sha256: sha256.meta({ description: 'SHA-256 of the file.' }) }),
    result: artifact,
  },

  queues: {
    method: 'get',
    path: '/api/v1/queues',
    role: 'viewer',
    summary: 'Queues with limits, running and waiting',
    status: 200,
    result: page(queueViewSchema),
  },
  workers: { method: 'get', path: '/api/v1/workers', role: 'viewer', summary: 'Workers and their load', status: 200, result: page(workerViewSchema) },
  audit: {
    method: 'get',
    path: '/api/v1/audit',
    role: 'admin',
    summary: 'Who did what',
    status: 200,
    query: z.strictObject({ limit, cursor }),
    result: page(z.record(z.string(), z.unknown())),
  },
  rebuild: {
    method: 'post',
    path: '/api/v1/rebuild',
    role: 'admin',
    summary: "Add and correct executions from Temporal's histories",
    status: 200,
    result: z.object({
      seen: z.number().meta({ description: 'Histories that were read.' }),
      added: z.number().meta({ description: 'Jobs that the store did not have.' }),
      corrected: z.number().meta({ description: 'Jobs that the store had otherwise.' }),
      failed: z.number().meta({ description: 'Jobs that cannot be read; the log of the API says why.' }),
    }),
  },
  prune: {
    method: 'post',
    path: '/api/v1/prune',
    role: 'admin',
    summary: 'Remove what retention no longer keeps',
    status: 200,
    body: z.strictObject({ dryRun: z.boolean().default(false).meta({ description: 'Only count.' }) }).prefault({}),
    result: z.object({
      dryRun: z.boolean().meta({ description: 'Whether it only counted.' }),
      runs: z.number().meta({ description: 'Runs, with their nodes and events.' }),
      jobs: z.number().meta({ description: 'Jobs, with their attempts and events; those of the runs, too.' }),
      logs: z.number().meta({ description: 'Attempts whose log went.' }),
      cycles: z.number().meta({ description: 'Cycles of schedules, decided that long ago.' }),
      backfills: z.number().meta({ description: 'Backfills, with what became of their cycles.' }),
      artifacts: z.number().meta({ description: 'Uploads and outputs.' }),
      bytes: z.number().meta({ description: 'Bytes of logs and artifacts.' }),
      audit: z.number().meta({ description: 'Lines of the audit.' }),
    }),
  },
} as const satisfies Record<string, Route>;
export type RouteName = keyof typeof ROUTES;
