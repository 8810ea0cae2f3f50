import { messageOf, UsageError, XnovuError } from "../../core/errors.ts";
import { type Command, isSet, json, text } from "../cli/command.ts";
import { settingsOf } from "../cli/settings.ts";

export const sync: Command = {
  name: "sync",
  summary: "tell Novu which workflows the bridge serves",
  examples: [
    ["sync --bridge-url https://notify.example.com/api/novu", "Novu asks the bridge and takes over its workflows"],
  ],
  notes:
    "Novu must reach the bridge at that address, and both must have the same NOVU_SECRET_KEY. Workflows that the bridge no longer serves are deleted at Novu.",
  flags: [{ flags: "--bridge-url <url>", about: "public address of the app's /api/novu" }, json],
  async run({ env, out }, _args, flags) {
    const { novu } = await settingsOf({ env }, "novu");
    const bridgeUrl = text(flags, "bridgeUrl") ?? "";
    if (!URL.canParse(bridgeUrl))
      throw new UsageError(
        "--bridge-url must be the public address of the bridge, such as https://notify.example.com/api/novu",
      );
    const { syncBridge } = await import("../../novu/sync.ts");
    const synced = await syncBridge(novu, bridgeUrl).catch((error: unknown) => {
      throw new XnovuError(`the sync failed: ${messageOf(error)}`, {
        hint: "Is the bridge up and reachable from Novu, with the same NOVU_SECRET_KEY?",
        cause: error,
      });
    });
    out(
      isSet(flags, "json")
        ? JSON.stringify(synced)
        : `Novu knows ${synced.length} workflow${synced.length === 1 ? "" : "s"}: ${synced.join(", ")}`,
    );
    return undefined;
  },
};
