import { mutantsOf } from "./mutant.ts";

const lifecycle = ["worker/lifecycle/lifecycle.test.ts"];
const http = ["worker/http/http.test.ts"];

/** The worker process: its loops, stop, health, metrics and traces. */
export const workerMutants = [
  ...mutantsOf("stop", "worker/worker-process.ts", ["test/worker-stop.test.ts"], {
    "leaves the port open": { find: "run: () => http.terminate()", replace: "run: async () => undefined" },
    "does not release rows": {
      find: "run: () => database.claims.releaseAll(owner)",
      replace: "run: async () => undefined",
    },
  }),
  ...mutantsOf("stop", "worker/temporal/temporal-workers.ts", ["test/worker-fan-out.test.ts"], {
    "gives activities no time": { find: "shutdownGraceTime: graceMs", replace: "shutdownGraceTime: 0" },
  }),
  ...mutantsOf("stop", "worker/lifecycle/shutdown.ts", lifecycle, {
    "has no deadline": { find: "sleep(deadlineMs, done.signal)", replace: "sleep(deadlineMs * 99, done.signal)" },
    "ends at the first step that fails": { find: "failed = true;", replace: "throw error;" },
  }),
  ...mutantsOf("stop", "worker/lifecycle/signals.ts", lifecycle, {
    "a copy of the signal ends the worker at once": {
      find: "const copyWindowMs = 400;",
      replace: "const copyWindowMs = -1;",
    },
  }),
  ...mutantsOf("supervision", "worker/lifecycle/supervise.ts", lifecycle, {
    "one restart too many": { find: "failures.length > limit", replace: "failures.length > limit + 1" },
    "a setting that is wrong is retried": { find: "if (error instanceof XnovuError) throw error;", replace: "" },
  }),
  ...mutantsOf("loop", "worker/poll/loop.ts", ["worker/poll/loop.test.ts"], {
    "a wake-up during a poll is lost": {
      find: 'if (result !== "idle") continue;',
      replace: 'woken = false;\nif (result !== "idle") continue;',
    },
  }),
  ...mutantsOf("loop", "worker/poll/in-flight.ts", ["worker/poll/in-flight.test.ts"], {
    "others start beside an isolated row": { find: "blocked = true;", replace: "blocked = false;" },
  }),
  ...mutantsOf("loop", "worker/poll/claim-size.ts", ["worker/poll/claim-size.test.ts"], {
    "claims never grow": { find: "last * 2", replace: "last" },
  }),
  ...mutantsOf("health", "worker/http/health.ts", http, {
    "ready while it stops": { find: "source.accepting() && waitsFor.length === 0", replace: "waitsFor.length === 0" },
    "live while a loop hangs": { find: 'respond(watchdog.status === "up",', replace: "respond(true," },
    "503 becomes 200": { find: "code: ok ? 200 : 503", replace: "code: 200" },
  }),
  ...mutantsOf("metrics", "worker/http/metrics/deliveries.ts", ["worker/http/metrics.test.ts"], {
    "durations in milliseconds": { find: "observe(tookMs / 1000)", replace: "observe(tookMs)" },
    "outcomes have no zero": { find: "settled.inc({ outcome }, 0);", replace: "" },
  }),
  ...mutantsOf("metrics", "worker/http/metrics/novu.ts", ["worker/http/metrics.test.ts"], {
    "a label for every status": { find: "status >= 200 && status < 600 ?", replace: "status >= 200 && status < 100 ?" },
  }),
  ...mutantsOf("tracing", "worker/tracing/claim-spans.ts", ["worker/tracing/claim-spans.test.ts"], {
    "the producer's trace is lost": { find: "return parent && trace", replace: "return undefined && trace" },
    "rows that were left have no end": { find: 'for (const span of open.values()) end(span, "left");', replace: "" },
  }),
  ...mutantsOf("tracing", "core/tracing/target.ts", ["core/tracing/target.test.ts"], {
    "OTEL_SDK_DISABLED is ignored": { find: "url === undefined || disabled", replace: "url === undefined" },
  }),
];
