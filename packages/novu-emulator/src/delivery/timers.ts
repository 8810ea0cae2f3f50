// setTimeout's longest wait; a longer one fires at once.
const longestMs = 2 ** 31 - 1;

/** The waits of delays and digests, by notification, so that a cancel can end them. */
export class Timers {
  readonly #pending = new Map<string, { timer: NodeJS.Timeout; done: (outcome: "over" | "canceled") => void }>();
  #closed = false;

  /** Resolves with `over` at `untilMs`, or `canceled` when `cancel` or `close` comes first. */
  wait(id: string, untilMs: number, now: () => number): Promise<"over" | "canceled"> {
    if (this.#closed) return Promise.resolve("canceled");
    return new Promise((resolve) => {
      const done = (outcome: "over" | "canceled") => {
        clearTimeout(this.#pending.get(id)?.timer);
        this.#pending.delete(id);
        resolve(outcome);
      };
      const arm = () => {
        const left = untilMs - now();
        if (left <= 0) return done("over");
        this.#pending.set(id, { timer: setTimeout(arm, Math.min(left, longestMs)), done });
      };
      arm();
    });
  }

  cancel(id: string): boolean {
    const found = this.#pending.get(id);
    found?.done("canceled");
    return found !== undefined;
  }

  close(): void {
    this.#closed = true;
    for (const id of [...this.#pending.keys()]) this.cancel(id);
  }
}

/** Lets at most `size` calls run at once; the others wait their turn. */
export class Limiter {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
