// One way from a row of the route table to a handler: method and path as they stand, role, params, query, body, answer.
import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { z } from 'zod';
import type { Caller, Core } from '../core/index.ts';
import { parse } from '../specs/validate.ts';
import { ROUTES, type Route, type RouteName } from '../specs/routes.schema.ts';
import { mayGoOn, requireCaller } from './authenticate.ts';
import { parseJson, readBody, readDagBody } from './json-body.ts';

type Routes = typeof ROUTES;
type Parsed<N extends RouteName, Part extends string> = Routes[N] extends { readonly [P in Part]: infer S }
  ? S extends z.ZodType
    ? z.output<S>
    : undefined
  : undefined;

/** What a handler is given: everything parsed, the caller proved. */
interface Call<N extends RouteName> {
  readonly core: Core;
  /** Public routes have no caller. */
  readonly caller: Routes[N]['role'] extends 'public' ? undefined : Caller;
  readonly params: Parsed<N, 'params'>;
  readonly query: Parsed<N, 'query'>;
  readonly body: Parsed<N, 'body'>;
  readonly req: Request;
  readonly res: Response;
  /** Whether the caller would still be let in: for answers that take long. */
  readonly mayGoOn: () => Promise<boolean>;
}

/** What a handler answers: JSON as the table says, or nothing when it wrote a stream itself. */
type Answer<N extends RouteName> = Routes[N] extends { readonly result: infer S } ? (S extends z.ZodType ? z.input<S> : void) : void;
export type Handler<N extends RouteName> = (call: Call<N>) => Promise<Answer<N> | undefined>;
/** A handler for every route: one that is missing, or that no route has, does not compile. */
export type Handlers = { readonly [N in RouteName]: Handler<N> };

/** Binds the table to its handlers. Paths match to the letter: no other case, no trailing slash, no HEAD in place of GET. */
export function createRouter(core: Core, handlers: Handlers): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    const handler = handlers[name] as unknown as (call: unknown) => Promise<unknown>;
    router[route.method](route.path, async (req, res, next) => {
      if (req.method !== route.method.toUpperCase()) return next();
      res.locals['route'] = name;
      const { role } = route;
      const caller = role === 'public' ? undefined : await requireCaller(core, req, role);
      res.locals['caller'] = caller;
      const params = route.params && parse(route.params, req.params, ['params']);
      const query = route.query && parse(route.query, { ...req.query }, ['query']);
      const body = await bodyOf(route, DAG_BODIES.has(name) ? readDagBody : readBody, req, res);
      res.status(route.status);
      const answer = await handler({
        core,
        caller,
        params,
        query,
        body,
        req,
        res,
        mayGoOn: async () => role === 'public' || (await mayGoOn(core, req, role)),
      });
      if (answer !== undefined) res.json(answer);
      else if (route.status === 204) res.end();
    });
  }
  return router;
}

/** Routes whose body may hold a DAG. */
const DAG_BODIES: ReadonlySet<RouteName> = new Set(['putDag', 'validateDefinition', 'createRun']);

async function bodyOf(route: Route, reader: RequestHandler, req: Request, res: Response): Promise<unknown> {
  if (route.body === undefined || route.body === 'stream') return undefined;
  await new Promise<void>((resolve, reject) => {
    void reader(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
  return parse(route.body, parseJson(req.body));
}
