// The runs of a scenario: DAGs whose nodes are the same payloads as all jobs here, each named `<request id>/<node>[/<item>]`.
import type { RunOutcome } from '../../../src/specs/dag.ts';
import type { DagSpecInput } from '../../../src/specs/dag.schema.ts';
import type { Intent, NodeIntent, RunIntent } from '../checker/evidence.ts';
import { plan, type Change, type Kind, type MixPlace } from './mix.ts';
import type { Random } from './random.ts';

export interface PlannedRun {
  readonly intent: RunIntent;
  readonly spec: DagSpecInput;
  /** Milliseconds after its creation at which it is killed. */
  readonly killAfterMs?: number;
}

/** A node to be planned. */
export interface NodeShape {
  readonly kind: Kind;
  readonly needs?: NodeIntent['needs'];
  /** So many items of a foreach. */
  readonly items?: number;
  readonly change?: Change;
  /** It is a run of a stored DAG with parameter `name`, whose payloads of this kind are named `<name>/<payload>`. */
  readonly child?: { readonly ref: string; readonly payloads: readonly string[] };
  /** Further fields of the node. */
  readonly more?: object;
}

export interface RunShape {
  readonly nodes: Readonly<Record<string, NodeShape>>;
  readonly may?: readonly RunOutcome[];
  readonly failure?: 'stop' | 'drain' | 'finish';
  readonly killAfterMs?: number;
}

/** A run of these nodes. */
export function planRun(requestId: string, shape: RunShape, place: MixPlace, random: Random): PlannedRun {
  const nodes = Object.entries(shape.nodes).map(([name, node]) => planNode(`${requestId}/${name}`, name, node, place, random));
  return {
    intent: {
      requestId,
      may: shape.may ?? ['SUCCEED'],
      stops: shape.failure === 'stop',
      nodes: nodes.map(({ intent }) => intent),
    },
    spec: {
      name: 'faults',
      ...(shape.failure && { failure: shape.failure }),
      defaults: { cluster: 'local' },
      nodes: Object.fromEntries(nodes.map(({ intent, spec }) => [intent.name, spec])),
    } as DagSpecInput,
    ...(shape.killAfterMs !== undefined && { killAfterMs: shape.killAfterMs }),
  };
}

function planNode(path: string, name: string, { kind, needs = {}, items, child, change, more }: NodeShape, place: MixPlace, random: Random) {
  const planned = (id: string) => plan(kind, id, place, random, change);
  const places = child?.payloads ?? (items === undefined ? undefined : Array.from({ length: items }, (_, i) => String(i)));
  const jobs: Intent[] = places === undefined ? [planned(path).intent] : places.map((its) => planned(`${path}/${its}`).intent);
  const { name: _name, ...job } = planned(items === undefined ? path : `${path}/\${{ string(index) }}`).spec;
  return {
    intent: { name, needs, jobs },
    spec: {
      ...(Object.keys(needs).length > 0 && { needs: Object.fromEntries(Object.entries(needs).map(([need, on]) => [need, { on }])) }),
      ...(items !== undefined && { foreach: { item: Array.from({ length: items }, (_, i) => i) } }),
      ...more,
      ...(child === undefined ? { job } : { dag: { ref: child.ref, params: { name: path } } }),
    },
  };
}

/** A diamond with items in it, of payloads that go well. */
const WELL: RunShape = {
  nodes: {
    first: { kind: 'quick' },
    many: { kind: 'quick', items: 4, needs: { first: 'success' } },
    flaky: { kind: 'flaky', needs: { first: 'success' } },
    output: { kind: 'output', needs: { first: 'success' } },
    last: { kind: 'quick', needs: { many: 'success', flaky: 'success', output: 'success' } },
  },
};
/** A chain that breaks, and what is run for that. */
const BROKEN: RunShape = {
  nodes: {
    first: { kind: 'sleeping', change: { seconds: 1, lines: 10 } },
    bad: { kind: 'failing', needs: { first: 'success' } },
    after: { kind: 'quick', needs: { bad: 'success' }, change: { may: [] } },
    report: { kind: 'quick', needs: { bad: 'failure' } },
  },
  may: ['FAILED'],
};
/** A failure beside what would run for ever, and would not die by TERM. */
export const STOPPED: RunShape = {
  failure: 'stop',
  nodes: {
    stubborn: { kind: 'stubborn' },
    bad: { kind: 'failing', change: { seconds: 2 } },
    hydra: { kind: 'hydra' },
    many: { kind: 'killed', items: 3 },
    after: { kind: 'quick', needs: { many: 'success' }, change: { may: [] } },
  },
  may: ['FAILED'],
};
/** Killed at some moment while its items come and go. */
const KILLED = (random: Random): RunShape => ({
  nodes: {
    many: { kind: 'quick', items: 6, change: { seconds: 1, may: ['SUCCEED', 'KILLED', 'CANCELED'] } },
    long: { kind: 'stubborn' },
    after: { kind: 'quick', needs: { many: 'success', long: 'success' }, change: { may: [] } },
  },
  may: ['KILLED'],
  killAfterMs: random.between(0, 6_000),
});

/** `count` runs of all shapes, named `<prefix>-<n>`. */
export function mixOfRuns(prefix: string, count: number, place: MixPlace, random: Random): PlannedRun[] {
  const shapes = [WELL, BROKEN, KILLED(random), STOPPED];
  return Array.from({ length: count }, (_, i) => planRun(`${prefix}-${i + 1}`, shapes[i % shapes.length]!, place, random));
}
