// `npm run bench`: measures what docs/performance.md publishes, and writes it: the tables of jobs and of DAGs. `-- --dags`: that of DAGs alone;
// `-- --yarn`: that of YARN.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startStockBare } from './bare.ts';
import { startStack } from './stack.ts';
import { writeTable, type Measure, type Row, type Table } from './table.ts';
import { createRow } from './rows/create.ts';
import { oneJobRows } from './rows/one-job.ts';
import { burstRow } from './rows/burst.ts';
import { killRow } from './rows/kill.ts';
import { memoryRow } from './rows/memory.ts';
import { recoveryRow } from './rows/recovery.ts';
import { measureDags } from './dags.ts';
import { measureYarn } from './yarn.ts';

const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({ options: { quick: flag, 'no-write': flag, dags: flag, yarn: flag } });
const scale = values.quick ? 0.2 : 1;

const TABLES: Readonly<Record<Table, (measure: Measure, scale: number) => Promise<void>>> = {
  local: measureLocal,
  dags: measureDags,
  yarn: measureYarn,
};
const asked: readonly Table[] = values.yarn ? ['yarn'] : values.dags ? ['dags'] : ['local', 'dags'];
for (const table of asked) {
  const rows: Row[] = [];
  await TABLES[table](tellingInto(rows), scale);
  if (!values['no-write']) await writeTable(path.resolve(import.meta.dirname, '../../docs/performance.md'), table, rows);
}

/** Keeps each row, and prints it as soon as it is measured. */
function tellingInto(rows: Row[]): Measure {
  return async (name, take) => {
    console.error(`measuring ${name} …`);
    for (const row of [await take()].flat()) {
      rows.push(row);
      console.log(
        `${row.met === undefined ? '      ' : row.met ? 'met   ' : 'MISSED'} ${row.measure}: ${row.ours} | ${row.peer} | ${row.ratio} | target ${row.target}`,
      );
    }
  };
}

async function measureLocal(measure: Measure): Promise<void> {
  let stack = await startStack({ slots: 20 });
  try {
    await measure('idle memory', () => memoryRow(stack));
    await measure('create', () => createRow(stack, Math.ceil(100 * scale)));
    const stock = await startStockBare();
    try {
      await measure('one job', () => oneJobRows(stack, stock, Math.ceil(60 * scale)));
    } finally {
      await stock.stop();
    }
    await measure('a burst', () => burstRow(stack, Math.ceil(5 * scale)));
  } finally {
    await stack.stop();
  }
  stack = await startStack({ slots: 5 });
  try {
    await measure('kill', () => killRow(stack, 50));
    await measure('recovery', () => recoveryRow(stack, Math.ceil(200 * scale)));
  } finally {
    await stack.stop();
  }
}
