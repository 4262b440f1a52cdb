// What a remote cluster's own record shows to be broken: of P1, of P3 and of P4.
import { isEnd } from '../../../src/specs/status.ts';
import { groupBy } from './group.ts';
import type { ClusterApp, Evidence, Promised, Violation } from './evidence.ts';

const LIVING = ['NEW', 'NEW_SAVING', 'SUBMITTED', 'ACCEPTED', 'RUNNING'];

interface Owner {
  readonly job: string;
  readonly status: string;
  readonly code: string | undefined;
  readonly ended: boolean;
}

function owners({ jobs }: Evidence): Map<string, Owner> {
  return new Map(
    jobs.flatMap(({ view }) =>
      view.attempts.flatMap(({ key, status, code }): [string, Owner][] =>
        key === undefined ? [] : [[key, { job: view.requestId ?? view.id, status, code, ended: isEnd(status) }]],
      ),
    ),
  );
}

/** P1: one application an attempt at most, and none that nobody knows. */
export const oneApplication: Promised = (evidence) => {
  const known = owners(evidence);
  const all = evidence.cluster?.applications ?? [];
  const ours = all.filter(({ tags }) => tags.some((tag) => known.has(tag)));
  const marks = new Set(ours.flatMap(({ tags }) => tags.filter((tag) => tag.startsWith('longshore-'))));
  const strays = all.filter((app) => !ours.includes(app) && app.tags.some((tag) => marks.has(tag)));
  const tagged = ours.flatMap((app) => app.tags.filter((tag) => known.has(tag)).map((key) => ({ key, app })));
  return [
    ...strays.map(({ id }): Violation => ({ promise: 'P1', message: `${id} has our mark and the key of no attempt` })),
    ...[...groupBy(tagged, ({ key }) => key)]
      .filter(([, apps]) => apps.length > 1)
      .map(([key, apps]): Violation => {
        const ids = apps.map(({ app }) => app.id).join(' and ');
        return { promise: 'P1', job: known.get(key)!.job, message: `key ${key} has ${apps.length} applications: ${ids}` };
      }),
  ];
};

/** P3: of an attempt that has ended no application lives and no file is left. */
export const clusterIsQuiet: Promised = (evidence) => {
  const ended = new Map([...owners(evidence)].filter(([, owner]) => owner.ended));
  // Of what a person has resolved nobody knows whether it still runs: it keeps its files until retention.
  const resolved = new Set(evidence.calls.filter(({ action }) => action === 'resolve').map(({ requestId }) => requestId));
  const live = (evidence.cluster?.applications ?? []).filter(({ state, known }) => known && LIVING.includes(state));
  return [
    ...live.flatMap(({ id, state, tags }) =>
      tags
        .filter((tag) => ended.has(tag))
        .map((key): Violation => ({ promise: 'P3', job: ended.get(key)!.job, message: `${id} is ${state}, and its job has ended` })),
    ),
    ...(evidence.cluster?.staged ?? [])
      .filter((key) => ended.has(key) && !resolved.has(ended.get(key)!.job))
      .map((key): Violation => ({ promise: 'P3', job: ended.get(key)!.job, message: `files of ${key} are left in the staging folder` })),
  ];
};

/** P4: the recorded end is the one that the cluster shows. */
export const clusterAgrees: Promised = (evidence) => {
  const known = owners(evidence);
  return (evidence.cluster?.applications ?? []).flatMap((app) => {
    const owner = known.get(app.tags.find((tag) => known.has(tag)) ?? '');
    const lie = owner && app.known ? disagreement(owner, app) : undefined;
    return lie === undefined ? [] : [{ promise: 'P4' as const, job: owner!.job, message: lie }];
  });
};

function disagreement({ status, code }: Owner, { id, state, finalStatus }: ClusterApp): string | undefined {
  const shown = state === 'FINISHED' ? `FINISHED ${finalStatus}` : state;
  const said = `recorded as ${status}, and ${id} is ${shown}`;
  if (status === 'SUCCEED') return shown === 'FINISHED SUCCEEDED' ? undefined : said;
  // One that was submitted late finds none of its files and fails before it does anything.
  if (status === 'KILLED') return state === 'FINISHED' ? said : undefined;
  if (status === 'FAILED' && code === 'EXIT_CODE') return shown === 'FINISHED FAILED' || shown === 'FAILED' ? undefined : said;
  return undefined;
}
