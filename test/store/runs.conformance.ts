// What every implementation of Runs must do, and of Executions for jobs that are in a run.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/specs/run.ts';
import type { RunFilter, Store } from '../../src/store/contract.ts';
import {
  admitOf,
  cycleAt,
  cycleOf,
  event,
  newKey,
  node,
  nodeJob,
  nodeRecordOf,
  recordOf,
  runEvent,
  runRecordOf,
  runWorkflowOf,
  sampleInput,
  sampleRun,
  time,
  workflowIdOf,
} from './samples.ts';

export function describeRunsConformance(name: string, open: () => Promise<Store>): void {
  describe(`runs of ${name}`, () => {
    let store: Store;
    beforeEach(async () => void (store = await open()));
    afterEach(() => store.close());

    const run = (id: string) => store.runs.run(id);
    const nodeOf = async (id: string, of: string) => (await store.runs.nodes(id, [of]))[0];

    it('makes one row of 100 equal creates at once, with every digit of the id', async () => {
      const input = sampleRun({ requestId: 'r-1', cycle: cycleOf('2026-01-02T05:00:00Z'), parent: { workflowId: 'dag:x', node: 'sub', attempt: 1 } });
      await Promise.all(Array.from({ length: 100 }, () => store.runs.created(input, runWorkflowOf(input))));
      const { spec: _, params: __, mark: ___, by, ...same } = input;
      const updatedAt = input.createdAt;
      const row = { ...same, workflowId: runWorkflowOf(input), createdBy: by, updatedAt, status: 'WAITING', paused: false, generation: 1, seq: 0 };
      expect(await store.runs.runs({}, { limit: 10 })).toEqual([row]);
      expect(await run(input.runId)).toEqual({ ...row, input });
      expect(await store.runs.byWorkflowId(runWorkflowOf(input))).toEqual({ ...row, input });
      for (const none of ['1', 'x', '', '-1', '9999999999999999999']) expect(await run(none)).toBeUndefined();
    });

    it('writes a created run and its line of audit together or not at all', async () => {
      const line = { at: time(0), by: 'etl/ci', app: 'etl', action: 'createRun', object: 'run 1' };
      const [good, bad] = [sampleRun(), sampleRun()];
      await store.runs.created(good, runWorkflowOf(good), line);
      expect((await store.audit.list({ limit: 10 })).map(({ object }) => object)).toEqual(['run 1']);
      await expect(store.runs.created(bad, runWorkflowOf(bad), { ...line, by: null as unknown as string })).rejects.toThrow();
      expect(await run(bad.runId)).toBeUndefined();
    });

    it('shows a run whose creator never wrote it, from its first record, and keeps nothing of what its workflow carries', async () => {
      const input = sampleRun();
      await store.runs.record(runRecordOf({ ...input, carried: { state: 'much' } }, [runEvent(1, 'RUNNING')]));
      await store.runs.created(input, runWorkflowOf(input));
      expect(await run(input.runId)).toMatchObject({ status: 'RUNNING', seq: 1, temporalRunId: 'temporal-1', input });
      expect((await run(input.runId))!.input).not.toHaveProperty('carried');
      const other = sampleRun();
      await expect(store.runs.record({ ...runRecordOf(other, []), workflowId: runWorkflowOf(input) })).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    it('writes each event once, in order, however often it comes', async () => {
      const input = sampleRun();
      const events = [runEvent(1, 'RUNNING', { nodes: [node('a')] }), runEvent(2, 'RUNNING', { type: 'pause', paused: true }), runEvent(3, 'FINISH')];
      await store.runs.record(runRecordOf(input, events.slice(0, 2)));
      await Promise.all(Array.from({ length: 5 }, () => store.runs.record(runRecordOf(input, events.toReversed()))));
      await store.runs.record(runRecordOf(input, events.slice(0, 1)));
      expect(await store.runs.events(input.runId, 0, 100)).toEqual(events);
      expect(await store.runs.events(input.runId, 1, 1)).toEqual([events[1]]);
      expect(await run(input.runId)).toMatchObject({ status: 'FINISH', paused: true, seq: 3 });
    });

    it('tells of a run how it is doing, who asked for its kill, when it began and ended, over its reruns', async () => {
      const input = sampleRun();
      const record = (...events: Parameters<typeof runRecordOf>[1]) => store.runs.record(runRecordOf(input, events));
      await record(runEvent(1, 'RUNNING', { nodes: [node('a', { phase: 'waiting', status: 'WAITING', attempt: 0 })] }));
      expect(await run(input.runId)).not.toHaveProperty('startedAt');
      await record(runEvent(2, 'RUNNING', { type: 'nodes', nodes: [node('a')] }));
      await record(runEvent(3, 'RUNNING', { type: 'kill', by: 'bob', reason: 'too slow' }));
      expect(await run(input.runId)).toMatchObject({
        startedAt: time(100_002),
        killRequested: { at: time(100_003), by: 'bob', reason: 'too slow' },
      });
      // A kill of one node, later, is not the run's.
      const ofNode = sampleRun();
      await store.runs.record(runRecordOf(ofNode, [runEvent(1, 'RUNNING', { type: 'kill', of: 'load/3', by: 'bob' })]));
      expect(await run(ofNode.runId)).not.toHaveProperty('killRequested');
      await record(
        runEvent(4, 'FINISH', { outcome: 'KILLED', reason: 'bob killed it' }),
        runEvent(5, 'FINISH', { type: 'refused', outcome: 'KILLED' }),
      );
      expect(await run(input.runId)).toMatchObject({ outcome: 'KILLED', reason: 'bob killed it', startedAt: time(100_002), endedAt: time(100_004) });
      await record(runEvent(6, 'RUNNING', { type: 'rerun', generation: 2, by: 'bob', reason: 'once more' }));
      const again = await run(input.runId);
      expect(again).toMatchObject({ status: 'RUNNING', generation: 2, startedAt: time(100_002) });
      for (const gone of ['killRequested', 'outcome', 'endedAt', 'reason']) expect(again).not.toHaveProperty(gone);
      await record(runEvent(7, 'FINISH', { outcome: 'FAILED', generation: 2 }));
      await record(runEvent(8, 'FINISH', { type: 'mark', outcome: 'SUCCEED', generation: 3 }));
      expect(await run(input.runId)).toMatchObject({ outcome: 'SUCCEED', endedAt: time(100_008) });
    });

    it('gives a run the parameters, spec and version of its newest rerun', async () => {
      const input = sampleRun();
      const spec = { sha256: 'b'.repeat(64), size: 30_000 };
      const rerun = (seq: number, set: NonNullable<RunEvent['set']>) =>
        store.runs.record(runRecordOf(input, [runEvent(seq, 'RUNNING', { type: 'rerun', set })]));
      await rerun(1, { params: { day: '2026-01-02' } });
      expect(await run(input.runId)).toMatchObject({ version: 1, input: { ...input, params: { day: '2026-01-02' } } });
      await rerun(2, { spec, version: 2 });
      expect(await run(input.runId)).toMatchObject({ version: 2, input: { ...input, params: { day: '2026-01-02' }, spec, version: 2 } });
      expect(await store.runs.references({ limit: 10 })).toEqual([{ runId: input.runId, specs: [input.spec, spec] }]);
      await rerun(3, { spec: input.spec });
      const { version, ...unversioned } = input;
      expect(version).toBe(1);
      const row = (await run(input.runId))!;
      expect(row.input).toEqual({ ...unversioned, params: { day: '2026-01-02' } });
      expect(row).not.toHaveProperty('version');
    });

    it('keeps each node as last told, with when its newest attempt was started and ended', async () => {
      const input = sampleRun();
      const record = (seq: number, ...nodes: Parameters<typeof node>[]) =>
        store.runs.record(runRecordOf(input, [runEvent(seq, 'RUNNING', { type: 'nodes', nodes: nodes.map((args) => node(...args)) })]));
      const waiting = { phase: 'waiting', status: 'WAITING', attempt: 0 } as const;
      await record(1, ['a', { jobId: input.runId, items: 3 }], ['b', { ...waiting, reason: 'waits for a' }], ['c', { ...waiting }]);
      expect(await store.runs.nodes(input.runId, ['a', 'b', 'none'])).toEqual([
        { ...node('a'), jobId: input.runId, items: 3, updatedAt: time(100_001), startedAt: time(100_001) },
        { ...node('b', waiting), reason: 'waits for a', updatedAt: time(100_001) },
      ]);
      // It ended by its third automatic try, and what is told once stays.
      await record(
        2,
        ['a', { phase: 'failed', status: 'FAILED', attempt: 3, code: 'EXIT_CODE', reason: 'exit code 2' }],
        ['b', { phase: 'skipped', status: 'SKIPPED', attempt: 0 }],
      );
      expect(await nodeOf(input.runId, 'a')).toMatchObject({
        status: 'FAILED',
        attempt: 3,
        code: 'EXIT_CODE',
        reason: 'exit code 2',
        jobId: input.runId,
        items: 3,
        startedAt: time(100_001),
        endedAt: time(100_002),
      });
      expect(await nodeOf(input.runId, 'b')).toEqual({
        ...node('b', { phase: 'skipped', status: 'SKIPPED', attempt: 0 }),
        updatedAt: time(100_002),
        endedAt: time(100_002),
      });
      await record(3, ['a', { phase: 'succeeded', status: 'SUCCEED', attempt: 3 }]);
      expect(await nodeOf(input.runId, 'a')).toMatchObject({ status: 'SUCCEED', endedAt: time(100_002) });
      await record(4, ['a', { phase: 'waiting', status: 'WAITING', attempt: 3 }]);
      const rerun = await nodeOf(input.runId, 'a');
      expect(rerun).toMatchObject({ status: 'WAITING', jobId: input.runId });
      for (const gone of ['startedAt', 'endedAt', 'code', 'reason']) expect(rerun).not.toHaveProperty(gone);
      await record(5, ['a', { attempt: 4 }]);
      expect(await nodeOf(input.runId, 'a')).toMatchObject({ attempt: 4, startedAt: time(100_005) });
      expect((await store.runs.nodes(input.runId)).map((row) => row.node).toSorted()).toEqual(['a', 'b', 'c']);
    });

    it('takes ten thousand nodes in one event', async () => {
      const input = sampleRun();
      const names = Array.from({ length: 10_000 }, (_, i) => `node-${i}`);
      await store.runs.record(
        runRecordOf(input, [runEvent(1, 'RUNNING', { nodes: names.map((of) => node(of, { status: 'SKIPPED', phase: 'dropped' })) })]),
      );
      expect(await store.runs.nodes(input.runId)).toHaveLength(10_000);
      expect(await store.runs.nodes(input.runId, names.slice(0, 1_000))).toHaveLength(1_000);
    });

    it('filters by every field and pages newest first', async () => {
      const inputs = [
        sampleRun({ cycle: cycleOf(cycleAt(1)) }),
        sampleRun({ cycle: cycleOf(cycleAt(2)), dag: 'orders' }),
        sampleRun({ app: 'ml' }),
        sampleRun({ cycle: cycleOf(cycleAt(3)) }),
      ];
      for (const input of inputs) await store.runs.created(input, runWorkflowOf(input));
      const record = (n: number, ...events: Parameters<typeof runRecordOf>[1]) => store.runs.record(runRecordOf(inputs[n]!, events));
      await record(1, runEvent(1, 'RUNNING'));
      await record(2, runEvent(1, 'FINISH', { outcome: 'FAILED' }));
      await record(3, runEvent(1, 'FINISH', { outcome: 'SUCCEED' }));
      const found = async (filter: RunFilter) =>
        (await store.runs.runs(filter, { limit: 10 })).map((row) => inputs.findIndex((input) => input.runId === row.runId));
      expect(await found({})).toEqual([3, 2, 1, 0]);
      expect(await found({ app: 'etl' })).toEqual([3, 1, 0]);
      expect(await found({ app: 'etl', dag: 'flights' })).toEqual([3, 0]);
      expect(await found({ dag: 'flights' })).toEqual([3, 2, 0]);
      expect(await found({ status: ['FINISH'] })).toEqual([3, 2]);
      expect(await found({ status: ['RUNNING', 'WAITING'], app: 'etl' })).toEqual([1, 0]);
      expect(await found({ status: ['RUNNING', 'WAITING', 'FINISH'] })).toEqual([3, 2, 1, 0]);
      expect(await found({ outcome: ['FAILED'] })).toEqual([2]);
      expect(await found({ outcome: ['FAILED', 'SUCCEED'], status: ['FINISH', 'RUNNING'] })).toEqual([3, 2]);
      expect(await found({ outcome: ['FAILED', 'SUCCEED', 'KILLED'] })).toEqual([3, 2]);
      expect(await found({ outcome: ['FAILED'], status: ['RUNNING'] })).toEqual([]);
      expect(await found({ since: inputs[1]!.createdAt, until: inputs[3]!.createdAt })).toEqual([2, 1]);
      expect(await found({ since: time(1e8) })).toEqual([]);
      expect(await found({ cycleFrom: cycleAt(2) })).toEqual([3, 1]);
      expect(await found({ cycleFrom: cycleAt(1), cycleUntil: cycleAt(2) })).toEqual([1, 0]);
      expect(await found({ app: 'etl', dag: 'flights', cycleUntil: cycleAt(2), status: ['WAITING'] })).toEqual([0]);
      expect(await found({ dag: "x' or '1'='1" })).toEqual([]);
      const [newest] = await store.runs.runs({ app: 'etl' }, { limit: 1 });
      expect((await store.runs.runs({ app: 'etl' }, { limit: 1, before: newest!.runId }))[0]!.runId).toBe(inputs[1]!.runId);
      expect((await store.runs.unfinished({ limit: 10 })).map(({ runId }) => runId)).toEqual([inputs[0]!.runId, inputs[1]!.runId]);
      expect((await store.runs.unfinished({ limit: 10, after: inputs[0]!.runId })).map(({ runId }) => runId)).toEqual([inputs[1]!.runId]);
    });

    it('finds the runs of up to a thousand cycles', async () => {
      for (const n of [1, 5, 999, 2000]) {
        const input = sampleRun({ cycle: cycleOf(cycleAt(n)) });
        await store.runs.created(input, runWorkflowOf(input));
      }
      const other = sampleRun({ cycle: cycleOf(cycleAt(7)), dag: 'orders' });
      await store.runs.created(other, runWorkflowOf(other));
      const cycles = Array.from({ length: 1_000 }, (_, n) => cycleAt(n));
      expect((await store.runs.ofCycles('etl', 'flights', cycles)).map(({ cycle }) => cycle!.at)).toEqual([cycleAt(1), cycleAt(5), cycleAt(999)]);
      expect(await store.runs.ofCycles('ml', 'flights', cycles)).toEqual([]);
      expect(await store.runs.ofCycles('etl', 'flights', [])).toEqual([]);
    });
  });

  describe(`jobs of runs of ${name}`, () => {
    let store: Store;
    beforeEach(async () => void (store = await open()));
    afterEach(() => store.close());

    it('know their place and the workflow in whose history they run', async () => {
      const run = sampleRun();
      const [plain, item, final] = [nodeJob(run, 'extract'), nodeJob(run, 'load', 7), nodeJob(run, 'load', 'final')];
      const alone = sampleInput();
      // A job may be told of before its run.
      for (const job of [plain, item, final]) await store.executions.record(nodeRecordOf(job, [event(1, 'RUNNING')]));
      await store.executions.created(alone, workflowIdOf(alone));
      const place = { owner: runWorkflowOf(run), run: run.runId };
      expect(await store.executions.job(plain.jobId)).toMatchObject({ ...place, node: 'extract', workflowId: `${runWorkflowOf(run)}/extract` });
      expect(await store.executions.job(plain.jobId)).not.toHaveProperty('item');
      expect(await store.executions.job(item.jobId)).toMatchObject({ ...place, node: 'load', item: 7 });
      expect(await store.executions.byWorkflowId(`${runWorkflowOf(run)}/load/final`)).toMatchObject({
        jobId: final.jobId,
        item: 'final',
        input: final,
      });
      const row = await store.executions.job(alone.jobId);
      expect(row).toMatchObject({ owner: workflowIdOf(alone) });
      for (const none of ['run', 'node', 'item']) expect(row).not.toHaveProperty(none);
      expect((await store.executions.unfinished({ limit: 10 })).map(({ owner }) => owner)).toEqual([
        place.owner,
        place.owner,
        place.owner,
        workflowIdOf(alone),
      ]);
    });

    it('are listed and counted by run and node', async () => {
      const [run, other] = [sampleRun(), sampleRun()];
      const jobs = [nodeJob(run, 'a'), nodeJob(run, 'b', 0), nodeJob(run, 'b', 1), nodeJob(other, 'a'), sampleInput({ name: 'a' })];
      for (const [i, job] of jobs.entries())
        await store.executions.record((job.place === undefined ? recordOf : nodeRecordOf)(job, [event(1, i === 2 ? 'FAILED' : 'RUNNING')]));
      const found = async (filter: Parameters<Store['executions']['jobs']>[0]) =>
        (await store.executions.jobs(filter, { limit: 10 })).map(({ jobId }) => jobs.findIndex((job) => job.jobId === jobId));
      expect(await found({ run: run.runId })).toEqual([2, 1, 0]);
      expect(await found({ run: run.runId, node: 'b' })).toEqual([2, 1]);
      expect(await found({ run: run.runId, node: 'b', status: ['FAILED', 'KILLED'] })).toEqual([2]);
      expect(await found({ run: run.runId, app: 'ml' })).toEqual([]);
      expect(await found({ run: false })).toEqual([4]);
      expect(await found({ run: false, app: 'etl', status: ['RUNNING'], name: 'a' })).toEqual([4]);
      expect(await found({ name: 'a' })).toEqual([4, 3, 0]);
      expect(await found({ run: 'no id' })).toEqual([]);
      const counts = await store.runs.jobCounts(run.runId);
      expect(counts.toSorted((x, y) => `${x.node}${x.status}`.localeCompare(`${y.node}${y.status}`))).toEqual([
        { node: 'a', status: 'RUNNING', count: 1, final: false },
        { node: 'b', status: 'FAILED', count: 1, final: false },
        { node: 'b', status: 'RUNNING', count: 1, final: false },
      ]);
    });

    it('are counted by the items that a node has now, without the job after them', async () => {
      const run = sampleRun();
      for (const item of [0, 1, 10, 'final'] as const) await store.executions.record(nodeRecordOf(nodeJob(run, 'b', item), [event(1, 'SUCCEED')]));
      expect(await store.runs.jobCounts(run.runId)).toEqual([{ node: 'b', status: 'SUCCEED', count: 3, final: true }]);
      // A rerun with other parameters has given it fewer.
      const node = { node: 'b', phase: 'live', status: 'job', attempt: 2, items: 2 } as const;
      await store.runs.record(runRecordOf(run, [runEvent(1, 'RUNNING', { nodes: [node] })]));
      expect(await store.runs.jobCounts(run.runId)).toEqual([{ node: 'b', status: 'SUCCEED', count: 2, final: true }]);
    });

    it('have their leases under the workflow that executes them', async () => {
      const run = sampleRun();
      const job = nodeJob(run, 'a');
      const key = newKey();
      const { attempt, ...place } = admitOf({ key });
      await store.admission.request({ ...place, attempt: { ...attempt, jobId: job.jobId, workflowId: job.place!.owner } }, time(0));
      await store.executions.record(nodeRecordOf(job, [event(1, 'RUNNING', { set: { key } })]));
      expect(await store.admission.leases({ limit: 10 })).toMatchObject([{ key, jobId: job.jobId, workflowId: runWorkflowOf(run) }]);
      await store.executions.record(nodeRecordOf(job, [event(2, 'SUCCEED')], key));
      expect(await store.admission.leases({ limit: 10 })).toEqual([]);
    });

    it('wake who waits for the run, as its own events do, in the order of their commits', async () => {
      const told: unknown[] = [];
      store.executions.onRecorded((changes) => told.push(...changes));
      const run = sampleRun();
      const job = nodeJob(run, 'a');
      const alone = sampleInput();
      const start = await store.executions.head();
      await store.runs.record(runRecordOf(run, [runEvent(1, 'RUNNING'), runEvent(2, 'RUNNING')]));
      await store.executions.record(nodeRecordOf(job, [event(1, 'RUNNING')]));
      await store.executions.record(recordOf(alone, [event(1, 'RUNNING')]));
      await store.runs.record(runRecordOf(run, [runEvent(3, 'FINISH')]));
      await store.runs.record(runRecordOf(run, [runEvent(3, 'FINISH')]));
      const changes = await store.executions.changes(start, 10);
      const { runId } = run;
      expect(changes.map(({ position, ...what }) => ({ ...what, after: position - start }))).toEqual([
        { runId, app: 'etl', after: 1 },
        { runId, app: 'etl', after: 2 },
        { jobId: job.jobId, runId, app: 'etl', after: 3 },
        { jobId: alone.jobId, app: 'etl', after: 4 },
        { runId, app: 'etl', after: 5 },
      ]);
      expect(told).toEqual(changes);
      expect(await store.executions.head()).toBe(changes.at(-1)!.position);
      expect(await store.executions.changes(changes[1]!.position, 2)).toEqual(changes.slice(2, 4));
      expect((await store.executions.feed(undefined, start, 10)).map(({ position }) => position - start)).toEqual([3, 4]);
    });

    it('go with their run, when it has ended long ago, and not by their own age', async () => {
      const [old, young, open] = [sampleRun(), sampleRun(), sampleRun()];
      const jobs = await Promise.all(
        [old, young, open].map(async (run) => {
          const job = nodeJob(run, 'a');
          const key = newKey();
          await store.executions.record(nodeRecordOf(job, [event(1, 'SUCCEED', { at: time(10), set: { key } })]));
          return { job, key };
        }),
      );
      const alone = sampleInput();
      await store.executions.record(recordOf(alone, [event(1, 'SUCCEED', { at: time(10) })]));
      await store.runs.record(runRecordOf(old, [runEvent(1, 'FINISH', { at: time(20), nodes: [node('a', { status: 'SUCCEED' })] })]));
      await store.runs.record(runRecordOf(young, [runEvent(1, 'FINISH', { at: time(500) })]));
      await store.runs.record(runRecordOf(open, [runEvent(1, 'RUNNING', { at: time(20) })]));

      const within = { before: time(100) };
      expect((await store.executions.ended({ ...within, run: false }, { limit: 10 })).map(({ jobId }) => jobId)).toEqual([alone.jobId]);
      expect(await store.executions.ended(within, { limit: 10 })).toHaveLength(4);
      expect(await store.runs.ended(time(20), { limit: 10 })).toEqual([]);
      expect(await store.runs.ended(time(100), { limit: 10 })).toEqual([{ runId: old.runId, endedAt: time(20) }]);
      expect(await store.runs.ended(time(600), { limit: 10, after: { runId: old.runId, endedAt: time(20) } })).toMatchObject([
        { runId: young.runId },
      ]);
      expect(await store.runs.jobKeys(old.runId)).toEqual([{ jobId: jobs[0]!.job.jobId, keys: [jobs[0]!.key] }]);

      await store.executions.remove(jobs.map(({ job }) => job.jobId));
      for (const { job } of jobs) expect(await store.executions.job(job.jobId)).toBeDefined();
      // One of them is open: a run that was rerun while prune ran.
      await store.runs.remove([old.runId, open.runId]);
      expect(await store.runs.run(old.runId)).toBeUndefined();
      expect(await store.runs.events(old.runId, 0, 10)).toEqual([]);
      expect(await store.runs.nodes(old.runId)).toEqual([]);
      expect(await store.executions.job(jobs[0]!.job.jobId)).toBeUndefined();
      expect(await store.executions.attemptByKey(jobs[0]!.key)).toBeUndefined();
      for (const { job } of jobs.slice(1)) expect(await store.executions.job(job.jobId)).toBeDefined();
    });

    it('go however many they are, and by their own age where their run is gone', async () => {
      const [run, lost] = [sampleRun(), sampleRun()];
      for (let item = 0; item < 450; item++) await store.executions.record(nodeRecordOf(nodeJob(run, 'a', item), [event(1, 'SUCCEED')]));
      const orphan = nodeJob(lost, 'a');
      await store.executions.record(nodeRecordOf(orphan, [event(1, 'SUCCEED')]));
      await store.runs.record(runRecordOf(run, [runEvent(1, 'FINISH')]));
      await store.runs.remove([run.runId]);
      expect((await store.executions.jobs({}, { limit: 10 })).map(({ jobId }) => jobId)).toEqual([orphan.jobId]);
      const ended = await store.executions.ended({ before: time(1e6), run: false }, { limit: 10 });
      expect(ended.map(({ jobId }) => jobId)).toEqual([orphan.jobId]);
      await store.executions.remove([orphan.jobId]);
      expect(await store.executions.job(orphan.jobId)).toBeUndefined();
    });

    it('never share a position with what is written after them, when they are gone', async () => {
      const run = sampleRun();
      await store.runs.record(runRecordOf(run, [runEvent(1, 'FINISH')]));
      const head = await store.executions.head();
      await store.runs.remove([run.runId]);
      const next = sampleRun();
      await store.runs.record(runRecordOf(next, [runEvent(1, 'RUNNING')]));
      expect(await store.executions.changes(head, 10)).toMatchObject([{ runId: next.runId }]);
    });
  });
}
