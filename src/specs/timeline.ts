// What a cluster has said of an attempt over time, kept with its newest observation. Pure: activities and workflows merge alike.
import type { Observation } from './execution.ts';

/** So many changes are kept; the oldest go first. */
const MOST = 30;

/**
 * `seen`, with the timeline of what was `known` before and, if the cluster's word is a new one, that word; and with the resources that the
 * attempt had while it ran, which clusters forget at its end. Clusters without words of their own have no timeline: their phases are the
 * job's statuses.
 */
export function withTimeline(known: Observation | undefined, seen: Observation): Observation {
  const { raw, phase, observedAt: at } = seen;
  if (raw === undefined || seen.timeline !== undefined) return seen;
  const before = known?.timeline ?? [];
  const last = before.at(-1);
  const isNews = last?.raw !== raw || last.phase !== phase;
  return {
    ...(known?.resources && { resources: known.resources }),
    ...seen,
    timeline: isNews ? [...before, { at, phase, raw }].slice(-MOST) : before,
  };
}
