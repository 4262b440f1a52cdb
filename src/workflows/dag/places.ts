// At most so many jobs of a run are under way in one history; the others wait here, those of different nodes in turn.
/** So many jobs, their waits in queues included. */
const MOST_JOBS = 200;
/** So many bytes of input they may have together: a continue-as-new carries them, and takes 2 MB. */
const MOST_BYTES = 800_000;

/** A node that has jobs to start. */
export interface Claim {
  /** Whether it has one that may start now. */
  wants(): boolean;
  /** Starts one. */
  start(): void;
}

export class Places {
  readonly #claims = new Set<Claim>();
  readonly #closed: () => boolean;
  #taken = 0;
  #bytes = 0;

  /** `closed`: nothing is to start for now; call `fill` when that is over. */
  constructor(closed: () => boolean) {
    this.#closed = closed;
  }

  get free(): boolean {
    return this.#taken < MOST_JOBS && this.#bytes < MOST_BYTES;
  }

  /** How many nodes have jobs that wait for a place. */
  get waiting(): number {
    return [...this.#claims].filter((claim) => claim.wants()).length;
  }

  /** From now on this node's jobs get places, until it wants no more. */
  claim(claim: Claim): void {
    this.#claims.add(claim);
    this.fill();
  }

  /** A job has one. */
  take(): void {
    this.#taken += 1;
  }

  /** The input of one that has a place is known now. */
  weigh(bytes: number): void {
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#taken -= 1;
    this.#bytes -= bytes;
  }

  /** Starts what may start. A node that has got a place goes behind the others. */
  fill(): void {
    for (const claim of this.#claims) {
      if (this.#closed() || !this.free) return;
      this.#claims.delete(claim);
      if (!claim.wants()) continue;
      this.take();
      claim.start();
      // A set is walked also over what is added meanwhile.
      this.#claims.add(claim);
    }
  }
}
