import type { Pool } from "pg";
import { legalChanges, type Status, statuses } from "../../core/notification.ts";

// A witness of its own: what became of every row, seen by a trigger that shares nothing with the product's timeline.
const install = `
CREATE SCHEMA audit;
CREATE TABLE audit.change (
  id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT clock_timestamp(), notification_id bigint NOT NULL,
  from_status text, to_status text, attempts int, max_attempts int, token uuid, owner text, lease_until timestamptz);
CREATE INDEX ON audit.change (notification_id, id);
CREATE FUNCTION audit.see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.status = NEW.status AND OLD.lease_token IS NOT DISTINCT FROM NEW.lease_token AND OLD.attempts = NEW.attempts THEN RETURN NULL; END IF;
    INSERT INTO audit.change (notification_id, from_status, to_status, attempts, max_attempts, token, owner, lease_until)
      VALUES (NEW.id, OLD.status, NEW.status, NEW.attempts, NEW.max_attempts, coalesce(NEW.lease_token, OLD.lease_token),
              coalesce(NEW.lease_owner, OLD.lease_owner), NEW.lease_until);
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO audit.change (notification_id, to_status, attempts, max_attempts) VALUES (NEW.id, NEW.status, NEW.attempts, NEW.max_attempts);
  ELSE
    INSERT INTO audit.change (notification_id, from_status) VALUES (OLD.id, OLD.status);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER audit_see AFTER INSERT OR UPDATE OR DELETE ON notify.notification FOR EACH ROW EXECUTE FUNCTION audit.see();`;

/** Installs the witness; rows that are there already are not seen. */
export const installAudit = async (db: Pool): Promise<void> => void (await db.query(install));

export const clearAudit = async (db: Pool): Promise<void> => void (await db.query("TRUNCATE audit.change"));

export interface SeenChange {
  readonly at: Date;
  readonly from: Status | null;
  readonly to: Status | null;
  readonly attempts: number;
  readonly token: string | null;
  readonly owner: string | null;
}

/** What became of one row, in order. */
export async function changesOf(db: Pool, id: string): Promise<SeenChange[]> {
  const { rows } = await db.query<SeenChange>(
    `SELECT at, from_status AS "from", to_status AS "to", attempts, token, owner FROM audit.change WHERE notification_id = $1 ORDER BY id`,
    [id],
  );
  return rows;
}

const isStatus = (text: string | null): text is Status => statuses.some((status) => status === text);

/** Born PENDING, never deleted, changed along the list; the same status twice is a claim taken over from PROCESSING. */
function isLegal(from: string | null, to: string | null): boolean {
  if (from === null) return to === "PENDING";
  if (!isStatus(from) || !isStatus(to)) return false;
  return legalChanges[from].includes(to) || (from === "PROCESSING" && to === "PROCESSING");
}

/** One line for each kind of change that broke a rule; empty when all were legal. */
export async function auditViolations(db: Pool): Promise<string[]> {
  const { rows: kinds } = await db.query<{ from: string | null; to: string | null; count: number; first: string }>(
    `SELECT from_status AS "from", to_status AS "to", count(*)::int AS count, min(notification_id) AS first
     FROM audit.change GROUP BY 1, 2`,
  );
  const { rows: over } = await db.query<{ id: string; attempts: number; max: number }>(
    "SELECT notification_id AS id, attempts, max_attempts AS max FROM audit.change WHERE attempts > max_attempts OR attempts < 0 LIMIT 5",
  );
  const { rows: incomplete } = await db.query<{ id: string; seen: number; listed: number }>(
    `SELECT c.notification_id AS id, count(*)::int AS seen,
       (SELECT count(*)::int FROM notify.timeline e WHERE e.notification_id = c.notification_id AND e.from_status <> e.to_status) AS listed
     FROM audit.change c WHERE c.from_status <> c.to_status GROUP BY 1
     HAVING count(*) <> (SELECT count(*) FROM notify.timeline e WHERE e.notification_id = c.notification_id AND e.from_status <> e.to_status)
     LIMIT 5`,
  );
  return [
    ...kinds
      .filter(({ from, to }) => !isLegal(from, to))
      .map(
        ({ from, to, count, first }) => `I3: ${count} changes from ${from} to ${to}, first of notification ${first}`,
      ),
    ...over.map(({ id, attempts, max }) => `I4: notification ${id} at attempt ${attempts} of ${max}`),
    ...incomplete.map(
      ({ id, seen, listed }) => `I3: the timeline of notification ${id} lists ${listed} of ${seen} changes`,
    ),
  ];
}
