-- No state change. Those of :ids that this transaction inserted; the others are older.
SELECT id FROM notify.notification WHERE id = ANY (:ids::bigint[]) AND xmin = pg_current_xact_id()::xid
