// Which nodes a rerun is about, on runs that are under way and on runs that have ended. A dry run is the same function.
import { describe, expect, test } from 'vitest';
import type { RerunMode } from '../../../src/specs/dag.ts';
import { planRerun } from '../../../src/workflows/dag/rerun.ts';
import { onPlan } from '../../../src/workflows/dag/versions.ts';
import { Run, planOf, type Nodes } from './run.ts';

const diamond = { a: {}, b: { needs: ['a'] }, c: { needs: ['a'] }, d: { needs: ['b', 'c'] } };
const finished = () => new Run(diamond).end('a').end('b').end('c').end('d');
const failed = () => new Run(diamond).end('a').end('b', 'FAILED').end('c');

function preview(run: Run, mode: RerunMode, ...nodes: string[]): { again: string; stopped: string; refused?: string } {
  const plan = planRerun(run.plan, run.state, { mode, nodes: nodes.map((name) => run.at(name)) });
  const names = (list: readonly number[]): string => list.map((node) => run.plan.nodes[node]!.name).join(' ');
  return { again: names(plan.again), stopped: names(plan.stopped), ...(plan.refused !== undefined && { refused: plan.refused }) };
}

describe('B6', () => {
  test.each([
    ['one node', finished, 'nodes', ['b'], 'b'],
    ['several nodes', finished, 'nodes', ['d', 'b'], 'b d'],
    ['a node and everything downstream of it', finished, 'downstream', ['b'], 'b d'],
    ['failures only, with what they had blocked', failed, 'failed', [], 'b d'],
    ['one failed node, with what it had blocked', failed, 'nodes', ['b'], 'b d'],
    ['the whole run', failed, 'all', [], 'a b c d'],
  ] as const)('%s', (_, run, mode, nodes, again) => {
    expect(preview(run(), mode, ...nodes)).toEqual({ again, stopped: '' });
  });

  test('what runs again has the next attempt, in place', () => {
    const run = finished().rerun('downstream', 'b');
    expect(run.state).toMatchObject({ status: 'RUNNING', generation: 2 });
    run.end('b').end('d');
    expect([run.started.slice(4), run.state.outcome]).toEqual([['b 2', 'd 2'], 'SUCCEED']);
  });

  test('the attempt after automatic tries follows the last of them', () => {
    const run = new Run({ a: {} }).end('a', 'FAILED', { attempt: 3 }).rerun('failed');
    expect(run.started).toEqual(['a 1', 'a 4']);
  });

  test('outputs of what runs again are gone, those of the others stay', () => {
    const run = new Run(diamond).end('a', 'SUCCEED', { outputs: 'x' }).end('b', 'SUCCEED', { outputs: 'y' });
    expect(run.rerun('nodes', 'b').state.outputs).toEqual(['x', null, null, null]);
  });

  test('what failed is run again while others still run', () => {
    const run = new Run(diamond).end('a').end('b', 'FAILED').rerun('failed').end('c');
    expect(run.started).toEqual(['a 1', 'b 1', 'c 1', 'b 2']);
    expect(run.end('b').started.at(-1)).toBe('d 1');
  });

  test('what runs downstream is stopped first, and runs again when its needs let it', () => {
    const run = new Run(diamond).end('a').end('b');
    expect(preview(run, 'downstream', 'a')).toEqual({ again: 'a b', stopped: 'c' });
    run.rerun('downstream', 'a');
    expect([run.stopped, run.started.at(-1)]).toEqual([['c graceful'], 'a 2']);
    expect(run.end('a').end('c', 'KILLED').started.slice(-3)).toEqual(['a 2', 'b 2', 'c 2']);
    expect(run.end('b').end('c').end('d').state.outcome).toBe('SUCCEED');
  });

  test('what a rerun stops stays killed when a kill comes', () => {
    const run = new Run(diamond).end('a').end('b').rerun('downstream', 'a').kill('c').end('a').end('c', 'KILLED');
    expect(run.phase('c')).toBe('killed');
  });

  test('what a rerun stops stays killed when the failure mode drops the rest', () => {
    const run = new Run({ ...diamond, x: {} }, { failure: 'drain' }).end('a').end('b').rerun('downstream', 'a');
    expect(run.end('x', 'FAILED').end('c', 'KILLED').phases).toMatchObject({ a: 'live', b: 'dropped', c: 'killed', d: 'dropped' });
  });

  test('what was about to start waits for its need again', () => {
    const run = new Run(diamond).tell({ type: 'pause' }).end('a');
    expect(run.phases).toMatchObject({ b: 'ready', c: 'ready' });
    expect(run.rerun('nodes', 'a').tell({ type: 'resume' }).started).toEqual(['a 1', 'a 2']);
    expect(run.phases).toMatchObject({ b: 'waiting', c: 'waiting' });
  });

  test('a branch that was not taken is decided anew', () => {
    const run = new Run({ a: {}, alarm: { needs: { a: { on: 'failure' } } } }).end('a').rerun('nodes', 'a');
    expect(run.end('a', 'FAILED').started).toEqual(['a 1', 'a 2', 'alarm 1']);
  });

  test('what was dropped stays so while another key node has failed', () => {
    const run = new Run({ a: {}, b: {}, c: { needs: ['a'] }, r: {}, after: { needs: ['r'] } }, { failure: 'drain' });
    run.end('a', 'FAILED').end('b', 'FAILED').end('r');
    expect(preview(run, 'nodes', 'a').again).toBe('a c');
    expect(preview(run, 'nodes', 'a', 'b').again).toBe('a b c after');
  });

  test('what was dropped is followed by what needed it', () => {
    const run = new Run({ a: {}, r: {}, b: { needs: ['r'] }, d: { needs: ['b'] } }, { failure: 'drain' }).end('a', 'FAILED').end('r');
    expect(run.rerun('nodes', 'd').phases).toMatchObject({ b: 'dropped', d: 'cut' });
    expect(preview(run, 'nodes', 'a').again).toBe('a b d');
  });

  test('what a kill of the run kept from running is taken up, also when nothing else was killed', () => {
    const run = new Run(diamond).tell({ type: 'kill' }).end('a');
    expect([run.state.outcome, preview(run, 'failed').again]).toEqual(['KILLED', 'b c d']);
  });

  test.each([
    ['a run without failures', finished, 'failed', [], 'nothing has failed'],
    ['no node', finished, 'nodes', [], 'no node is named'],
    ['a node that runs', () => new Run(diamond), 'nodes', ['a'], 'a has not ended; kill it first'],
    ['a node that waits', () => new Run(diamond), 'downstream', ['d'], 'd has not ended'],
    ['a node that is not there', finished, 'nodes', ['x'], 'there is no node -1'],
  ] as const)('refuses %s', (_, run, mode, nodes, refused) => {
    const before = run();
    expect(preview(before, mode, ...nodes)).toEqual({ again: '', stopped: '', refused });
    expect(before.rerun(mode, ...nodes).last).toEqual({ state: before.state, effects: [], refused });
  });

  test('CP-61 the same rerun twice, on the generation that the second no longer sees, is done once', () => {
    const run = failed();
    const twice = { type: 'rerun', mode: 'failed', generation: 1 } as const;
    expect(run.tell(twice).started.at(-1)).toBe('b 2');
    run.end('b', 'FAILED');
    expect(run.tell(twice).last.refused).toBe('the run was rerun or marked in the meantime');
  });
});

