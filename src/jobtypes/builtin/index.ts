// Job type `builtin`: a function of a TypeScript or JavaScript module, run by Node as a process of its own like any other payload.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { StepError } from '../../specs/errors.ts';
import { fileRef, json } from '../../specs/fields.schema.ts';
import type { FileRef } from '../../specs/fields.schema.ts';
import type { Container, JobType } from '../contract.ts';
import { processPlan } from '../process.ts';

/** A package name with an optional path in it: "@scope/name/part". */
const PACKAGE = /^(?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*(?:\/[\w.-]+)*$/;
const RUNNER = fileURLToPath(new URL('runner.ts', import.meta.url));
/** Type stripping and a work folder without package.json are as meant: no warning belongs into a job's log. */
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'];

const config = z.strictObject({
  module: z
    .union([fileRef, z.string().max(214).regex(PACKAGE, 'must be a file reference or the name of an npm package')])
    .meta({ description: 'The module: ./file.ts or another file reference, or an npm package that is installed on the worker.' }),
  export: z
    .string()
    .regex(/^[A-Za-z_$][\w$]{0,127}$/, 'must be the name of an export')
    .default('default')
    .meta({ description: 'Name of the exported function. Default default.' }),
  params: json.default({}).meta({ template: 'value', description: 'What the function gets as `params`. Default {}.' }),
});
type Config = z.infer<typeof config>;

export const builtin: JobType<Config> = {
  type: 'builtin',
  config,
  template: 'builtin',
  async prepare(container) {
    const { module, export: exported, params } = container.config;
    const file = isPackage(module) ? resolvePackage(module) : await fetchModule(container, module);
    const paramsFile = await container.fetch({ inline: JSON.stringify(params) }, 'params.json');
    const { outputFile, progressFile } = container.workspace;
    const argv = [process.execPath, ...NODE_FLAGS, RUNNER, file, exported, paramsFile, outputFile, progressFile];
    return processPlan(container, argv, { template: 'builtin' });
  },
};

const isPackage = (module: Config['module']): module is string => typeof module === 'string' && PACKAGE.test(module);

function resolvePackage(name: string): string {
  try {
    return createRequire(RUNNER).resolve(name);
  } catch (error) {
    throw new StepError('ARTIFACT_MISSING', `package "${name}" is not installed on this worker`, { cause: error });
  }
}

/** Node tells TypeScript from JavaScript by the name, so inline code without one is taken as TypeScript. */
const fetchModule = (container: Container<Config>, module: FileRef): Promise<string> =>
  typeof module === 'object' && 'inline' in module && module.name === undefined ? container.fetch(module, 'module.ts') : container.fetch(module);
