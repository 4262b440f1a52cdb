// `npm run bench`: measures what docs/performance.md publishes, each table in one run, and writes it. `-- --yarn`: the table of YARN.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startStockBare } from './bare.ts';
import { startStack } from './stack.ts';
import { writeTable, type Row } from './table.ts';
import { createRow } from './rows/create.ts';
import { oneJobRows } from './rows/one-job.ts';
import { burstRow } from './rows/burst.ts';
import { killRow } from './rows/kill.ts';
import { memoryRow } from './rows/memory.ts';
import { recoveryRow } from './rows/recovery.ts';
import { measureYarn } from './yarn.ts';

const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({ options: { quick: flag, 'no-write': flag, yarn: flag } });
const scale = values.quick ? 0.2 : 1;
const rows: Row[] = [];
const measure = async (name: string, take: () => Promise<Row | Row[]>): Promise<void> => {
  console.error(`measuring ${name} …`);
  for (const row of [await take()].flat()) {
    rows.push(row);
    console.log(
      `${row.met === undefined ? '      ' : row.met ? 'met   ' : 'MISSED'} ${row.measure}: ${row.ours} | ${row.peer} | ${row.ratio} | target ${row.target}`,
    );
  }
};

if (values.yarn) await measureYarn(measure, scale);
else await measureLocal();
if (!values['no-write']) await writeTable(path.resolve(import.meta.dirname, '../../docs/performance.md'), values.yarn ? 'yarn' : 'local', rows);

async function measureLocal(): Promise<void> {
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
