// The names of an attempt's logs: stdout and stderr of the job itself, and further ones, of its executors for example, as "<part>.stderr".
import { LOG_STREAM } from './patterns.ts';

export type LogStream = 'stdout' | 'stderr' | `${string}.stdout` | `${string}.stderr`;

/** Every attempt has these two. */
export const MAIN_STREAMS = ['stdout', 'stderr'] as const satisfies readonly LogStream[];

export const isLogStream = (name: unknown): name is LogStream => typeof name === 'string' && LOG_STREAM.test(name);

/** A log besides the job's own two. */
export const isFurther = (name: unknown): name is LogStream => isLogStream(name) && name.includes('.');

/** The job's own first, then by part, numbers by their value. */
export const byStream = (a: LogStream, b: LogStream): number => rank(a) - rank(b) || order.compare(a, b);
const order = new Intl.Collator('en', { numeric: true });
const rank = (name: LogStream): number => (name === 'stdout' ? 0 : name === 'stderr' ? 1 : 2);

/** The log that says, in place of others, that not all are kept. */
export const NOT_KEPT: LogStream = 'not-kept.stdout';
