// What changed between two versions of a document, and the way back to an old one.
import { differences, type Difference } from '../specs/differences.ts';
import { LongshoreError } from '../specs/errors.ts';
import type { DefinitionView } from '../specs/views.schema.ts';
import { getDefinition, type NamedDefinition } from './definitions.ts';
import type { Caller, Deps } from './deps.ts';
import { putDefinition } from './put-definition.ts';

export interface DiffDefinitionArgs extends NamedDefinition {
  /** Default: the version before `to`. */
  readonly from?: number | undefined;
  /** Default: the newest. */
  readonly to?: number | undefined;
}

export interface DefinitionDiff {
  readonly from: number;
  readonly to: number;
  readonly changes: Difference[];
}

/** NOT_FOUND where a version is not there; of the first version everything is new. */
export async function diffDefinition(deps: Deps, caller: Caller, { kind, name, from, to }: DiffDefinitionArgs): Promise<DefinitionDiff> {
  const after = await getDefinition(deps, caller, { kind, name, version: to });
  const version = from ?? after.version - 1;
  const before = version === 0 ? {} : (await getDefinition(deps, caller, { kind, name, version })).spec;
  return { from: version, to: after.version, changes: differences(before, after.spec) };
}

export interface RollbackDefinitionArgs extends NamedDefinition {
  /** The version to go back to: its document becomes the newest version. */
  readonly version: number;
  /** Only if this is the newest version. */
  readonly ifVersion?: number | undefined;
}

/** Checked as when it is stored: what it needs may be gone. CONFLICT when it is the newest one already. */
export async function rollbackDefinition(deps: Deps, caller: Caller, args: RollbackDefinitionArgs): Promise<DefinitionView> {
  const { kind, name, version, ifVersion } = args;
  const [old, newest] = await Promise.all([getDefinition(deps, caller, { kind, name, version }), getDefinition(deps, caller, { kind, name })]);
  if (newest.version === version) throw new LongshoreError('CONFLICT', `Version ${version} of ${kind} "${name}" is the newest one.`);
  return await putDefinition(deps, caller, { kind, name, spec: old.spec, ifVersion });
}
