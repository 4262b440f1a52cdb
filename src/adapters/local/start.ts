// Start: find the key and adopt, or ask the gate and act. Everything that can be refused is refused before the gate.
import { lstat, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { crashPoint, guardStands } from '../../crash-points.ts';
import type { ProcessPlan } from '../../jobtypes/contract.ts';
import { wordsAt } from '../../jobtypes/process.ts';
import type { AttemptRef } from '../../specs/execution.ts';
import { StepError } from '../../specs/errors.ts';
import { sizeBytes } from '../../specs/units.ts';
import type { Attempt, StartContext } from '../contract.ts';
import { cgroupOf, makeCgroup } from './cgroup.ts';
import { checkSize, exportLines } from './environment.ts';
import { readLatch } from './latch.ts';
import type { Latch, LatchFacts } from './latch.ts';
import { bootId } from '../processes.ts';
import { DEFAULT_PATH, findProgram } from './program.ts';
import { becoming, handOver, resolveUser, tool } from './run-as.ts';
import type { RunAs } from './run-as.ts';
import { runSupervisor } from './supervisor.ts';

/** Starts the attempt once, however often it is called. Returns the latch of whoever started it. */
export async function startLocal(attempt: Attempt, context: StartContext, cgroupParent: string): Promise<Latch | 'unreadable'> {
  const { ref, spec, workspace } = attempt;
  if (guardStands('find')) {
    const latch = await startedBy(workspace.latchDir);
    if (latch !== undefined) return latch;
  }
  await requireFolder(workspace.workDir);
  const plan = context.plan.data as unknown as ProcessPlan;
  const user = await resolveUser(spec.user);
  const variables = environmentOf(attempt, user, plan.env, context.secrets);
  const [program = '', ...args] = wordsAt(workspace.workDir, plan.argv);
  const argv = [await findProgram(program, variables.get('PATH')!, workspace.workDir), ...args];
  checkSize(argv, variables);
  const prefix = [await tool('setsid'), ...(await becoming(user))];
  await mkdir(workspace.latchDir, { recursive: true, mode: 0o700 });
  for (const stream of ['stdout', 'stderr']) await (await open(join(workspace.logDir, stream), 'a', 0o600)).close();
  await handOver(user, workspace);
  const memory = spec.resources.memory === undefined ? undefined : sizeBytes(spec.resources.memory);
  const limits = { memory, cpu: spec.resources.cpu };
  const cgroup = await cgroupOf(cgroupParent, ref.key);
  const made = cgroup && (await makeCgroup(cgroup, limits));
  const enforced = made === 'limits';

  crashPoint('local.start.before-gate');
  if (guardStands('gate')) await context.gate();
  crashPoint('local.start.after-gate');
  const facts: LatchFacts = {
    key: ref.key,
    mark: ref.mark,
    bootId: bootId(),
    ...(memory !== undefined && { memory }),
    // Without a cgroup nothing holds a process tree to a number of cores, so none is promised.
    ...(enforced && limits.cpu !== undefined && { cpu: limits.cpu }),
    limits: howEnforced(limits, enforced),
  };
  const supervisor = await runSupervisor({
    workspace,
    facts,
    prefix,
    argv,
    cgroup: made && cgroup,
    memoryKiB: enforced || memory === undefined ? undefined : Math.ceil(memory / 1024),
    environment: exportLines(variables, ref.key),
    signal: context.signal,
  });
  const latch = supervisor === undefined ? await startedBy(workspace.latchDir) : { ...facts, supervisor, at: new Date() };
  crashPoint('local.start.after-latch');
  if (latch === undefined)
    throw new StepError('START_ERROR', 'the supervisor ended before it took the latch: nothing was started', { retryable: true });
  return latch;
}

/** The latch, when a supervisor took it. Throws START_REFUSED when a stop did. */
async function startedBy(latchDir: string): Promise<Latch | 'unreadable' | undefined> {
  const latch = await readLatch(latchDir);
  if (latch !== undefined && latch !== 'unreadable' && latch.stopped === true)
    throw new StepError('START_REFUSED', 'the attempt was stopped before it started');
  return latch;
}

/** Only prepare makes folders: a start that comes after clean finds none. */
async function requireFolder(workDir: string): Promise<void> {
  const stat = await lstat(workDir).catch(() => undefined);
  if (stat?.isDirectory() !== true) throw new StepError('START_REFUSED', `the run folder ${workDir} is not there: not prepared, or cleaned already`);
}

function howEnforced(limits: { memory: number | undefined; cpu: number | undefined }, enforced: boolean): Latch['limits'] {
  if (limits.memory === undefined && limits.cpu === undefined) return 'none';
  if (enforced) return 'cgroup';
  return limits.memory === undefined ? 'none' : 'prlimit';
}

function environmentOf(attempt: Attempt, user: RunAs, env: ProcessPlan['env'], secrets: ReadonlyMap<string, string>): Map<string, string> {
  const { ref, workspace } = attempt;
  return new Map([
    ['PATH', DEFAULT_PATH],
    ['HOME', user.home],
    ['USER', user.name],
    ['LOGNAME', user.name],
    ...Object.entries(env),
    ...secrets,
    ...marks(ref),
    ['LONGSHORE_OUTPUT', workspace.outputFile],
    ['LONGSHORE_PROGRESS', workspace.progressFile],
  ]);
}

const marks = (ref: AttemptRef): [string, string][] => [
  ['LONGSHORE_KEY', ref.key],
  ['LONGSHORE_MARK', ref.mark],
  ['LONGSHORE_JOB_ID', ref.jobId],
  ['LONGSHORE_ATTEMPT', String(ref.attempt)],
];
