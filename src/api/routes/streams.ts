// Logs and events: in pieces, or as they happen.
import type { Request } from 'express';
import type { LogEvent } from '../../specs/views.schema.ts';
import { logText } from '../log-text.ts';
import type { Handlers } from '../route.ts';
import { lastEventId, wantsEvents, type Message, type Streams } from '../streams.ts';

type Names = 'jobLogs' | 'jobLogStreams' | 'jobEvents' | 'runEvents' | 'events';

export const streamHandlers = (streams: Streams): Pick<Handlers, Names> => ({
  jobLogs: async ({ core, caller, params, query, req, res, mayGoOn }) => {
    const { follow, ...rest } = query;
    const args = { ...rest, jobId: params.id };
    if (follow !== true && !wantsEvents(req)) {
      const slice = await core.jobLog(caller, args);
      res.set({
        'X-Longshore-Attempt': String(slice.attempt),
        'X-Longshore-Offset': String(slice.offset),
        'X-Longshore-Next-Offset': String(slice.next),
        'X-Longshore-End': String(slice.end),
      });
      // Raw bytes, whatever the payload printed; nosniff keeps browsers from guessing.
      res.set('Content-Type', 'text/plain; charset=utf-8').send(Buffer.from(slice.bytes));
      return;
    }
    const resumed = logPlaceOf(req);
    // Whose it is and whether there is such an attempt: said before the stream begins. From then on it stays with that attempt.
    const begin = await core.jobLog(caller, { ...args, ...resumed, lines: 1 });
    const { attempt } = begin;
    const from = { ...args, attempt, offset: begin.offset, tail: undefined };
    const idOf = (offset: number): string => `${attempt}.${offset}`;
    await streams.send(res, { tokenId: caller.token.id, mayGoOn }, async function* (signal): AsyncGenerator<Message> {
      let next = from.offset;
      yield position(idOf(next));
      for await (const text of logText(core.followLog(caller, from, signal))) {
        next = text.next;
        yield { id: idOf(next), data: { offset: text.offset, text: text.text } satisfies LogEvent };
      }
      if (!signal.aborted) yield { id: idOf(next), event: 'end', data: { offset: next } };
    });
  },

  jobLogStreams: async ({ core, caller, params, query }) => await core.jobLogStreams(caller, { ...query, jobId: params.id }),

  jobEvents: async ({ core, caller, params, query, req, res, mayGoOn }) => {
    const page = await core.jobEvents(caller, { ...query, jobId: params.id });
    if (!wantsEvents(req)) return page;
    const after = lastEventId(req) ?? query.after;
    await streams.send(res, { tokenId: caller.token.id, mayGoOn }, async function* (signal): AsyncGenerator<Message> {
      for await (const said of core.followJob(caller, { jobId: params.id, after }, signal)) {
        if ('event' in said) yield { id: said.event.seq, data: said.event };
        else yield 'end' in said ? { event: 'end', data: said.end } : { event: 'progress', data: said.progress };
      }
    });
    return undefined;
  },

  runEvents: async ({ core, caller, params, query, req, res, mayGoOn }) => {
    const page = await core.runEvents(caller, { ...query, runId: params.id });
    if (!wantsEvents(req)) return page;
    const after = lastEventId(req) ?? query.after;
    await streams.send(res, { tokenId: caller.token.id, mayGoOn }, async function* (signal): AsyncGenerator<Message> {
      for await (const said of core.followRun(caller, { runId: params.id, after }, signal)) {
        if ('event' in said) yield { id: said.event.seq, data: said.event };
        else yield 'end' in said ? { event: 'end', data: said.end } : { event: 'nodes', data: { items: said.nodes } };
      }
    });
    return undefined;
  },

  events: async ({ core, caller, query, req, res, mayGoOn }) => {
    const after = lastEventId(req) ?? query.after;
    await streams.send(res, { tokenId: caller.token.id, mayGoOn }, async function* (signal): AsyncGenerator<Message> {
      for await (const said of core.feed(caller, { after }, signal))
        yield said.event === undefined ? position(said.position) : { id: said.position, data: said.event };
    });
  },
});

/** Where a stream begins: its reader can come back to there, also when it broke before it had anything to say. */
const position = (id: number | string): Message => ({ id, event: 'position', data: {} });

/** Attempt and offset in the id of a log's message. */
function logPlaceOf(req: Request): { attempt: number; offset: number; tail: undefined } | undefined {
  const [, attempt, offset] = /^(\d{1,9})\.(\d{1,15})$/.exec(req.get('last-event-id') ?? '') ?? [];
  return attempt === undefined ? undefined : { attempt: Number(attempt), offset: Number(offset), tail: undefined };
}
