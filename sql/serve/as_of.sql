-- The newest good slot.
SELECT max(slot) AS slot FROM run WHERE status IN ('complete', 'partial')
