// Short ways to say what the tests of schedules say often.
import { plannedAfter } from '../../src/schedules/planned.ts';
import { dueCycles } from '../../src/schedules/due.ts';
import { formatInstant } from '../../src/specs/schedule-time.ts';
import type { DueCycle, DueQuestion } from '../../src/specs/schedule.ts';
import { scheduleSchema, type Schedule, type ScheduleInput } from '../../src/specs/schedule.schema.ts';

/** A schedule with all defaults filled in. */
export const scheduleOf = (input: ScheduleInput): Schedule => scheduleSchema.parse(input);

/** The messages of what is wrong, each with its place. */
export const refusals = (input: unknown): string[] => {
  const parsed = scheduleSchema.safeParse(input);
  return parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
};

/** The cycles planned from one instant to before another; those not to be run begin with their code. */
export function plannedIn(input: ScheduleInput, from: string, to: string): string[] {
  const cycles: string[] = [];
  for (const { cycle, skip } of plannedAfter(scheduleOf(input), Date.parse(from) - 1_000)) {
    if (cycle >= Date.parse(to)) break;
    cycles.push(skip === undefined ? formatInstant(cycle) : `${skip.code} ${formatInstant(cycle)}`);
  }
  return cycles;
}

/** All that is due, asked for in as many answers as it takes. */
export function drain(question: DueQuestion): { cycles: DueCycle[]; decidedUntil: string; nextWakeAt?: string; answers: number } {
  const cycles: DueCycle[] = [];
  let lastDecided = question.lastDecided;
  for (let answers = 1; ; answers++) {
    const answer = dueCycles({ ...question, lastDecided });
    cycles.push(...answer.cycles);
    lastDecided = answer.decidedUntil;
    if (!answer.more)
      return { cycles, decidedUntil: lastDecided, answers, ...(answer.nextWakeAt === undefined ? {} : { nextWakeAt: answer.nextWakeAt }) };
  }
}

/** "start 2026-03-29T01:00:00Z" */
export const verdicts = (cycles: readonly DueCycle[]): string[] =>
  cycles.map(({ decision, code, cycle }) => `${decision === 'start' ? 'start' : code} ${cycle}`);
