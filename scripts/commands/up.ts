import { type Command, type Context, type Flags, isSet, json, text } from "../cli/command.ts";
import { detachStack } from "../stack/detach.ts";
import { offsetOf, otherStackRuns, untilAborted, withStack } from "../stack/foreground.ts";
import { pathsOf, type StackPaths, type StackState } from "../stack/hooks.ts";
import { runningAlready } from "../stack/running.ts";
import { describe, shortPath, summary } from "../stack/summary.ts";

export const up: Command = {
  name: "up",
  summary: "start everything on this machine: Postgres, Temporal, Novu emulator, app, worker",
  examples: [
    ["up", "in the foreground, with the logs; Ctrl-C stops everything"],
    ["up --detach", "in the background; `pnpm xnovu down` stops it"],
    ["up --port-offset 100", "every port 100 higher: app 4100, worker 3101, ..."],
    ["up --fresh", "delete notifications, workflows and inbox first"],
  ],
  notes: `Ports: app 4000, worker 3001, Novu emulator and inbox 3003, Temporal 7233 and its pages 8233, Postgres 54320; all on 127.0.0.1.
Data, logs (logs/*.log) and state are in .xnovu, or in XNOVU_STATE_DIR, and survive a restart. The first start may take minutes: it builds or downloads programs.
The stack ignores settings that name a database, Temporal, Novu or Supabase, because it has its own. Other settings apply (POLL_*, XNOVU_*).
Exit codes: 0 stopped on request or already up, 1 something failed, 2 wrong use, 78 wrong settings.`,
  flags: [
    { flags: "--port-offset <n>", about: "added to every port, so that two checkouts can run side by side" },
    { flags: "--fresh", about: "delete the data of earlier runs first" },
    { flags: "-d, --detach", about: "run in the background; returns when everything is healthy" },
    json,
  ],
  async run(context, _args, flags) {
    const paths = await pathsOf(context);
    const offset = await offsetOf(text(flags, "portOffset"));
    const running = await runningAlready(context, paths);
    if (running !== undefined) {
      refuseOther(running, offset, isSet(flags, "fresh"));
      await print(context, running, paths, flags, true);
      return 0;
    }
    if (isSet(flags, "detach")) {
      const args = [
        ...(offset ? ["--port-offset", String(offset)] : []),
        ...(isSet(flags, "fresh") ? ["--fresh"] : []),
      ];
      await print(context, await detachStack(context, paths, args), paths, flags, false);
      return 0;
    }
    const options = { paths, offset: offset ?? 0, fresh: isSet(flags, "fresh"), show: context.note };
    await withStack(context, options, async (stack, signal) => {
      await print(context, stack.state(), paths, flags, false);
      if (context.interactive) context.note("Ctrl-C stops everything.");
      await untilAborted(signal);
    });
    return 0;
  },
};

function refuseOther(state: StackState, offset: number | undefined, fresh: boolean): void {
  if (offset !== undefined && offset !== state.offset) throw otherStackRuns(`with --port-offset ${state.offset}`);
  if (fresh) throw otherStackRuns("so its data cannot be deleted");
}

async function print(
  context: Context,
  state: StackState,
  paths: StackPaths,
  flags: Flags,
  already: boolean,
): Promise<void> {
  if (already) context.note(`The stack of this folder is already up (process ${state.pid}).`);
  const shown = shortPath(context.cwd);
  context.out(
    isSet(flags, "json") ? JSON.stringify(await describe(state, paths, already)) : await summary(state, paths, shown),
  );
}
