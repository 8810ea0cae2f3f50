import { z } from "zod";
import { messageOf, XnovuError } from "../../core/errors.ts";

// The audit log is the source of truth about releases. Lines are only appended; which release is live, previous or pruned follows from them.

const entry = z.object({
  at: z.string(),
  /** user@machine that ran the command. */
  by: z.string(),
  action: z.enum(["deploy", "rollback", "prune"]),
  /** The release that was deployed, rolled back to, or removed. */
  release: z.number().int().positive(),
  /** The release that was live when the action began. */
  from: z.number().int().positive().nullable(),
  /** `migrated` is written only for migrations that remove something. */
  outcome: z.enum(["started", "migrated", "live", "drained", "failed", "interrupted", "pruned"]),
  /** Why it failed, or a warning. */
  reason: z.string().optional(),
  /** On `started` of a deploy: the pulled reference, the engine's image id, the registry's digest, the commit. */
  reference: z.string().optional(),
  image: z.string().optional(),
  digest: z.string().optional(),
  revision: z.string().optional(),
  /** On `migrated`: the oldest release whose code still works with the schema. */
  oldest: z.number().int().positive().optional(),
  /** On `live`: the proxy's slot of the release. */
  slot: z.enum(["a", "b"]).optional(),
});
export type Entry = z.infer<typeof entry>;
export type Slot = NonNullable<Entry["slot"]>;

/** @throws XnovuError that names the first line which is not a valid entry. */
export function parseAuditLog(text: string): Entry[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const parsed = entry.safeParse(jsonOf(line));
    if (parsed.success) return [parsed.data];
    throw new XnovuError(`Line ${index + 1} of the server's audit log cannot be read: ${line.slice(0, 120)}`, {
      hint: "Fix the file audit-log.jsonl in the Docker volume xnovu-deploy, then deploy again.",
    });
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** An error as one line of the audit log: its first two lines, at most 300 characters. */
export const reasonOf = (error: unknown): string =>
  messageOf(error)
    .split("\n")
    .slice(0, 2)
    .map((line) => line.trim())
    .join(" ")
    .slice(0, 300);
