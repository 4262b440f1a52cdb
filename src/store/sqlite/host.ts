// SQLite's locks hold between the processes of one host. Whoever has the database open says so in it, so that another host is refused
// instead of damaging it, and a folder that was moved is free as soon as the old host is silent.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { LongshoreError } from '../../specs/errors.ts';
import type { Sql } from '../sql/sql.ts';

/** How often an open store shows that it lives, and after how long without a sign it counts as gone. */
const BEAT_MS = 10_000;
const SILENCE_MS = 60_000;
const PREFIX = 'open by ';

export interface Host {
  readonly name: string;
  /** Of the installed system, over its reboots. */
  readonly machine: string;
  /** Of the running kernel: containers of one host have it in common. */
  readonly boot: string;
}

/** A sign of life as `meta` keeps it. */
interface Sign extends Host {
  readonly at: string;
}

function thisHost(): Host {
  const name = hostname();
  return { name, machine: text('/etc/machine-id') || name, boot: text('/proc/sys/kernel/random/boot_id') };
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Registers this process. CONFLICT, with words of what to do, while another host has the database open. Returns what ends the registration. */
export async function claimHost(sql: Pick<Sql, 'write'>, file: string, host: Host = thisHost()): Promise<() => Promise<void>> {
  const name = `${PREFIX}${randomUUID()}`;
  const sign = (): string => JSON.stringify({ ...host, at: new Date().toISOString() } satisfies Sign);
  await sql.write(async (trx) => {
    const others = await trx.selectFrom('meta').selectAll().where('name', 'like', `${PREFIX}%`).execute();
    const signs = others.map((row) => ({ ...(JSON.parse(row.value) as Sign), row: row.name }));
    const foreign = signs.find((other) => isFresh(other) && !isSame(other, host));
    if (foreign !== undefined) {
      throw new LongshoreError(
        'CONFLICT',
        `${file} is open on host ${foreign.name}, last seen ${foreign.at}. SQLite serves one host only: run all processes there, or stop them and start here a minute later.`,
      );
    }
    const gone = signs.filter((other) => !isFresh(other)).map(({ row }) => row);
    if (gone.length > 0) await trx.deleteFrom('meta').where('name', 'in', gone).execute();
    await trx.insertInto('meta').values({ name, value: sign() }).execute();
  });
  const beat = () =>
    sql.write((trx) =>
      trx
        .insertInto('meta')
        .values({ name, value: sign() })
        // A long silence may have cost it its place.
        .onConflict((c) => c.column('name').doUpdateSet({ value: sign() }))
        .execute(),
    );
  // A sign that cannot be written is followed by the next one.
  const timer = setInterval(() => void beat().catch(() => undefined), BEAT_MS).unref();
  return async () => {
    clearInterval(timer);
    await sql.write((trx) => trx.deleteFrom('meta').where('name', '=', name).execute());
  };
}

/** Also when the other clock is ahead. */
const isFresh = ({ at }: Sign): boolean => Date.now() - Date.parse(at) < SILENCE_MS;

const isSame = (a: Host, b: Host): boolean => a.machine === b.machine || (a.boot !== '' && a.boot === b.boot);
