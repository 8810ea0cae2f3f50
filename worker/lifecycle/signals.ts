export interface SignalHandlers {
  /** The first signal: stop in order. */
  readonly stop: (signal: NodeJS.Signals) => void;
  /** A second one: stop now. */
  readonly force: (signal: NodeJS.Signals) => void;
}

/** A terminal's Ctrl-C reaches every process of its group, and a parent may pass it on as well: copies within this time are one signal. */
const copyWindowMs = 400;

/** SIGTERM, SIGINT and SIGHUP. Returns what takes the handlers off again. */
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
