-- The rows of forget/take_stream, in the order that processing gives them.
SELECT * FROM forget_row ORDER BY stream_id
