-- No state change. Whether rescue-isolated.sql has anything to do. :isolate_from attempts.
SELECT EXISTS (
  SELECT FROM notify.notification WHERE
    -- @include expired-lease
    AND
    -- @include poison-row
) AS poison_rows
