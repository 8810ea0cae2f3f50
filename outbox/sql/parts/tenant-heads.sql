-- The head of each tenant's queue, in the order of the tenants, after one of them: the body of a recursive query.
-- Arguments: `self`, the name of that query; `queue`; `after`, a tenant; `columns` to return; `order` of the queue.
-- `order` must be the whole order of the queue's own index. No other index has it: one that only begins with the tenant also holds what was sent.
(SELECT n.enterprise_id, {{columns}} FROM notify.notification n
 WHERE n.queue = '{{queue}}' AND n.enterprise_id > {{after}} ORDER BY n.enterprise_id, {{order}} LIMIT 1)
UNION ALL
SELECT next.* FROM {{self}} AS last CROSS JOIN LATERAL (
  SELECT n.enterprise_id, {{columns}} FROM notify.notification n
  WHERE n.queue = '{{queue}}' AND n.enterprise_id > last.enterprise_id ORDER BY n.enterprise_id, {{order}} LIMIT 1) AS next
