// OpenAPI 3.1 from the route table and its zod schemas: what is not in the table is not in the document, and the other way round.
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { appSpecSchema, clusterSpecSchema } from '../specs/documents.schema.ts';
import { dagSpecSchema } from '../specs/dag.schema.ts';
import { jobSpecSchema } from '../specs/job.schema.ts';
import { ROUTES, type Route, type RouteName } from '../specs/routes.schema.ts';
import { problemSchema } from '../specs/views.schema.ts';

/** Version of the API, in every path as /api/v1. */
const VERSION = '1.0.0';

const PROBLEM = {
  description: 'Anything else: RFC 9457 problem details; `code` is from the error catalogue.',
  content: { 'application/problem+json': { schema: problemSchema } },
};

/** What people write: named, so that a reader and a generator of clients find one of each. */
const DOCUMENTS = { AppSpec: appSpecSchema, ClusterSpec: clusterSpecSchema, DagSpec: dagSpecSchema, JobSpec: jobSpecSchema };

export function openApi() {
  const paths: ZodOpenApiPathsObject = {};
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(name, route) };
  }
  return createDocument({
    openapi: '3.1.1',
    info: { title: 'Longshore', version: VERSION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: { schemas: DOCUMENTS, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }],
  });
}

function operation(name: RouteName, route: Route): ZodOpenApiOperationObject {
  return {
    operationId: name,
    summary: route.summary,
    description: [route.note, route.role === 'public' ? 'Needs no token.' : `Needs role ${route.role}.`].filter(Boolean).join(' '),
    tags: [tagOf(route.path)],
    ...(route.role === 'public' && { security: [] }),
    requestParams: { ...(route.params && { path: route.params }), ...(route.query && { query: route.query }) },
    ...(route.body !== undefined && { requestBody: bodyOf(route.body, route.shown) }),
    responses: { [route.status]: answerOf(route), default: PROBLEM },
  };
}

function bodyOf(body: NonNullable<Route['body']>, shown: Route['shown']) {
  if (body === 'stream')
    return { required: true, content: { 'application/octet-stream': { schema: { type: 'string' as const, format: 'binary' } } } };
  return { required: !body.safeParse(undefined).success, content: { 'application/json': { schema: shown ?? body } } };
}

function answerOf(route: Route) {
  if (route.result === undefined) return { description: 'Done.' };
  if (route.result === 'stream') return { description: 'Bytes, or Server-Sent Events.' };
  return { description: 'Success.', content: { 'application/json': { schema: route.result } } };
}

/** /api/v1/jobs/{id} → jobs; what is outside of /api/v1 is the system's. */
const tagOf = (path: string): string => /^\/api\/v1\/(\w[\w-]*)/.exec(path)?.[1] ?? 'system';
