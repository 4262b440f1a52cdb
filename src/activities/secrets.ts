// Secret values exist only on workers: their configuration names each one, its source, and the apps that may use it.
import { readFile } from 'node:fs/promises';
import { StepError } from '../specs/errors.ts';
import type { Config } from '../specs/config.schema.ts';

const MAX_BYTES = 64 * 1024;

export interface SecretsSource {
  readonly config: Config;
  readonly environment: (name: string) => string | undefined;
}

/**
 * Environment variable → value for a job of this app. SECRET_NOT_GRANTED when this worker does not list a secret or its app;
 * the message never says which of both, nor anything of the value.
 */
export async function resolveSecrets(
  { config, environment }: SecretsSource,
  app: string,
  wanted: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const [variable, name] of Object.entries(wanted)) {
    const source = config.worker.secrets.find((secret) => secret.name === name);
    if (source === undefined || (source.apps !== '*' && !source.apps.includes(app))) {
      throw new StepError('SECRET_NOT_GRANTED', `secret "${name}" is not granted to app "${app}" on this worker`);
    }
    const value = source.env === undefined ? await fromFile(name, source.file!) : environment(source.env);
    if (value === undefined) throw new StepError('SECRET_NOT_GRANTED', `secret "${name}" has no value on this worker`);
    if (Buffer.byteLength(value) > MAX_BYTES || value.includes('\0')) {
      throw new StepError('SECRET_NOT_GRANTED', `secret "${name}" is over ${MAX_BYTES} bytes or holds a NUL, which no environment can carry`);
    }
    values.set(variable, value);
  }
  return values;
}

async function fromFile(name: string, file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch {
    throw new StepError('SECRET_NOT_GRANTED', `secret "${name}" cannot be read on this worker`);
  }
}
