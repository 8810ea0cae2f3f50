-- Packs rows into batches of about :recipients_per_batch recipients. Calls never cross a batch, so a row that a retry leaves out does not move the
-- others into another call: see plan-calls.ts.
(sum(recipients) OVER (ORDER BY id) - 1) / :recipients_per_batch::int AS batch
