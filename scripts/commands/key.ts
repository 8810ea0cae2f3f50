import { UsageError, XnovuError } from "../../core/errors.ts";
import { type Command, isSet, json, text } from "../cli/command.ts";
import { withPool } from "../cli/database.ts";
import { count } from "../cli/input.ts";
import { table, time } from "../cli/table.ts";

export const keyCreate: Command = {
  name: "key create",
  summary: "make an API key for a tenant's producers",
  examples: [
    ["key create --enterprise acme --name shop", "printed once, and kept nowhere"],
    ["key create --enterprise acme --name shop > shop.key", "into a file: only the key goes to stdout"],
  ],
  notes: [
    "A key sends, reads, retracts and retries the notifications of its own tenant. The database keeps its SHA-256 alone.",
    "To replace one: create the new one, hand it out, then `key revoke` the old one. docs/api.md has the API.",
  ].join("\n"),
  flags: [
    { flags: "--enterprise <id>", about: "tenant that the key speaks for" },
    { flags: "--name <text>", about: "who will use it: shown by `key list` and in the app's log" },
    json,
  ],
  async run(context, _args, flags) {
    const enterprise = text(flags, "enterprise");
    const name = text(flags, "name");
    if (enterprise === undefined) throw new UsageError("--enterprise is missing: which tenant is the key for?");
    if (name === undefined) throw new UsageError("--name is missing: who will use the key?");
    const { createKey } = await import("../../outbox/api-keys.ts");
    const made = await withPool(context, (pool) => createKey(pool, enterprise, name));
    context.out(isSet(flags, "json") ? JSON.stringify(made) : made.key);
    context.note(`xnovu: key ${made.id} for ${enterprise}. It is not shown again: keep it like a password.`);
    return undefined;
  },
};

export const keyList: Command = {
  name: "key list",
  summary: "list API keys: whose, when used, whether revoked",
  examples: [
    ["key list", "all, by tenant"],
    ["key list --enterprise acme --json", "one tenant's, for a script"],
  ],
  flags: [{ flags: "--enterprise <id>", about: "only this tenant" }, json],
  async run(context, _args, flags) {
    const { listKeys } = await import("../../outbox/api-keys.ts");
    const keys = await withPool(context, (pool) => listKeys(pool, text(flags, "enterprise")));
    if (isSet(flags, "json")) context.out(JSON.stringify(keys));
    else if (keys.length === 0) context.note("no key; make one: pnpm xnovu key create --enterprise acme --name shop");
    else {
      const rows = keys.map((key) => [
        ...[key.id, key.enterpriseId, key.name],
        ...[key.createdAt, key.lastUsedAt, key.revokedAt].map(time),
      ]);
      context.out(table(["ID", "ENTERPRISE", "NAME", "CREATED", "LAST USED", "REVOKED"], rows));
    }
    return undefined;
  },
};

export const keyRevoke: Command = {
  name: "key revoke <id>",
  summary: "end an API key, at once and for good",
  examples: [["key revoke 3", "the id is that of `key list`"]],
  notes: "What was sent with it stays. Exit code 1 when there is no such key, or it is revoked already.",
  flags: [json],
  async run(context, [id = ""], flags) {
    const number = count(id, "the id", 1, 999_999_999);
    const { revokeKey } = await import("../../outbox/api-keys.ts");
    const revoked = await withPool(context, (pool) => revokeKey(pool, String(number)));
    if (revoked === undefined)
      throw new XnovuError(`there is no key ${number} that could be revoked`, {
        hint: "`pnpm xnovu key list` shows them.",
      });
    context.out(
      isSet(flags, "json")
        ? JSON.stringify(revoked)
        : `key ${revoked.id} of ${revoked.enterpriseId} (${revoked.name}) is revoked`,
    );
    return undefined;
  },
};
