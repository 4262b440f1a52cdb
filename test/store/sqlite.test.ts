// The conformance suites on SQLite.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { describeAccessConformance } from './access.conformance.ts';
import { describeAdmissionConformance } from './admission.conformance.ts';
import { describeAuditConformance } from './audit.conformance.ts';
import { describeBackfillsConformance } from './backfills.conformance.ts';
import { describeDefinitionsConformance } from './definitions.conformance.ts';
import { describeExecutionsConformance } from './executions.conformance.ts';
import { describeHooksConformance } from './hooks.conformance.ts';
import { describeRunsConformance } from './runs.conformance.ts';
import { describeSchedulesConformance } from './schedules.conformance.ts';
import { describeWorkersConformance } from './workers.conformance.ts';

const folder = mkdtempSync(join(tmpdir(), 'longshore-store-'));
afterAll(() => rmSync(folder, { recursive: true }));
let stores = 0;
const open = () => openSqliteStore({ file: join(folder, `${++stores}.db`), rules: admissionRules });

describeDefinitionsConformance('SQLite', open);
describeExecutionsConformance('SQLite', open);
describeRunsConformance('SQLite', open);
describeAdmissionConformance('SQLite', open);
describeAccessConformance('SQLite', open);
describeAuditConformance('SQLite', open);
describeHooksConformance('SQLite', open);
describeWorkersConformance('SQLite', open);
describeSchedulesConformance('SQLite', open);
describeBackfillsConformance('SQLite', open);
