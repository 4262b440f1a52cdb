// Fields that the configurations of several job types share.
import { z } from 'zod';
import { fileRef, text } from '../specs/fields.schema.ts';

/** Longest argument that Linux takes. */
const MAX_ARGUMENT = 128 * 1024 - 1;

export const args = z
  .array(text(MAX_ARGUMENT))
  .max(10_000)
  .default([])
  .meta({ template: 'value', description: 'Arguments, byte for byte. Default: none.' });

export const program = text(4096)
  .min(1)
  .regex(/^[^-]/, 'must not begin with "-"')
  .meta({ description: "A program: a path, or a name that is looked up on the job's PATH." });

/** A file, or several in a folder. */
const fileOrList = z.union([fileRef, z.array(fileRef).max(1_000)]);

/** Files that a job finds in its working directory. */
export const files = z
  .record(
    text(255)
      .min(1)
      .regex(/^[^/]/, 'must be a path relative to the working directory')
      .refine((path) => !path.split('/').includes('..'), 'must stay inside the working directory'),
    fileOrList,
  )
  .refine((record) => Object.keys(record).length <= 100, 'must have at most 100 entries')
  .default({})
  .meta({
    template: 'files',
    description:
      'Files that the job finds in its working directory: path there → ./file, {inline: text}, another file reference, or in a DAG an expression that gives a file of a node before (${{ outputs.extract.rows }}). A list makes a folder of files named <index>-<name>.',
  });
