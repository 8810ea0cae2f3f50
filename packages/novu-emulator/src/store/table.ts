import type { Journal } from "./journal.ts";

/** Rows by key, each change noted in the journal. */
export class Table<T> {
  readonly name: string;
  readonly #keyOf: (row: T) => string;
  readonly #journal: () => Journal;
  readonly #rows = new Map<string, T>();

  constructor(name: string, keyOf: (row: T) => string, journal: () => Journal) {
    this.name = name;
    this.#keyOf = keyOf;
    this.#journal = journal;
  }

  get size(): number {
    return this.#rows.size;
  }
  get(key: string): T | undefined {
    return this.#rows.get(key);
  }
  all(): T[] {
    return [...this.#rows.values()];
  }
  put(row: T): T {
    this.#rows.set(this.#keyOf(row), row);
    this.#journal().append({ t: this.name, v: row });
    return row;
  }
  delete(key: string): boolean {
    const found = this.#rows.delete(key);
    if (found) this.#journal().append({ t: this.name, d: key });
    return found;
  }
  clear(): void {
    for (const key of [...this.#rows.keys()]) this.delete(key);
  }
  /** A row from the journal: set without being noted again. */
  load(row: T): void {
    this.#rows.set(this.#keyOf(row), row);
  }
  unload(key: string): void {
    this.#rows.delete(key);
  }
}
