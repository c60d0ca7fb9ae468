-- The inputs of a closed day are gone. $day.
UPDATE day_state SET sealed = TRUE WHERE day = CAST($day AS DATE);
