// What keeps a process from starting: said in words that end with what to do, and not as a defect with a stack.

/** Exit code of a process that cannot start as it is configured (EX_CONFIG). */
const NOT_CONFIGURED = 78;

export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code = 'START';
  /** The command line ends with it. */
  readonly exitCode = NOT_CONFIGURED;
}
