// What a DAG run does, told as small stories. The tables and the properties have tests of their own.
import { describe, expect, test } from 'vitest';
import { dagTransition } from '../../../src/workflows/dag/dag.machine.ts';
import { initialState, type DagEvent, type DagState } from '../../../src/workflows/dag/dag.state.ts';
import { outstanding } from '../../../src/workflows/dag/outstanding.ts';
import { Run, planOf } from './run.ts';

const chain = { a: {}, b: { needs: ['a'] }, c: { needs: ['b'] } };

describe('a run', () => {
  test('goes from top to bottom and succeeds', () => {
    const run = new Run({ a: {}, b: { needs: ['a'] }, c: { needs: ['a'] }, d: { needs: ['b', 'c'] } });
    expect(run.started).toEqual(['a 1']);
    run.end('a').end('c');
    expect(run.started).toEqual(['a 1', 'b 1', 'c 1']);
    run.end('b').end('d');
    expect(run.state).toMatchObject({ status: 'FINISH', outcome: 'SUCCEED' });
    expect(run.last.effects).toEqual([{ type: 'settle', outcome: 'SUCCEED' }]);
  });

  test('waits until it begins, and begins once', () => {
    const plan = planOf(chain);
    const before = initialState(plan);
    expect(before.status).toBe('WAITING');
    const { state } = dagTransition(plan, before, { type: 'begin' });
    expect(dagTransition(plan, state, { type: 'begin' })).toMatchObject({ state, effects: [], refused: 'the run has begun before' });
  });

  test('B7 fails when a key node fails, and only what does not need it still runs', () => {
    const run = new Run({ ...chain, x: {}, y: { needs: ['x'] } }).end('a', 'FAILED');
    expect(run.phases).toMatchObject({ b: 'blocked', c: 'blocked' });
    expect(run.reason('b')).toBe('needs success of a, which is FAILED');
    run.end('x').end('y');
    expect(run.state).toMatchObject({ status: 'FINISH', outcome: 'FAILED' });
  });

  test('B7 succeeds when an unimportant node fails, and what needs it runs', () => {
    const run = new Run({ a: { onFailure: 'ignore' }, b: { needs: ['a'] }, alarm: { needs: { a: { on: 'failure' } } } }).end('a', 'FAILED');
    expect(run.started).toEqual(['a 1', 'b 1', 'alarm 1']);
    expect(run.end('b').end('alarm').state.outcome).toBe('SUCCEED');
  });

  test('skips a long chain after a failure without running out of stack', () => {
    const nodes = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`n${i}`, i === 0 ? {} : { needs: [`n${i - 1}`] }]));
    const run = new Run(nodes).end('n0', 'FAILED');
    expect([run.phase('n4999'), run.state.outcome]).toEqual(['blocked', 'FAILED']);
  });

  test('takes its places first come, first served, and a wait takes none', () => {
    const wait = { wait: { signal: 'go' } };
    const run = new Run({ a: {}, b: {}, w: wait, c: {} }, { maxParallel: 1 });
    expect(run.started).toEqual(['a 1', 'w 1']);
    expect(run.reason('b')).toBe('the run has 1 nodes running, as many as it may');
    expect(run.end('a').end('b').started).toEqual(['a 1', 'w 1', 'b 1', 'c 1']);
  });

  test('starts nothing while it is paused, and lets end what runs', () => {
    const run = new Run(chain).tell({ type: 'pause' }).end('a');
    expect([run.started, run.phase('b'), run.reason('b'), run.state.status]).toEqual([['a 1'], 'ready', 'the run is paused', 'RUNNING']);
    expect(run.tell({ type: 'resume' }).started).toEqual(['a 1', 'b 1']);
  });

  test('that ends while it is paused is not paused when it runs again', () => {
    const run = new Run({ a: {} }).tell({ type: 'pause' }).end('a').rerun('all');
    expect([run.state.paused, run.started]).toEqual([false, ['a 1', 'a 2']]);
  });

  test('says what a node waits for', () => {
    const run = new Run({ ...Object.fromEntries('abcdefg'.split('').map((name) => [name, {}])), z: { needs: 'abcdefg'.split('') } });
    expect(run.end('b').reason('z')).toBe('waits for a, c, d, e, f and 1 more');
  });
});

