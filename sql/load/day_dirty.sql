-- A late run came for a closed day. $day.
UPDATE day_state SET dirty = TRUE WHERE day = CAST($day AS DATE);
