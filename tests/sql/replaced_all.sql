SELECT k, t FROM replaced ORDER BY k;
