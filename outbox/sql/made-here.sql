-- No state change. $1 ids. Those that this transaction itself inserted: the others were there before.
SELECT id FROM notify.notification WHERE id = ANY ($1::bigint[]) AND xmin = pg_current_xact_id()::xid
