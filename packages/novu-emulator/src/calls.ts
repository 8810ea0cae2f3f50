/** A request as it came. */
export interface Call {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Text of the body: parsed when somebody looks, not for every request of a load test. */
  text?: string;
  status?: number;
}

export interface SeenCall extends Omit<Call, "text"> {
  readonly body?: unknown;
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
  last(): SeenCall[] {
    return this.#last.slice(-kept).map(({ text, ...call }) => (text ? { ...call, body: parsed(text) } : call));
  }
  clear(): void {
    this.#counts = new Map();
    this.#last = [];
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
