/** The parts of the worker and how each is doing. One component status per process; `/health`, `/status` and `/metrics` read it. */
export type ComponentState = "starting" | "up" | "down" | "stopped";

export interface Part {
  readonly state: ComponentState;
  /** ISO 8601: since when it is in this state. */
  readonly since: string;
  /** Why it is down; the last reason stays while it is starting again. */
  readonly error?: string;
  readonly restarts: number;
}

export interface ComponentStatus {
  set(name: string, state: ComponentState, error?: string): void;
  restarted(name: string): void;
  get(name: string): Part | undefined;
  all(): Readonly<Record<string, Part>>;
}

/** `onChange` is called when a part's state changes, not when it is confirmed. */
export function createComponentStatus(onChange: (name: string, part: Part) => void = () => undefined): ComponentStatus {
  const parts = new Map<string, Part>();
  return {
    set(name, state, error) {
      const old = parts.get(name);
      const changed = old?.state !== state;
      const reason = error ?? (state === "starting" ? old?.error : undefined);
      const part: Part = {
        state,
        since: changed || old === undefined ? new Date().toISOString() : old.since,
        restarts: old?.restarts ?? 0,
        ...(reason === undefined ? {} : { error: reason }),
      };
      parts.set(name, part);
      if (changed) onChange(name, part);
    },
    restarted(name) {
      const old = parts.get(name);
      if (old) parts.set(name, { ...old, restarts: old.restarts + 1 });
    },
    get: (name) => parts.get(name),
    all: () => Object.fromEntries(parts),
  };
}
