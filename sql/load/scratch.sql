-- Where the answer of load/new_details lies, in a scratch database.
CREATE OR REPLACE TEMP TABLE new_detail (slot BIGINT, stream_id BIGINT);
