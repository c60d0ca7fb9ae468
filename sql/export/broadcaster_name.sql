SELECT * FROM broadcaster_name ORDER BY broadcaster_id, first_slot, login, display_name
