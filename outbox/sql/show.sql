-- No state change. The notification :id of :enterprise_id (NULL: any), with its timeline and the outcome of each recipient that is final.
SELECT n.id, n.enterprise_id, n.workflow, n.recipients, n.payload, n.overrides, n.channels, n.tags, n.priority, n.status, n.attempts, n.max_attempts,
       n.scheduled_for, n.next_attempt_at, n.sent_at, n.created_at, n.updated_at, n.transaction_id, n.error, n.traceparent,
  coalesce((SELECT jsonb_agg(jsonb_build_object('at', t.at, 'from', t.from_status, 'to', t.to_status, 'attempt', t.attempt,
      'workflowId', t.temporal_workflow_id, 'worker', t.worker, 'error', t.error) ORDER BY t.id)
    FROM notify.timeline t WHERE t.notification_id = n.id), '[]') AS timeline,
  coalesce((SELECT jsonb_agg(jsonb_build_object('ordinal', r.ordinal, 'status', r.status, 'transactionId', r.transaction_id, 'error', r.error, 'at', r.at) ORDER BY r.ordinal)
    FROM notify.recipient_outcome r WHERE r.notification_id = n.id), '[]') AS outcomes
FROM notify.notification n
WHERE n.id = :id::bigint AND (:enterprise_id::text IS NULL OR n.enterprise_id = :enterprise_id)
