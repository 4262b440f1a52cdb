// The process's own log: JSON lines on stderr, or one readable line each where a person watches.
import { pino, type Logger } from 'pino';
import { DefaultLogger, Runtime } from '@temporalio/worker';

const PAINT: Readonly<Record<number, string>> = { 30: '\u001b[2m', 40: '\u001b[33m', 50: '\u001b[31m', 60: '\u001b[31m' };
const RESET = '\u001b[0m';

/** Logs to stderr. LONGSHORE's processes log one line for each change of status; `level` is pino's. */
export function createLogger(options: { level?: string; color: boolean }): Logger {
  const settings = { level: options.level ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!process.stderr.isTTY) return pino(settings, pino.destination({ dest: 2, sync: true }));
  return pino(settings, { write: (line: string) => void process.stderr.write(readable(line, options.color)) });
}

function readable(line: string, color: boolean): string {
  const { level, time, msg, err, ...rest } = JSON.parse(line) as { level: number; time: string; msg?: string; err?: { message?: string } };
  const fields = Object.entries(rest).map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const text = `${time.slice(11, 19)} ${msg ?? ''}${err?.message === undefined ? '' : `: ${err.message}`}${fields.join('')}`;
  const paint = color ? PAINT[level] : undefined;
  return paint === undefined ? `${text}\n` : `${paint}${text}${RESET}\n`;
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

/** The Temporal SDK's own log goes into ours, and its signal handlers stay out: draining is our matter. Once a process. */
export function installTemporalRuntime(logger: Logger): void {
  const temporal = logger.child({ from: 'temporal' });
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      // Workers of activities only are what we want, not a reason to warn.
      const expected = message.startsWith('No workflows registered');
      temporal[expected ? 'debug' : LEVELS[level]]({ ...meta }, message);
    }),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
}
