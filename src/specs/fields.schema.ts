// Fields that several documents share. Every one says its unit, limits and default in `description`, which also feeds OpenAPI.
import { z } from 'zod';
import { DURATION, ENV_NAME, NAME, SHA256, SIZE, USER } from './patterns.ts';
import { MAX_DURATION, MAX_SIZE, isDuration, isSize } from './units.ts';

export const name = z.string().regex(NAME, 'must be 1 to 63 of a-z, 0-9 and "-", and begin with a letter or digit');
export const duration = z
  .string()
  .max(40)
  .regex(DURATION, 'must be a duration such as 500ms, 10s, 5m, 6h, 1d or 1h30m')
  .refine((s) => !DURATION.test(s) || isDuration(s), `must be at most ${MAX_DURATION}`);
export const size = z
  .string()
  .max(20)
  .regex(SIZE, 'must be a size such as 512Mi, 2Gi or a number of bytes')
  .refine((s) => !SIZE.test(s) || isSize(s), `must be at most ${MAX_SIZE}`);
export const envName = z.string().regex(ENV_NAME, 'must be a POSIX environment variable name: letters, digits and "_", not beginning with a digit');
export const sha256 = z.string().regex(SHA256, 'must be a SHA-256 in lower-case hexadecimal');
export const userName = z.string().regex(USER, 'must be a user name of the operating system');
/** Text without NUL, which neither argv nor the environment can carry. */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((s) => !s.includes('\0'), 'must not contain a NUL character');

/** What only the job type or the adapter knows. */
export const json = z.json().meta({ id: 'Json', description: 'Any JSON value.' });

/** A record with a bounded number of entries. */
export const bounded = <K extends z.core.$ZodRecordKey, V extends z.ZodType>(key: K, value: V, max: number) =>
  z
    .record(key, value)
    .refine((r) => Object.keys(r).length <= max, `must have at most ${max} entries`)
    .meta({ maxProperties: max });

const fileName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^/\0]+$/, 'must be a plain file name');

/**
 * A file in a spec. As written: "./x" (the CLI uploads it), { inline }, "https:" or "local:" (a path on the machine where the job runs); a worker fetches nothing else.
 * As stored: { artifact, name }, pinned by its SHA-256, so that identity and reruns cover the code.
 * Which file it is takes no expressions, but in a field that says `template: 'files'`; its inline text is what the field says that has the file.
 */
export const fileRef = z
  .union([
    z
      .strictObject({
        artifact: sha256,
        name: fileName,
      })
      .meta({ template: 'none' }),
    z.strictObject({
      inline: text(64 * 1024),
      name: fileName.meta({ template: 'none' }).optional(),
    }),
    z
      .string()
      .min(1)
      .max(4096)
      .regex(/^(?:\.\/|https:|local:)/, 'must be ./file, {inline: …}, or begin with https: or local:; no worker can fetch from elsewhere')
      .meta({ template: 'address' }),
  ])
  .meta({ description: 'A file: ./path (uploaded and pinned by SHA-256), {inline: text}, or an https: or local: address.' });
export type FileRef = z.infer<typeof fileRef>;
