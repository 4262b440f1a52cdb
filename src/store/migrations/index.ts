// Every migration, by its numbered name. A released one is never edited: its checksum is kept in the database and compared at each start.
import type { Migration } from 'kysely/migration';
import { initial } from './001-initial.ts';
import { runs } from './002-runs.ts';
import { schedules } from './003-schedules.ts';
import { backfills } from './004-backfills.ts';

export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '001-initial': initial,
  '002-runs': runs,
  '003-schedules': schedules,
  '004-backfills': backfills,
};