describe('a condition', () => {
  const nodes = { a: {}, b: { needs: ['a'], when: 'x' }, c: { needs: ['b'] } };

  test('is asked for when the needs let the node run; false skips it and what needs its success', () => {
    const run = new Run(nodes).end('a');
    expect(run.last.effects).toEqual([{ type: 'evaluate', node: 1, generation: 1 }]);
    run.answer('b', false);
    expect([run.phases, run.state.outcome]).toEqual([{ a: 'succeeded', b: 'skipped', c: 'bypassed' }, 'SUCCEED']);
    expect(run.reason('c')).toBe('needs success of b, which is SKIPPED');
  });

  test('that cannot be evaluated fails the node, which has had no attempt', () => {
    const run = new Run(nodes).end('a').answer('b', 'error');
    expect([run.phase('b'), run.state.outcome, run.started]).toEqual(['failed', 'FAILED', ['a 1']]);
    expect(run.rerun('failed').answer('b', true).started).toEqual(['a 1', 'b 1']);
  });

  test('that was asked for before a rerun is not answered by the older answer', () => {
    const run = new Run(nodes).end('a').rerun('nodes', 'a');
    expect([run.phase('b'), run.started]).toEqual(['waiting', ['a 1', 'a 2']]);
    run.end('a').tell({ type: 'condition', node: 1, generation: 1, answer: true });
    expect(run.last.refused).toBe('nobody asks for this answer any more');
    expect(run.answer('b', true).started).toContain('b 1');
  });
});

describe('after a failure', () => {
  const nodes = { a: {}, r: {}, after: { needs: ['r'] }, b: { needs: ['a'] } };

  test('drain starts nothing more and lets end what runs', () => {
    const run = new Run(nodes, { failure: 'drain' }).end('a', 'FAILED');
    expect([run.phases, run.stopped]).toEqual([{ a: 'failed', r: 'live', after: 'dropped', b: 'dropped' }, []]);
    expect(run.reason('after')).toBe('the run ended it after a failure or a kill (failure: drain)');
    expect(run.end('r').state).toMatchObject({ status: 'FINISH', outcome: 'FAILED' });
  });

  test('stop kills what runs, once, and skips the rest', () => {
    const run = new Run({ ...nodes, s: {} }, { failure: 'stop' }).end('a', 'START_FAILED');
    expect([run.stopped, run.phase('after')]).toEqual([['r graceful', 's graceful'], 'dropped']);
    expect(run.end('r', 'FAILED').stopped).toEqual([]);
    expect(run.end('s', 'KILLED').state).toMatchObject({ status: 'FINISH', outcome: 'FAILED' });
  });

  test('an unimportant failure stops nothing', () => {
    const run = new Run({ ...nodes, a: { onFailure: 'ignore' } }, { failure: 'stop' }).end('a', 'FAILED');
    expect([run.stopped, run.started]).toEqual([[], ['a 1', 'r 1', 'b 1']]);
  });

  test('what runs again after a drain are the failed node and what was dropped', () => {
    const run = new Run(nodes, { failure: 'drain' }).end('a', 'FAILED').end('r').rerun('nodes', 'a');
    expect(run.started).toEqual(['a 1', 'r 1', 'a 2', 'after 1']);
    expect(run.end('a').end('b').end('after').state.outcome).toBe('SUCCEED');
  });
});

