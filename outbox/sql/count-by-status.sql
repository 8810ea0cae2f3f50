-- No state change. How many rows wait, and for how long the oldest due row has. :count_limit, where each count stops; :tenant_limit.
-- The oldest row is looked up at the head of each tenant's queue, since the first entries of an index may all belong to one tenant. :tenant_limit
-- tenants are enough: claims serve tenants in turn, so where more wait, they wait alike.
WITH RECURSIVE new_heads AS (
  -- @include tenant-heads (self: new_heads; queue: new; after: ''; columns: n.created_at AS due_at; order: notify.queue_position(n.created_at, n.priority), n.id)
), scheduled_heads AS (
  -- @include tenant-heads (self: scheduled_heads; queue: scheduled; after: ''; columns: n.scheduled_for AS due_at; order: n.scheduled_for)
), failed_heads AS (
  -- @include tenant-heads (self: failed_heads; queue: failed; after: ''; columns: n.next_attempt_at AS due_at; order: n.next_attempt_at)
), oldest AS (
  SELECT coalesce(extract(epoch FROM now() - min(due_at)) * 1000, 0)::bigint AS ms FROM (
    (TABLE new_heads LIMIT :tenant_limit) UNION ALL (TABLE scheduled_heads LIMIT :tenant_limit) UNION ALL (TABLE failed_heads LIMIT :tenant_limit)) AS heads
  WHERE due_at <= now()
)
SELECT 'due' AS what, count(*)::int AS count, (SELECT ms FROM oldest) AS oldest_ms FROM (
  (SELECT FROM notify.notification WHERE queue = 'new')
  UNION ALL (SELECT FROM notify.notification WHERE queue = 'scheduled' AND scheduled_for <= now())
  UNION ALL (SELECT FROM notify.notification WHERE queue = 'failed' AND next_attempt_at <= now()) LIMIT :count_limit) AS due
UNION ALL SELECT 'scheduled', count(*)::int, 0 FROM (SELECT FROM notify.notification WHERE queue = 'scheduled' AND scheduled_for > now() LIMIT :count_limit) AS s
UNION ALL SELECT 'processing', least(coalesce(sum(open), 0), :count_limit)::int, 0 FROM notify.lease
UNION ALL SELECT 'failed', count(*)::int, 0 FROM (SELECT FROM notify.notification WHERE queue = 'failed' LIMIT :count_limit) AS f
UNION ALL SELECT 'dead', count(*)::int, 0 FROM (SELECT FROM notify.notification WHERE queue = 'dead' LIMIT :count_limit) AS d
