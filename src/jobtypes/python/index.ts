// Job type `python`: a Python script with its arguments.
import { z } from 'zod';
import { fileRef } from '../../specs/fields.schema.ts';
import type { JobType } from '../contract.ts';
import { args, files, program } from '../fields.schema.ts';
import { fetchFiles, fetchWord, processPlan } from '../process.ts';

const config = z.strictObject({
  script: fileRef.meta({ description: 'The script: ./file, {inline: text}, or another file reference.' }),
  args,
  files,
  python: program
    .default('python3')
    .meta({ description: 'The interpreter: a path (of a virtual environment, say), or a name on PATH. Default python3.' }),
});

export const python: JobType<z.infer<typeof config>> = {
  type: 'python',
  config,
  template: 'process',
  async prepare(container) {
    const { config } = container;
    await fetchFiles(container, config.files);
    // Unbuffered, so that log and progress are seen while it runs.
    return processPlan(container, [config.python, await fetchWord(container, config.script), ...config.args], { env: { PYTHONUNBUFFERED: '1' } });
  },
};
