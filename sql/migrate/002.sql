-- 1 to 2: a run says why it is not complete. What was loaded before says nothing, in every layer.
ALTER TABLE run ADD COLUMN why TEXT DEFAULT '';
