UPDATE hot SET viewer_count = viewer_count + 1 WHERE slot = 1772784000;
