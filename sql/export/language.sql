SELECT * FROM language ORDER BY code
