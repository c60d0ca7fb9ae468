SELECT k, t FROM contract ORDER BY k;
