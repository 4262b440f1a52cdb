// The activity of the bare workflow: the same process, run by the same library.
import { execa } from 'execa';

/** Runs argv and returns its exit code. */
export async function runProcess(argv: string[]): Promise<number> {
  const [file = 'true', ...args] = argv;
  const { exitCode } = await execa(file, args, { reject: false });
  return exitCode ?? -1;
}
