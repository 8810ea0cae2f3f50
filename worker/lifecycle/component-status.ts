export type ComponentState = "starting" | "up" | "down" | "stopped";

/** The status of one component of the worker, such as `database` or `loop:new`. */
export interface Component {
  readonly state: ComponentState;
  /** ISO 8601: when it entered this state. */
  readonly since: string;
  /** Why it is down. The last reason stays while it starts again. */
  readonly error?: string;
  readonly restarts: number;
}

/** The status of the worker's components. There is one per process; `/health`, `/status` and `/metrics` read it. */
export interface ComponentStatus {
  set(name: string, state: ComponentState, error?: string): void;
  restarted(name: string): void;
  get(name: string): Component | undefined;
  all(): Readonly<Record<string, Component>>;
}

/** `onChange` is called when a component enters another state. */
export function createComponentStatus(
  onChange: (name: string, component: Component) => void = () => undefined,
): ComponentStatus {
  const components = new Map<string, Component>();
  return {
    set(name, state, error) {
      const old = components.get(name);
      const changed = old?.state !== state;
      const reason = error ?? (state === "starting" ? old?.error : undefined);
      const component: Component = {
        state,
        since: changed || old === undefined ? new Date().toISOString() : old.since,
        restarts: old?.restarts ?? 0,
        ...(reason === undefined ? {} : { error: reason }),
      };
      components.set(name, component);
      if (changed) onChange(name, component);
    },
    restarted(name) {
      const old = components.get(name);
      if (old) components.set(name, { ...old, restarts: old.restarts + 1 });
    },
    get: (name) => components.get(name),
    all: () => Object.fromEntries(components),
  };
}
