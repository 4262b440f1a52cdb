// Real payloads that do their worst: trees, daemons, ignored signals, binary output, their own run folder removed.
import { mkdir, readFile, readdir, rm, stat, symlink, writeFile, access } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeWorkspace } from '../../../src/jobtypes/workspace.ts';
import { Bench, END, dataFolder, processContext, othersReachTmp, processesOf } from './fixture.ts';
import { lacks } from '../../helpers/skip.ts';

let bench: Bench;
beforeEach(async () => {
  bench = new Bench(await dataFolder());
});
afterEach(async () => bench.close());

const untilLog = (attempt: Parameters<Bench['log']>[0], text: string) =>
  vi.waitFor(async () => expect(await bench.log(attempt)).toContain(text), END);
const graceful = { force: false, graceMs: 300 };

describe('a local job', () => {
  it('runs in its own session and folder with the documented environment', async () => {
    const { attempt, handle } = await bench.run(
      'pwd; echo "$LONGSHORE_KEY $LONGSHORE_MARK $LONGSHORE_JOB_ID $LONGSHORE_ATTEMPT $LONGSHORE_OUTPUT $LONGSHORE_PROGRESS"; echo "$HOME $PATH"; ' +
        'cut -d" " -f1,6 /proc/$$/stat; readlink /proc/$$/fd/0; echo oops >&2; exit 7',
    );
    const end = await bench.untilEnded(attempt, handle);
    expect(end).toMatchObject({ phase: 'ended', final: 'failed', code: 'EXIT_CODE', exitCode: 7, resources: { limits: 'none' } });
    expect(new Date(end.endedAt!).getTime()).toBeGreaterThanOrEqual(new Date(end.startedAt!).getTime());
    const { ref, workspace } = attempt;
    const lines = (await bench.log(attempt)).split('\n');
    expect(lines[0]).toBe(workspace.workDir);
    expect(lines[1]).toBe(`${ref.key} ${ref.mark} 7 2 ${workspace.outputFile} ${workspace.progressFile}`);
    expect(lines[2]).toMatch(/^\/\S+ \/usr\/local\/sbin:/);
    const [pid, session] = lines[3]!.split(' ');
    expect(session).toBe(pid);
    expect(lines[4]).toBe('/dev/null');
    expect(await bench.log(attempt, 'stderr')).toBe('oops\n');
    expect(await readFile(join(workspace.dir, 'log', 'stdout'), 'utf8')).toBe(lines.join('\n'));
    for (const folder of [workspace.dir, workspace.logDir, workspace.latchDir]) expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('leaves interrupts, hang-ups and broken pipes as a payload expects them', async () => {
    const { attempt, handle } = await bench.run('grep -E "^Sig(Ign|Blk)" /proc/self/status');
    await bench.untilEnded(attempt, handle);
    expect(await bench.log(attempt)).toBe('SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
  });

  it('shows the last line of its progress file while it runs', async () => {
    const { attempt, handle } = await bench.run('printf "10%%\\n\\033[1m50%% of rows\\n" >>"$LONGSHORE_PROGRESS"; while :; do sleep 1; done');
    await vi.waitFor(async () => expect((await bench.observe(attempt, handle)).progress).toContain('50% of rows'), END);
  });

  it.each([
    ['a huge line', 'head -c 3000000 /dev/zero | tr "\\0" x >"$LONGSHORE_PROGRESS"'],
    ['binary', 'head -c 100000 /dev/urandom >"$LONGSHORE_PROGRESS"'],
    ['a link', 'ln -sf /etc/passwd "$LONGSHORE_PROGRESS"'],
    ['a pipe', 'rm -f "$LONGSHORE_PROGRESS"; mkfifo "$LONGSHORE_PROGRESS"'],
    ['a folder', 'rm -f "$LONGSHORE_PROGRESS"; mkdir "$LONGSHORE_PROGRESS"'],
  ])('survives a progress file that is %s', async (_what, script) => {
    const { attempt, handle } = await bench.run(script);
    const end = await bench.untilEnded(attempt, handle);
    expect(end).toMatchObject({ phase: 'ended', final: 'succeeded' });
    expect(end.progress?.length ?? 0).toBeLessThanOrEqual(4000);
    expect(end.progress ?? '').not.toContain('root:');
  });

  it('keeps binary output as it is', async () => {
    const { attempt, handle } = await bench.run('head -c 200000 /dev/urandom >random; cat random; cat random >&2');
    await bench.untilEnded(attempt, handle);
    const random = await readFile(join(attempt.workspace.workDir, 'random'));
    const chunk = await bench.adapter.readLog(attempt, handle, 'stderr', 0, 1_000_000);
    expect(Buffer.compare(random, chunk.bytes)).toBe(0);
    expect(chunk.end).toBe(true);
  });

  it('ends truthfully when it removes its own run folder', async () => {
    const { attempt, handle } = await bench.run('cd /; rm -rf "$(dirname "$LONGSHORE_OUTPUT")"; exit 5');
    expect(await bench.untilEnded(attempt, handle)).toMatchObject({ phase: 'ended', final: 'failed', exitCode: 5 });
    await bench.adapter.clean(attempt, handle);
  });

  it('does not read a log through a link that the payload made', async () => {
    const { attempt, handle } = await bench.run(
      'rm "$(dirname "$LONGSHORE_OUTPUT")/log/stdout"; ln -s /etc/passwd "$(dirname "$LONGSHORE_OUTPUT")/log/stdout"',
    );
    await bench.untilEnded(attempt, handle);
    expect((await bench.adapter.readLog(attempt, handle, 'stdout', 0, 1000)).bytes).toHaveLength(0);
  });
});

describe('stopping a local job', () => {
  it('lets it end gracefully and reports the kill', async () => {
    const { attempt, handle } = await bench.run('trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done');
    await untilLog(attempt, 'up');
    const proof = await bench.adapter.stop(attempt, handle, { force: false, graceMs: 10_000 });
    expect(proof).toMatchObject({ phase: 'ended', final: 'killed', exitCode: 0 });
    expect(await bench.log(attempt)).toBe('up\nbye\n');
  });

  it('ends three generations that ignore TERM', async () => {
    const { attempt, handle } = await bench.run(
      'trap "" TERM; sh -c "trap \\"\\" TERM; sh -c \'trap \\"\\" TERM; echo deep; while :; do sleep 1; done\' & wait" & wait',
    );
    await untilLog(attempt, 'deep');
    expect(await bench.adapter.stop(attempt, handle, graceful)).toMatchObject({ phase: 'ended', final: 'killed', exitCode: 137 });
    expect(await processesOf(attempt.ref.key)).toEqual([]);
  });

  it('ends a payload that forked twice, left its session and ignores TERM', async () => {
    const daemon = 'trap "" TERM; echo "daemon $$"; while :; do sleep 1; done';
    const { attempt, handle } = await bench.run('(setsid sh -c "$1" &) ; echo parent; sleep 1000', [daemon]);
    await untilLog(attempt, 'daemon');
    await bench.adapter.stop(attempt, handle, graceful);
    expect(await processesOf(attempt.ref.key)).toEqual([]);
  });

  it('ends what a succeeded payload left behind, at clean', async () => {
    const { attempt, handle } = await bench.run(
      '(setsid sh -c "trap : TERM; echo left; while :; do sleep 1; done" &); while ! grep -q left ../log/stdout; do sleep 0.02; done',
    );
    expect(await bench.untilEnded(attempt, handle)).toMatchObject({ final: 'succeeded' });
    expect(await processesOf(attempt.ref.key)).not.toEqual([]);
    await bench.adapter.clean(attempt, handle);
    expect(await processesOf(attempt.ref.key)).toEqual([]);
    expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'ended', final: 'succeeded' });
  });

  it('proves no end while something lives that cannot be killed, and cleans nothing away', async () => {
    // A folder cannot be made in a control file: without a cgroup there is only kill(2).
    await bench.close();
    bench = new Bench(await dataFolder(), 'cgroup.procs');
    const { attempt, handle } = await bench.run('echo up; sleep 1000');
    await untilLog(attempt, 'up');
    // As the kernel refuses it where the payload became somebody else: nothing is signalled. Time runs fast, so that patience ends soon.
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
    });
    const [begun, now] = [performance.now(), performance.now.bind(performance)];
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => begun + 100 * (now() - begun));
    try {
      const [payload] = await processesOf(attempt.ref.key);
      const unproved = { code: 'INTERNAL', retryable: true, message: expect.stringContaining(`${payload}`) as string };
      await expect(bench.adapter.stop(attempt, handle, graceful)).rejects.toMatchObject(unproved);
      await expect(bench.adapter.clean(attempt, handle)).rejects.toMatchObject(unproved);
      await access(attempt.workspace.dir);
    } finally {
      kill.mockRestore();
      clock.mockRestore();
    }
    expect(await bench.adapter.stop(attempt, handle, graceful)).toMatchObject({ phase: 'ended', final: 'killed' });
  });

  it('never signals processes that are not of the job', async () => {
    const [mine, other] = [await bench.run('echo up; sleep 1000'), await bench.run('echo up; sleep 1000')];
    await untilLog(mine.attempt, 'up');
    await untilLog(other.attempt, 'up');
    const before = await processesOf(other.attempt.ref.key);
    await bench.adapter.stop(mine.attempt, mine.handle, graceful);
    expect(await processesOf(other.attempt.ref.key)).toEqual(before);
  });

  it('does not signal a process that got the pid of a payload of an earlier boot', async () => {
    const { attempt, handle } = await bench.run('exit 0');
    await bench.untilEnded(attempt, handle);
    const bystander = await bench.run('echo up; sleep 1000');
    await untilLog(bystander.attempt, 'up');
    const innocent = (await bench.log(bystander.attempt)) && (await readFile(join(bystander.attempt.workspace.latchDir, 'started'), 'utf8'));
    const facts = JSON.parse(innocent.split('\n')[0]!) as Record<string, unknown>;
    const forged = { ...facts, key: attempt.ref.key, bootId: 'another-boot' };
    await rm(join(attempt.workspace.latchDir, 'exit'));
    await writeFile(join(attempt.workspace.latchDir, 'started'), `${JSON.stringify(forged)}\n${innocent.split('\n')[1]}\n`);
    await writeFile(join(attempt.workspace.latchDir, 'payload'), await readFile(join(bystander.attempt.workspace.latchDir, 'payload')));
    expect(await bench.observe(attempt, handle)).toMatchObject({
      phase: 'not-found',
      code: 'LOST',
      message: expect.stringContaining('restarted') as string,
    });
    await bench.adapter.stop(attempt, handle, graceful);
    expect(await bench.observe(bystander.attempt)).toMatchObject({ phase: 'running' });
  });
});

