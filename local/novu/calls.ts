/** A request as it came, for tests to look at. */
export interface Call {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  body?: unknown;
  status?: number;
}

const kept = 500;

/** Counts every request by route and keeps the last 500 with their bodies. */
export class Calls {
  #counts = new Map<string, number>();
  #last: Call[] = [];

  start(call: Call, route: string): void {
    this.#counts.set(route, (this.#counts.get(route) ?? 0) + 1);
    this.#last.push(call);
    // Cut in one go now and then: shifting an array of 500 on every request would cost more.
    if (this.#last.length >= kept * 2) this.#last = this.#last.slice(-kept);
  }
  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
  last(): readonly Call[] {
    return this.#last.slice(-kept);
  }
  clear(): void {
    this.#counts = new Map();
    this.#last = [];
  }
}
