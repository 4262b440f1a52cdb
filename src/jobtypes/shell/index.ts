// Job type `shell`: a script given to a shell, or a command with its arguments, which no shell ever sees.
import { z } from 'zod';
import { fileRef } from '../../specs/fields.schema.ts';
import type { JobType } from '../contract.ts';
import { args, files, program } from '../fields.schema.ts';
import { fetchFiles, fetchWord, processPlan } from '../process.ts';

/** Shells whose quoting the expressions in a script know. */
const SHELLS = '^(?:.*/)?(?:sh|bash|dash|ksh)$';

const config = z.union([
  z.strictObject({
    script: fileRef.meta({
      template: 'shell',
      templateIf: { interpreter: SHELLS },
      description: 'The script: ./file, {inline: text}, or another file reference.',
    }),
    args,
    files,
    interpreter: program.default('/bin/sh').meta({ description: 'What runs the script: a path, or a name on PATH. Default /bin/sh.' }),
  }),
  z.strictObject({
    command: z
      .tuple([program], args.unwrap().element.meta({ template: 'value' }))
      .meta({ description: 'A program and its arguments, byte for byte; no shell reads them.' }),
    files,
  }),
]);

export const shell: JobType<z.infer<typeof config>> = {
  type: 'shell',
  config,
  template: 'process',
  async prepare(container) {
    const { config } = container;
    await fetchFiles(container, config.files);
    if ('command' in config) return processPlan(container, config.command);
    return processPlan(container, [config.interpreter, await fetchWord(container, config.script), ...config.args]);
  },
};
