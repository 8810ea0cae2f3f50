import { UsageError, XnovuError } from "../../core/errors.ts";
import { type Command, isSet, json, tenantFlag, text } from "../cli/command.ts";
import { withPool } from "../cli/database.ts";
import { count } from "../cli/input.ts";
import { table, time } from "../cli/table.ts";

export const keyCreate: Command = {
  name: "key create",
  summary: "create an API key for a tenant's producers",
  examples: [
    ["key create --tenant acme --name shop", "prints the key once; it is stored nowhere"],
    ["key create --tenant acme --name shop > shop.key", "writes it to a file: stdout gets only the key"],
  ],
  notes: [
    "A key can send, read, retract and retry the notifications of its own tenant. The database stores only its SHA-256.",
    "To replace a key: create a new one, distribute it, then `key revoke` the old one. The API: docs/api.md.",
  ].join("\n"),
  flags: [
    tenantFlag("tenant of the key"),
    { flags: "--name <text>", about: "who uses the key: shown by `key list` and in the app's log" },
    json,
  ],
  async run(context, _args, flags) {
    const tenant = text(flags, "tenant");
    const name = text(flags, "name");
    if (tenant === undefined) throw new UsageError("--tenant is missing: which tenant is the key for?");
    if (name === undefined) throw new UsageError("--name is missing: who uses the key?");
    const { createKey } = await import("../../outbox/api-keys.ts");
    const made = await withPool(context, (pool) => createKey(pool, tenant, name));
    context.out(isSet(flags, "json") ? JSON.stringify(made) : made.key);
    context.note(`xnovu: key ${made.id} for tenant ${tenant}. It is not shown again: store it like a password.`);
    return undefined;
  },
};

export const keyList: Command = {
  name: "key list",
  summary: "list API keys with tenant, last use and revocation",
  examples: [
    ["key list", "all keys, by tenant"],
    ["key list --tenant acme --json", "one tenant's, for a script"],
  ],
  flags: [tenantFlag("only this tenant"), json],
  async run(context, _args, flags) {
    const { listKeys } = await import("../../outbox/api-keys.ts");
    const keys = await withPool(context, (pool) => listKeys(pool, text(flags, "tenant")));
    if (isSet(flags, "json")) context.out(JSON.stringify(keys));
    else if (keys.length === 0)
      context.note("No API keys. Create one: pnpm xnovu key create --tenant acme --name shop");
    else {
      const rows = keys.map((key) => [
        ...[key.id, key.enterpriseId, key.name],
        ...[key.createdAt, key.lastUsedAt, key.revokedAt].map(time),
      ]);
      context.out(table(["ID", "TENANT", "NAME", "CREATED", "LAST USED", "REVOKED"], rows));
    }
    return undefined;
  },
};

export const keyRevoke: Command = {
  name: "key revoke <id>",
  summary: "revoke an API key, at once and for good",
  examples: [["key revoke 3", "the id comes from `key list`"]],
  notes: "Notifications sent with the key stay. Exit code 1 when there is no such key, or it is revoked already.",
  flags: [json],
  async run(context, [id = ""], flags) {
    const number = count(id, "the id", 1, 999_999_999);
    const { revokeKey } = await import("../../outbox/api-keys.ts");
    const revoked = await withPool(context, (pool) => revokeKey(pool, String(number)));
    if (revoked === undefined)
      throw new XnovuError(`there is no active key ${number}`, {
        hint: "`pnpm xnovu key list` shows the keys.",
      });
    context.out(
      isSet(flags, "json")
        ? JSON.stringify(revoked)
        : `key ${revoked.id} of tenant ${revoked.enterpriseId} (${revoked.name}) is revoked`,
    );
    return undefined;
  },
};