describe('losing the supervisor', () => {
  it('says LOST when it was killed and the payload is gone, and a stop does not turn that into a kill', async () => {
    const { attempt, handle } = await bench.run('echo "$PPID"; sleep 1000');
    await vi.waitFor(async () => expect(await bench.log(attempt)).toMatch(/\d\n/), END);
    const pid = handle['pid'] as number;
    process.kill(pid, 'SIGKILL');
    expect(
      await vi.waitFor(async () => {
        const seen = await bench.observe(attempt, handle);
        expect(seen.message).toContain('supervisor is gone');
        return seen;
      }, END),
    ).toMatchObject({ phase: 'running' });
    for (const left of await processesOf(attempt.ref.key)) process.kill(left, 'SIGKILL');
    expect(await bench.untilEnded(attempt, handle)).toMatchObject({ phase: 'not-found', code: 'LOST' });
    expect(await bench.adapter.stop(attempt, handle, graceful)).toMatchObject({ phase: 'not-found', code: 'LOST' });
  });

  it('still stops the payload of a killed supervisor', async () => {
    const { attempt, handle } = await bench.run('trap "" TERM; echo up; while :; do sleep 1; done');
    await untilLog(attempt, 'up');
    process.kill(handle['pid'] as number, 'SIGKILL');
    expect(await bench.adapter.stop(attempt, handle, graceful)).toMatchObject({ phase: 'ended', final: 'killed' });
    expect(await processesOf(attempt.ref.key)).toEqual([]);
  });

  it('outlasts a TERM to everything, as a machine that shuts down sends it', async () => {
    const { attempt, handle } = await bench.run('echo up; sleep 1000');
    await untilLog(attempt, 'up');
    const payload = Number((await readFile(join(attempt.workspace.latchDir, 'payload'), 'utf8')).split(' ')[0]);
    process.kill(handle['pid'] as number, 'SIGTERM');
    process.kill(payload, 'SIGTERM');
    expect(await bench.untilEnded(attempt, handle)).toMatchObject({
      phase: 'ended',
      final: 'failed',
      code: 'SIGNALED',
      exitCode: 143,
      message: 'ended by SIGTERM',
    });
  });
});

