// Writes measured rows into docs/performance.md, between the two marks of their table, so that the page around them stays as written.
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { format, resolveConfig } from 'prettier';

/** One published line: what was measured, ours, the peer in the same run, the ratio and the target with its verdict. */
export interface Row {
  readonly measure: string;
  readonly ours: string;
  readonly peer: string;
  readonly ratio: string;
  readonly target: string;
  /** Undefined where nothing was promised. */
  readonly met: boolean | undefined;
}

/** The tables of the page. */
export type Table = 'local' | 'dags' | 'yarn';

const verdict = ({ met }: Row): string => (met === undefined ? '—' : met ? 'yes' : '**no**');

/** Takes and tells the rows of one measurement. */
export type Measure = (name: string, take: () => Promise<Row | Row[]>) => Promise<void>;

/** Replaces what stands between the marks of one table of the page. Throws when the marks are gone. */
export async function writeTable(page: string, name: Table, rows: readonly Row[]): Promise<void> {
  const [begin, end] = [`<!-- bench:${name}:begin -->`, `<!-- bench:${name}:end -->`];
  const text = await readFile(page, 'utf8');
  const [head, tail] = [text.indexOf(begin), text.indexOf(end)];
  if (head < 0 || tail < head) throw new Error(`${page} has no ${begin} … ${end}`);
  const machine = `${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Linux ${os.release().split('-')[0]}, Node ${process.versions.node}, load ${os.loadavg()[0]!.toFixed(1)} at the end`;
  const lines = [
    begin,
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${machine}. Medians, in brackets the 10th to 90th percentile.`,
    '',
    '| measure | Longshore | peer in the same run | ratio | target | met |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map((r) => `| ${r.measure} | ${r.ours} | ${r.peer} | ${r.ratio} | ${r.target} | ${verdict(r)} |`),
    '',
  ];
  const written = text.slice(0, head) + lines.join('\n') + text.slice(tail);
  await writeFile(page, await format(written, { ...(await resolveConfig(page)), filepath: page }));
}