/** The same run on other nodes. */
function moved(run: Run, nodes: Nodes): Run {
  const plan = planOf(nodes);
  return Object.assign(new Run(nodes), { state: onPlan(run.plan, run.state, plan)!, started: [] });
}

describe('on another version', () => {
  test('nodes keep what they were by their names, new ones run, those that are gone are forgotten', () => {
    const run = moved(failed(), { x: {}, d: { needs: ['b', 'x'] }, a: {}, b: { needs: ['a'] } });
    expect(run.phases).toEqual({ x: 'dropped', d: 'blocked', a: 'succeeded', b: 'failed' });
    run.rerun('failed');
    expect(run.started).toEqual(['x 1', 'b 2']);
    expect(run.end('x').end('b').end('d').state).toMatchObject({ status: 'FINISH', outcome: 'SUCCEED', attempts: [1, 1, 1, 2] });
  });

  test('what was disabled by hand stays so, what the old version disabled does not', () => {
    const run = new Run({ a: {}, b: { disabled: true }, c: {} }).end('a').end('c').tell({ type: 'disable', node: 0 });
    expect(moved(run, { c: { disabled: true }, b: {}, a: {} }).state.disabled).toEqual([0, 2]);
  });

  test('is not for a run that has not ended', () => {
    const run = new Run(diamond);
    expect(onPlan(run.plan, run.state, run.plan)).toBeUndefined();
  });
});
