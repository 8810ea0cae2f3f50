import { XnovuError } from "../../core/errors.ts";

export interface Steps {
  /** Runs one step and reports how it ended and how long it took. `about` adds a text to that line. */
  run<T>(name: string, work: () => Promise<T>, about?: (result: T) => string): Promise<T>;
  /** Stops the reminder of steps that still run. */
  close(): void;
}

/** The stack was stopped while it started. */
export class InterruptedError extends XnovuError {
  constructor() {
    super("stopped before it was ready");
  }
}

/** Prints a line for each step that ends, and every `everyMs` one with the steps that still run: a first start takes minutes. */
export function createSteps(note: (line: string) => void, signal: AbortSignal, everyMs = 10_000): Steps {
  const running = new Map<string, number>();
  const reminder = setInterval(() => {
    if (running.size === 0) return;
    const names = [...running].map(([name, begin]) => `${name} (${seconds(begin)})`);
    note(`… waiting for ${names.join(", ")}`);
  }, everyMs);
  reminder.unref();
  return {
    async run(name, work, about) {
      if (signal.aborted) throw new InterruptedError();
      const begin = Date.now();
      running.set(name, begin);
      try {
        const result = await work();
        const more = about?.(result) ?? "";
        if (!signal.aborted) note(`✔ ${name.padEnd(14)} ${seconds(begin).padStart(7)}${more ? `  ${more}` : ""}`);
        return result;
      } catch (error) {
        if (!signal.aborted) note(`✘ ${name.padEnd(14)} ${seconds(begin).padStart(7)}`);
        throw error;
      } finally {
        running.delete(name);
      }
    },
    close: () => clearInterval(reminder),
  };
}

const seconds = (begin: number): string => `${((Date.now() - begin) / 1000).toFixed(1)} s`;
