import { messageOf, UsageError, XnovuError } from "../../core/errors.ts";
import { type Command, isSet, json, text } from "../cli/command.ts";
import { settingsOf } from "../cli/settings.ts";

export const sync: Command = {
  name: "sync",
  summary: "register the bridge's workflows with Novu",
  examples: [["sync --bridge-url https://notify.example.com/api/novu", "Novu reads the workflows from the bridge"]],
  notes:
    "Novu must reach the bridge at that address, and both need the same NOVU_SECRET_KEY. Novu deletes workflows that the bridge no longer serves.",
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
        hint: "Check that Novu reaches the bridge at this address and that both have the same NOVU_SECRET_KEY.",
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