describe('a kill', () => {
  test('S14 of a node triggers nothing, however the successor is asked', () => {
    const run = new Run({
      a: {},
      b: { needs: ['a'] },
      done: { needs: { a: { on: 'done' } } },
      failed: { needs: { a: { on: 'failure' } } },
      later: { needs: { b: { on: 'skipped' } } },
      optional: { needs: { a: { required: false } } },
      other: {},
      next: { needs: ['other'] },
    }).kill('a');
    expect(run.stopped).toEqual(['a graceful']);
    run.kill('a', 'forced');
    expect(run.stopped).toEqual(['a forced']);
    run.end('a', 'KILLED');
    expect(run.phases).toMatchObject({ b: 'cut', done: 'cut', failed: 'cut', later: 'cut', optional: 'live' });
    expect(run.end('other').end('optional').end('next').state.outcome).toBe('FAILED');
  });

  test('S14 of a node does not bring the failure mode about', () => {
    const run = new Run({ a: {}, x: {}, y: { needs: ['x'] } }, { failure: 'stop' }).kill('a').end('a', 'KILLED');
    expect(run.end('x').started).toEqual(['a 1', 'x 1', 'y 1']);
  });

  test('of a node that waits withdraws it, and so does one in its queue', () => {
    const run = new Run(chain).kill('c');
    expect(run.phase('c')).toBe('withdrawn');
    expect(run.end('a').kill('b').end('b', 'CANCELED', { code: 'KILLED' }).phase('b')).toBe('withdrawn');
    expect(run.state.outcome).toBe('FAILED');
  });

  test('is not what a time-out in the queue is', () => {
    expect(new Run(chain).end('a', 'CANCELED', { code: 'QUEUE_TIMEOUT' }).phases).toEqual({ a: 'canceled', b: 'blocked', c: 'blocked' });
  });

  test('of the run stops every job and drops the rest', () => {
    const run = new Run({ ...chain, x: {} }).tell({ type: 'kill' });
    expect([run.stopped, run.phase('b'), run.reason('b')]).toEqual([['a graceful', 'x graceful'], 'dropped', 'the run was killed']);
    expect(run.rerun('all').last.refused).toBe('the run is being killed; rerun it once it has ended');
    expect(run.end('a', 'KILLED').end('x').state).toMatchObject({ status: 'FINISH', outcome: 'KILLED' });
    run.rerun('failed');
    expect(run.started).toEqual(['a 1', 'x 1', 'a 2']);
    expect(run.end('a').end('b').end('c').state.outcome).toBe('SUCCEED');
  });

  test('of the run is not undone by a mark before it has ended, and is by one after', () => {
    const run = new Run({ a: {}, b: {}, c: { needs: ['b'] } }).end('a').tell({ type: 'kill' }).mark('a', 'failed');
    expect(run.last.refused).toBe('the run is being killed');
    expect(run.end('b', 'KILLED').mark('b', 'succeeded').state).toMatchObject({ status: 'RUNNING', killed: false });
    expect(run.end('c').state.outcome).toBe('SUCCEED');
  });

  test('of the run that comes too late leaves its outcome', () => {
    const run = new Run({ a: {} }).tell({ type: 'kill' }).end('a');
    expect(run.state.outcome).toBe('SUCCEED');
  });

  test('of a run that has not begun ends it', () => {
    const plan = planOf(chain);
    expect(dagTransition(plan, initialState(plan), { type: 'kill' }).state).toMatchObject({ status: 'FINISH', outcome: 'KILLED' });
  });
});

test('CP-60 after a continue-as-new the stops without an end and the conditions without an answer are asked for again', () => {
  const run = new Run({ a: {}, b: { when: 'x' }, c: {}, d: { needs: ['c'] } }).end('c').kill('a').rerun('downstream', 'c');
  expect(outstanding(JSON.parse(JSON.stringify(run.state)) as DagState)).toEqual([
    { type: 'evaluate', node: 1, generation: 2 },
    { type: 'stop', node: 0, attempt: 1, how: 'graceful' },
    { type: 'stop', node: 3, attempt: 1, how: 'graceful' },
  ]);
});

