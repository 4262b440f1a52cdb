// The judge: all promises over one body of evidence. It has seen every kind of violation fail in checker.test.ts.
import type { Evidence, Promised, Violation } from './evidence.ts';
import { clusterAgrees, clusterIsQuiet, oneApplication } from './cluster-record.ts';
import { noDoubleStart } from './p1-double-start.ts';
import { noLostJob } from './p2-lost-job.ts';
import { noOrphan } from './p3-orphan.ts';
import { truthful } from './p4-truth.ts';
import { idempotent } from './p5-idempotent.ts';
import { killWins } from './p6-kill-wins.ts';
import { webhooksArrive } from './p8-webhooks.ts';
import { backfilledOnce } from './p7-backfills.ts';
import { everyCycleOnce } from './p7-cycles.ts';
import { needsFirst } from './p10-needs.ts';
import { monotonic } from './p11-monotonic.ts';
import { runsMonotonic } from './p11-runs.ts';
import { recovers, replays } from './p12-recovery.ts';
import { endIsEnd, noLostRun, oneRun, runsAgree } from './runs.ts';

const PROMISES: readonly Promised[] = [
  noDoubleStart,
  noLostJob,
  noOrphan,
  truthful,
  idempotent,
  killWins,
  webhooksArrive,
  monotonic,
  recovers,
  replays,
  oneApplication,
  clusterIsQuiet,
  clusterAgrees,
  noLostRun,
  oneRun,
  runsAgree,
  endIsEnd,
  everyCycleOnce,
  backfilledOnce,
  needsFirst,
  runsMonotonic,
];

/** Everything that the evidence shows to be broken. */
export const check = (evidence: Evidence): Violation[] => PROMISES.flatMap((promise) => promise(evidence));
