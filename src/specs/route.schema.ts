// What a row of the route table may say, and the fields that several rows share.
import { z } from 'zod';
import { name } from './fields.schema.ts';
import { fitsWorkflowId } from './identity.ts';
import { JOB_ID } from './patterns.ts';
import { jobSummarySchema } from './views.schema.ts';

/** Least role a token needs; "public" asks for no token. */
type RouteRole = 'public' | 'viewer' | 'operator' | 'editor' | 'admin';

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly role: RouteRole;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** A JSON body. "stream": raw bytes. */
  readonly body?: z.ZodType | 'stream';
  /** What to show of the body in OpenAPI, where the use case knows more of it than the route checks. */
  readonly shown?: z.ZodType;
  /** A sentence for OpenAPI, after the summary. */
  readonly note?: string;
  /** Status of success and its JSON. "stream": bytes or Server-Sent Events, written by the handler. */
  readonly status: number;
  readonly result?: z.ZodType | 'stream';
}

export const jobId = z.object({ id: z.string().regex(JOB_ID, 'must be a job id: a positive integer').meta({ description: 'Job id.' }) });
export const byName = z.object({ name: name.meta({ description: 'Name, as in the document.' }) });
export const docsFile = z.enum(['swagger-ui.css', 'swagger-ui-bundle.js', 'init.js']).meta({ description: 'File of the page.' });
export type DocsFile = z.infer<typeof docsFile>;
export const limit = z.coerce.number().int().min(1).max(1000).default(50).meta({ description: 'Most items of a page.' });
export const cursor = z.string().max(200).optional().meta({ description: '`next` of the page before.' });
export const bool = z.enum(['true', 'false', '1', '0', '']).transform((v) => v === 'true' || v === '1' || v === '');
export const accepted = z.object({
  id: z.string().meta({ description: 'Id of the message.' }),
  effect: z.enum(['done', 'pending']).meta({ description: 'done: seen within 2 s; pending: durable, on its way.' }),
  job: jobSummarySchema,
});
export const requestId = z.string().min(1).max(256).refine(fitsWorkflowId, 'is too long: percent-encoded it must have at most 900 bytes').meta({
  description: 'Chosen by the caller: within the app it stands for one job, within a DAG for one run. Also taken from the header Idempotency-Key.',
});
/** Times are compared as text, so one of a caller gets the form that stored ones have. */
export const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());
export const page = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item).meta({ description: 'One page.' }),
    next: z.string().optional().meta({ description: 'Pass as cursor for the next page.' }),
  });
export const reasonBody = {
  reason: z.string().max(1024).optional().meta({ description: 'Why, for people.' }),
  id: z.string().min(1).max(128).optional().meta({ description: 'Makes the message idempotent; default a fresh one.' }),
};
export const definitionKind = z.enum(['jobs', 'dags', 'clusters', 'apps']).meta({ description: 'Kind of document.' });
export const defParams = byName.extend({ kind: definitionKind });