describe('by hand', () => {
  test('B7 a disabled node counts as a success in its turn', () => {
    const run = new Run({ a: {}, b: { needs: ['a'], disabled: true }, c: { needs: ['b'] } });
    expect(run.phase('b')).toBe('waiting');
    expect(run.end('a').started).toEqual(['a 1', 'c 1']);
    expect(run.phase('b')).toBe('disabled');
  });

  test('a node that is about to start can still be disabled, one that runs only for its next time', () => {
    const run = new Run({ a: {}, b: { needs: ['a'], when: 'x' }, c: { needs: ['b'] } }).tell({ type: 'disable', node: 0 });
    expect(run.phase('a')).toBe('live');
    expect(run.end('a').tell({ type: 'disable', node: 1 }).phases).toEqual({ a: 'succeeded', b: 'disabled', c: 'live' });
    expect(run.end('c').rerun('downstream', 'a').phases).toEqual({ a: 'disabled', b: 'disabled', c: 'live' });
    run.tell({ type: 'enable', node: 0 }).end('c').rerun('nodes', 'a');
    expect(run.started).toEqual(['a 1', 'c 1', 'c 2', 'a 2']);
  });

  test('a node can be skipped before it starts', () => {
    const run = new Run({ ...chain, d: { needs: { c: { on: ['success', 'skipped'] } } } }).mark('b', 'skipped');
    expect(run.phases).toEqual({ a: 'live', b: 'skipped', c: 'bypassed', d: 'live' });
  });

  test('S14 a failed node marked as succeeded lets those run that it had blocked', () => {
    const run = new Run(chain).end('a', 'FAILED');
    expect(run.state.outcome).toBe('FAILED');
    run.mark('a', 'succeeded');
    expect([run.started, run.state.status]).toEqual([['a 1', 'b 1'], 'RUNNING']);
    expect(run.end('b').end('c').state.outcome).toBe('SUCCEED');
  });

  test('a node marked as failed counts so from then on', () => {
    const run = new Run({ ...chain, alarm: { needs: { c: { on: 'failure' } } } }).end('a').end('b').end('c');
    expect([run.phase('alarm'), run.state.outcome]).toEqual(['bypassed', 'SUCCEED']);
    run.mark('c', 'failed');
    expect([run.phase('alarm'), run.end('alarm').state.outcome]).toEqual(['live', 'FAILED']);
  });

  test('a mark brings the failure mode about, and its end gives back what was dropped', () => {
    const run = new Run({ ...chain, x: {} }, { failure: 'drain' }).mark('b', 'failed').end('a').end('x');
    expect([run.phases, run.state.outcome]).toEqual([{ a: 'succeeded', b: 'failed', c: 'dropped', x: 'succeeded' }, 'FAILED']);
    expect(run.mark('b', 'succeeded').started).toEqual(['a 1', 'x 1', 'c 1']);
  });

  test('an approval ends the node that waits for it', () => {
    const nodes = { ask: { wait: { approval: {} } }, go: { needs: ['ask'] } };
    expect(new Run(nodes).tell({ type: 'approve', node: 0, approved: true }).started).toEqual(['ask 1', 'go 1']);
    expect(new Run(nodes).tell({ type: 'approve', node: 0, approved: false }).state.outcome).toBe('FAILED');
    expect(new Run(chain).tell({ type: 'approve', node: 0, approved: true }).last.refused).toBe('it does not wait for an approval');
  });
});

const live = () => new Run(chain);
const done = () => new Run({ a: {} }).end('a');

describe('what is refused', () => {
  const cases: readonly [string, () => Run, DagEvent, string][] = [
    ['an end of what does not run', live, { type: 'ended', node: 1, attempt: 1, status: 'SUCCEED' }, 'it is not under way'],
    [
      'the end of an earlier attempt',
      () => done().rerun('all'),
      { type: 'ended', node: 0, attempt: 1, status: 'FAILED' },
      'attempt 1 is an earlier one',
    ],
    ['a node that is not there', live, { type: 'kill-node', node: 7 }, 'there is no node 7'],
    ['a kill of what has ended', done, { type: 'kill-node', node: 0 }, 'it has ended'],
    ['a kill of a run that has ended', done, { type: 'kill' }, 'the run has ended'],
    ['a pause of a run that has ended', done, { type: 'pause' }, 'the run has ended'],
    ['a resume of what is not paused', live, { type: 'resume' }, 'the run is not paused'],
    ['a mark of what runs', live, { type: 'mark', node: 0, as: 'failed' }, 'its job is under way; kill it first'],
    ['an enable of what is not disabled', live, { type: 'enable', node: 0 }, 'it is not disabled'],
  ];
  test.each(cases)('%s', (_, run, event, refused) => {
    const { plan, state } = run();
    expect(dagTransition(plan, state, event)).toEqual({ state, effects: [], refused });
  });
});
