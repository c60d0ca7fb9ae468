SELECT * FROM broadcaster ORDER BY broadcaster_id
