export interface SignalHandlers {
  /** The first signal: stop in order. */
  readonly stop: (signal: NodeJS.Signals) => void;
  /** A second signal: stop at once. */
  readonly force: (signal: NodeJS.Signals) => void;
}

/** Ctrl-C in a terminal reaches every process of its group, and a parent may forward it too: copies within this time are one signal. */
const copyWindowMs = 400;

/** Handles SIGTERM, SIGINT and SIGHUP. Returns a function that removes the handlers. */
export function onSignals({ stop, force }: SignalHandlers, target: NodeJS.EventEmitter = process): () => void {
  let firstAt: number | undefined;
  const handle = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      stop(signal);
    } else if (performance.now() - firstAt > copyWindowMs) force(signal);
  };
  const names: NodeJS.Signals[] = ["SIGTERM", "SIGINT", "SIGHUP"];
  for (const name of names) target.on(name, handle);
  return () => {
    for (const name of names) target.off(name, handle);
  };
}
