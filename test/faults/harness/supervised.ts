// One real process of the stack: started, watched, started again when it dies, killed and frozen on demand.
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { isFrozen } from './process-table.ts';
import { until } from './until.ts';

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export class Supervised {
  readonly name: string;
  /** How often it was started. */
  incarnations = 0;
  readonly #launch: (incarnation: number) => Launch;
  readonly #log: string;
  #child: ChildProcess | undefined;
  #wanted = false;
  #letGo: () => void = () => undefined;
  #loop: Promise<void> = Promise.resolve();

  /** `launch` is asked before every start; its output goes to the end of `log`. */
  constructor(name: string, log: string, launch: (incarnation: number) => Launch) {
    this.name = name;
    this.#log = log;
    this.#launch = launch;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }
  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts it and keeps it running until `stop` or `down`. */
  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#loop = this.#keep();
  }

  async #keep(): Promise<void> {
    while (this.#wanted) {
      const { command, args, env } = this.#launch(++this.incarnations);
      const out = openSync(this.#log, 'a');
      this.#child = spawn(command, args, { env, stdio: ['ignore', out, out] });
      closeSync(out);
      const child = this.#child;
      await new Promise<void>((resolve) => {
        this.#letGo = resolve;
        child.once('exit', () => resolve());
        child.once('error', () => resolve());
      });
      // A crash loop must not eat the machine.
      if (this.#wanted) await delay(300);
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (this.alive) this.#child!.kill(signal);
  }

  /** SIGKILL; the supervisor starts it again. */
  async crash(): Promise<void> {
    const child = this.#child;
    if (!child || !this.alive) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** SIGKILL without a restart until `start`. */
  async down(): Promise<void> {
    this.#wanted = false;
    await this.crash();
    await this.#loop;
  }

  /** Takes a frozen process for dead, as a supervisor on the other side of a network would, and starts another in its place. */
  async replace(): Promise<ChildProcess> {
    const zombie = this.#child!;
    this.#wanted = false;
    this.#letGo();
    await this.#loop;
    this.start();
    return zombie;
  }

  /** Waits until the kernel has stopped it, as a crash point with action "stop" does. */
  async untilFrozen(timeoutMs = 60_000): Promise<void> {
    await until(`${this.name} to freeze`, () => this.pid !== undefined && isFrozen(this.pid), timeoutMs);
  }
}
