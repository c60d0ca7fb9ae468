-- All that is in the log goes into the file.
CHECKPOINT;
