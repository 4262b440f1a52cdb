// Tables of schedules and their cycles as the queries see them.
import type { Id } from './tables.ts';

export interface SchedulesTable {
  app: string;
  name: string;
  kind: string;
  /** 0: not taken up yet. */
  version: number;
  since: string;
  saved_at: string | null;
  decided_until: string | null;
  next_wake_at: string | null;
  /** JSON. */
  hold: string | null;
  awaits: number;
  ended_at: string | null;
  updated_at: string;
}

export interface CyclesTable {
  app: string;
  name: string;
  /** An instant to the second: text order is time order. */
  cycle: string;
  kind: string;
  fire_at: string;
  planned: string;
  zone: string;
  data_date: string;
  state: string;
  code: string | null;
  reason: string | null;
  /** Job or run. */
  object_id: Id | null;
  /** 1: it was started, and its end was not seen yet. */
  open: number;
  started_at: string | null;
  started_by: string | null;
  decided_at: string;
  ended_at: string | null;
}
