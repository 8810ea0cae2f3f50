import { z } from "zod";
import { messageOf, XnovuError } from "../../core/errors.ts";

// The journal is the truth about releases: lines are only ever added, and what is live, previous or gone follows from them. It is the audit, too.

const entry = z.object({
  at: z.string(),
  /** user@machine that gave the command. */
  by: z.string(),
  action: z.enum(["deploy", "rollback", "prune"]),
  /** What the action is about: the new release, the one gone back to, the one removed. */
  release: z.number().int().positive(),
  /** The release that was live when the action began. */
  from: z.number().int().positive().nullable(),
  /** `migrated` is only written for migrations that take something away. */
  outcome: z.enum(["started", "migrated", "live", "drained", "failed", "interrupted", "pruned"]),
  /** Why it failed, or what went wrong beside. */
  reason: z.string().optional(),
  /** With `started` of a deploy: the reference it was pulled by, the engine's id of the image, the registry's digest, the commit. */
  reference: z.string().optional(),
  image: z.string().optional(),
  digest: z.string().optional(),
  revision: z.string().optional(),
  /** With `migrated`: the oldest release whose code may still meet the schema. */
  oldest: z.number().int().positive().optional(),
  /** With `live`: the edge's place for it. */
  slot: z.enum(["a", "b"]).optional(),
});
export type Entry = z.infer<typeof entry>;
export type Slot = NonNullable<Entry["slot"]>;

/** @throws XnovuError that names the line which is none of a journal. */
export function parseJournal(text: string): Entry[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const parsed = entry.safeParse(jsonOf(line));
    if (parsed.success) return [parsed.data];
    throw new XnovuError(`Line ${index + 1} of the server's journal cannot be read: ${line.slice(0, 120)}`, {
      hint: "Mend it in the volume xnovu-deploy, file journal.jsonl, before anything else is deployed.",
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

/** A fault in one line: what it is, and the first of what it lists. */
export const reasonOf = (error: unknown): string =>
  messageOf(error)
    .split("\n")
    .slice(0, 2)
    .map((line) => line.trim())
    .join(" ")
    .slice(0, 300);