describe('limits and users', () => {
  it('holds a process to its memory', async () => {
    const grow = 'x = bytearray(64 << 20); print("64"); y = bytearray(1 << 30); print("1024")';
    const { attempt, handle } = await bench.run('exec /usr/bin/python3 -c "$1"', [grow], { resources: { memory: '256Mi' } });
    const end = await bench.untilEnded(attempt, handle);
    expect(end).toMatchObject({
      final: 'failed',
      resources: { memory: 256 * 2 ** 20, limits: expect.stringMatching(/^(?:cgroup|prlimit)$/) as string },
    });
    expect(await bench.log(attempt)).toBe('64\n');
  });

  it('refuses what the operating system would refuse, and says what', async () => {
    const attempt = await bench.attempt();
    const big = 'x'.repeat(200_000);
    const start = (env: Record<string, string>, argv = ['/bin/true']) => bench.adapter.start(attempt, processContext(argv, env));
    await expect(start({ BIG: big })).rejects.toMatchObject({
      code: 'START_REFUSED',
      message: expect.stringContaining('variable BIG has') as string,
    });
    await expect(start({}, ['/bin/true', big])).rejects.toMatchObject({
      code: 'START_REFUSED',
      message: expect.stringContaining('argument 1') as string,
    });
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`V${i}`, 'x'.repeat(100_000)]));
    await expect(start(many)).rejects.toMatchObject({
      code: 'START_REFUSED',
      message: expect.stringContaining('arguments and environment') as string,
    });
    expect(await bench.adapter.find(attempt)).toBeUndefined();
  });

  it.skipIf(lacks(process.getuid?.() === 0 && othersReachTmp(), 'root and a TMPDIR that others can pass through, to run as another user'))(
    'runs as another user, who can write where it should and nowhere else',
    async () => {
      const { attempt, handle } = await bench.run(
        'id -un; echo "$HOME"; echo a >file; echo "n=1" >>"$LONGSHORE_OUTPUT"; echo half >>"$LONGSHORE_PROGRESS"; echo err >>/dev/stderr; ' +
          '{ echo forged >"$(dirname "$LONGSHORE_OUTPUT")/../../latches/$LONGSHORE_KEY/exit"; } 2>/dev/null || echo cannot-forge; ' +
          'kill -9 $PPID 2>/dev/null || echo cannot-kill',
        [],
        { user: 'nobody' },
      );
      expect(await bench.untilEnded(attempt, handle)).toMatchObject({ final: 'succeeded', progress: 'half' });
      expect((await bench.log(attempt)).split('\n')).toEqual(['nobody', expect.any(String), 'cannot-forge', 'cannot-kill', '']);
      expect(await bench.log(attempt, 'stderr')).toBe('err\n');
      expect(await readFile(attempt.workspace.outputFile, 'utf8')).toBe('n=1\n');
    },
  );

  it.skipIf(lacks(process.getuid?.() === 0 && othersReachTmp(), 'root and a TMPDIR that others can pass through, to run as another user'))(
    'prepares anew in a folder that it has given away, whatever was put there since',
    async () => {
      const uid = Number((await execa('id', ['-u', 'nobody'])).stdout);
      const attempt = await bench.attempt({ user: 'nobody' });
      const { workDir, dir } = attempt.workspace;
      const closed = processContext(['/bin/true'], {}, { gate: () => Promise.reject(new Error('closed')) });
      await expect(bench.adapter.start(attempt, closed)).rejects.toThrow('closed');
      expect((await stat(workDir)).uid).toBe(uid);
      const plant = 'rm -rf "$1" && mkdir "$1" && ln -s /etc "$1/d" && ln -s /etc "$1/../log2" && mkdir -p "$1/../e/f"';
      await execa('/bin/sh', ['-c', plant, 'sh', workDir], { uid });
      await makeWorkspace(attempt.workspace);
      expect(await readdir(workDir)).toEqual([]);
      expect((await readdir(dir)).sort()).toEqual(['log', 'work']);
      for (const folder of [dir, workDir]) expect((await stat(folder)).uid).toBe(process.getuid!());
      const handle = await bench.adapter.start(attempt, processContext(['/bin/sh', '-c', 'id -un']));
      await bench.untilEnded(attempt, handle);
      expect(await bench.log(attempt)).toBe('nobody\n');
      // By now it is the job's: a late try must not empty it.
      await writeFile(join(workDir, 'result'), '');
      await expect(makeWorkspace(attempt.workspace)).rejects.toMatchObject({ code: 'PREPARE_FAILED', retryable: true });
      expect(await readdir(workDir)).toEqual(['result']);
    },
  );

  it('refuses a user that it cannot become', async () => {
    const attempt = await bench.attempt({ user: 'no-such-user' });
    await expect(bench.adapter.start(attempt, processContext(['/bin/true']))).rejects.toMatchObject({ code: 'RUN_AS_REFUSED' });
  });
});

