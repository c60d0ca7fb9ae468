-- One track counts one viewer more.
UPDATE track SET viewers = list_transform(viewers, lambda v: v + 1) WHERE first_slot = 1772784000;
