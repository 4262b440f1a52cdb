// What a call takes and gives, inferred from the route table: a route that changes there breaks its callers at compile time.
import type { z } from 'zod';
import type { ROUTES, RouteName } from '../specs/routes.schema.ts';

type Routes = typeof ROUTES;
type Part<N extends RouteName, K extends string> = Routes[N] extends { readonly [P in K]: infer V } ? V : undefined;
type Input<V> = V extends z.ZodType ? z.input<V> : undefined;

/** Fields that the server coerces from text may be given as text or as a number. */
type Written<V> = { [K in keyof V]: unknown extends V[K] ? string | number | undefined : V[K] };
/** Left out where the route has none, optional where everything in it is. */
type Field<K extends string, V> = [V] extends [undefined]
  ? unknown
  : Partial<V> extends V
    ? { [P in K]?: V }
    : undefined extends V
      ? { [P in K]?: V }
      : { [P in K]: V };

/** Routes that answer with a stream of bytes or events. */
export type StreamRoute = { [N in RouteName]: Part<N, 'result'> extends 'stream' ? N : never }[RouteName];
/** Routes that take and give JSON. */
export type JsonRoute = { [N in RouteName]: Part<N, 'result'> extends 'stream' ? never : Part<N, 'body'> extends 'stream' ? never : N }[RouteName];

/** What a call of a route is given. */
export type CallArgs<N extends RouteName> = Field<'params', Input<Part<N, 'params'>>> &
  Field<'query', Part<N, 'query'> extends z.ZodType ? Written<Input<Part<N, 'query'>>> : undefined> &
  Field<'body', Input<Part<N, 'body'>>> & { readonly signal?: AbortSignal; readonly ifMatch?: number };

/** The JSON that a route answers; undefined for 204. */
export type CallResult<N extends RouteName> = Part<N, 'result'> extends z.ZodType ? z.output<Part<N, 'result'>> : undefined;

/** Arguments may be left out altogether where none is required. */
export type Rest<N extends RouteName> = Partial<CallArgs<N>> extends CallArgs<N> ? [args?: CallArgs<N>] : [args: CallArgs<N>];
