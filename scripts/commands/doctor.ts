import { UsageError } from "../../core/errors.ts";
import { type Command, type Context, isSet, json, text } from "../cli/command.ts";
import { count } from "../cli/input.ts";
import { table, time } from "../cli/table.ts";
import { audiences, exitCodeOf, type Finding } from "../doctor/finding.ts";

export const doctor: Command = {
  name: "doctor",
  summary: "check every setting and dependency, and say how to fix what is wrong",
  examples: [
    ["doctor", "settings, Postgres, Temporal, Novu, app, worker, backlog"],
    ["doctor --for worker --json", "what the worker needs, for a script"],
    ["doctor --app-url https://notify.example.com", "with the address of the deployed app"],
  ],
  notes: [
    "Changes nothing. All checks run at the same time, and one failure hides no other.",
    "States: ok; warn (works, but look at it); down; bad (a setting is wrong); unknown (another line explains why).",
    "A missing app or worker is only a warning unless a flag or setting (PORT, WORKER_HEALTH_PORT) names it.",
    "Exit codes: 0 nothing is down, 1 something is down, 78 a setting is wrong.",
  ].join("\n"),
  flags: [
    { flags: "--for <who>", about: `what to check: ${audiences.join(", ")}`, fallback: "all" },
    { flags: "--app-url <url>", about: "address of the app (default http://127.0.0.1:<PORT>)" },
    { flags: "--worker-url <url>", about: "address of the worker (default: WORKER_HEALTH_PORT on this machine)" },
    { flags: "--timeout <ms>", about: "time limit of each check", fallback: "5000" },
    json,
  ],
  async run(context, _args, flags) {
    const wanted = text(flags, "for") ?? "all";
    const audience = audiences.find((known) => known === wanted);
    if (audience === undefined) throw new UsageError(`--for must be one of ${audiences.join(", ")}`);
    const [appUrl, workerUrl] = [
      address(text(flags, "appUrl"), "--app-url"),
      address(text(flags, "workerUrl"), "--worker-url"),
    ];
    const { examine } = await import("../doctor/examine.ts");
    const { settings, findings } = await examine(context.env, {
      audience,
      limitMs: count(text(flags, "timeout") ?? "5000", "--timeout", 100, 60_000),
      ...(appUrl === undefined ? {} : { appUrl }),
      ...(workerUrl === undefined ? {} : { workerUrl }),
    });
    const code = exitCodeOf(findings);
    if (isSet(flags, "json"))
      context.out(JSON.stringify({ ok: code === 0, for: audience, checks: findings, settings }));
    else print(context, findings);
    return code;
  },
};

function address(value: string | undefined, flag: string): string | undefined {
  if (value === undefined) return undefined;
  if (!/^https?:\/\/[^/]/.test(value) || !URL.canParse(value))
    throw new UsageError(`${flag} must be an address such as https://notify.example.com`);
  return value.replace(/\/+$/, "");
}

function print({ out, note }: Context, findings: readonly Finding[]): void {
  const rows = findings.flatMap(({ check, state, ms, since, found, todo }) => [
    [
      check,
      state,
      ms === undefined ? "" : ms.toFixed(0),
      since === undefined ? found : `${found}, since ${time(since)}`,
    ],
    ...(todo === undefined || state === "ok" ? [] : [["", "", "", `→ ${todo}`]]),
  ]);
  // Wide cells: the advice must be readable to its end.
  out(table(["CHECK", "STATE", "MS", "FOUND"], rows, 500));
  const wrong = findings.filter(({ state }) => state === "down" || state === "bad").length;
  if (wrong > 0) note(`xnovu: ${wrong} of ${findings.length} checks failed`);
}