describe('what stays on disk', () => {
  it('keeps a tombstone after clean until it is named as over and old enough; until then a start that waited for long runs nothing', async () => {
    const { attempt, handle } = await bench.run('mkdir -p a/b; chmod 500 a/b; exit 3');
    await bench.untilEnded(attempt, handle);
    await bench.adapter.clean(attempt, handle);
    for (const folder of [attempt.workspace.dir, attempt.workspace.logDir]) await expect(access(folder)).rejects.toThrow('ENOENT');
    expect(await bench.adapter.list(attempt.ref.mark)).toEqual([]);
    expect(await bench.observe(attempt, handle)).toMatchObject({ final: 'failed', exitCode: 3 });
    const { key } = attempt.ref;
    expect(await bench.adapter.remains!(60_000)).toEqual([]);
    expect(await bench.adapter.remains!(0)).toMatchObject([{ key, since: expect.stringMatching(/^20/) as string }]);
    await bench.adapter.prune!([], 0);
    await bench.adapter.prune!([key], 60_000);
    await expect(makeWorkspace(attempt.workspace)).rejects.toMatchObject({ code: 'PREPARE_FAILED' });
    expect(await bench.adapter.start(attempt, processContext(['/bin/true']))).toEqual(handle);
    expect(await bench.observe(attempt, handle)).toMatchObject({ final: 'failed', exitCode: 3 });
    await bench.adapter.prune!([key, '../../etc'], 0);
    expect(await bench.adapter.remains!(0)).toEqual([]);
    expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'not-found' });
  });

  it('prunes what was prepared after a stop had taken the latch', async () => {
    const attempt = await bench.attempt();
    await bench.adapter.stop(attempt, undefined, graceful);
    await bench.adapter.prune!([], 60_000);
    await access(attempt.workspace.dir);
    await bench.adapter.prune!([], 0);
    await expect(access(attempt.workspace.dir)).rejects.toThrow('ENOENT');
    await expect(makeWorkspace(attempt.workspace)).rejects.toMatchObject({ code: 'PREPARE_FAILED' });
  });

  it.skipIf(lacks(process.getuid?.() === 0, 'root, to mount a small disk'))(
    'prunes what it can when something cannot be removed, and says so',
    async () => {
      const attempts = [await bench.attempt(), await bench.attempt(), await bench.attempt()];
      const keys = attempts.map(({ ref }) => ref.key).sort();
      for (const attempt of attempts) await bench.adapter.clean(attempt, undefined);
      const stuck = join(bench.dataDir, 'latches', keys[0]!, 'mount');
      await mkdir(stuck);
      await execa('mount', ['-t', 'tmpfs', 'tmpfs', stuck]);
      try {
        await expect(bench.adapter.prune!(keys, 0)).rejects.toThrow(/EBUSY|busy/);
        expect(await readdir(join(bench.dataDir, 'latches'))).toEqual([keys[0]]);
      } finally {
        await execa('umount', [stuck]);
      }
    },
  );

  it('prunes neither what runs nor what ended and was never cleaned', async () => {
    const { attempt, handle } = await bench.run('echo up; sleep 1000');
    await untilLog(attempt, 'up');
    await bench.adapter.prune!([attempt.ref.key], 0);
    expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'running' });
    await bench.adapter.stop(attempt, handle, { force: true, graceMs: 0 });
    await bench.adapter.prune!([attempt.ref.key], 0);
    expect(await bench.observe(attempt, handle)).toMatchObject({ final: 'killed' });
  });

  it('clears away what a sweep stops, and keeps its raw log', async () => {
    const { attempt } = await bench.run('echo up; sleep 1000');
    await untilLog(attempt, 'up');
    await bench.adapter.stopKey(attempt.ref.key, attempt.ref.mark);
    await expect(access(attempt.workspace.dir)).rejects.toThrow('ENOENT');
    expect(await readFile(join(attempt.workspace.logDir, 'stdout'), 'utf8')).toBe('up\n');
    expect(await bench.adapter.list(attempt.ref.mark)).toEqual([]);
  });

  it('lists a running process whose folders somebody removed', async () => {
    const { attempt } = await bench.run('echo up; sleep 1000');
    await untilLog(attempt, 'up');
    await rm(attempt.workspace.latchDir, { recursive: true });
    expect(await bench.adapter.list(attempt.ref.mark)).toMatchObject([{ key: attempt.ref.key, phase: 'running' }]);
    await bench.adapter.stopKey(attempt.ref.key, attempt.ref.mark);
    await vi.waitFor(async () => expect(await processesOf(attempt.ref.key)).toEqual([]), END);
  });

  it('prunes the folders of a job that removed its own latch, once nothing of it lives', async () => {
    const { attempt } = await bench.run('rm -rf "$PWD/../../../latches/$LONGSHORE_KEY"; echo up; sleep 1000');
    await untilLog(attempt, 'up');
    await bench.adapter.prune!([attempt.ref.key], 0);
    await access(attempt.workspace.dir);
    await bench.adapter.stopKey(attempt.ref.key, attempt.ref.mark);
    await rm(attempt.workspace.latchDir, { recursive: true, force: true });
    const left = await bench.attempt();
    await bench.adapter.prune!([], 60_000);
    await access(left.workspace.dir);
    await bench.adapter.prune!([attempt.ref.key], 0);
    for (const { workspace } of [attempt, left]) await expect(access(workspace.dir)).rejects.toThrow('ENOENT');
  });

  it('never follows a link out of the run folder when it cleans', async () => {
    const outside = await dataFolder();
    await writeFile(join(outside.path, 'precious'), 'x');
    const { attempt, handle } = await bench.run('ln -s "$1" link; rm -rf ../log; ln -s "$1" ../log', [outside.path]);
    await bench.untilEnded(attempt, handle);
    await symlink(outside.path, join(attempt.workspace.workDir, 'another'));
    await bench.adapter.clean(attempt, handle);
    expect(await readFile(join(outside.path, 'precious'), 'utf8')).toBe('x');
    await outside.remove();
  });
});
