-- How many boats of each kind lie in the harbour today.
CREATE VIEW boats_by_kind AS
SELECT kind, count(*) AS boats, avg(length) AS mean_length
FROM boat WHERE left_on IS NULL
GROUP BY kind ORDER BY boats DESC;

-- Moorings that nobody has used since the beginning of the season.
CREATE VIEW idle_moorings AS
SELECT m.mooring_id, m.pier, m.depth
FROM mooring m LEFT JOIN stay s ON s.mooring_id = m.mooring_id AND s.arrived >= '2023-04-01'
WHERE s.stay_id IS NULL;

-- Owners who have to pay for more than three weeks.
CREATE VIEW reminders AS
SELECT o.owner_id, o.name, sum(i.amount) AS open_amount, min(i.due_on) AS oldest
FROM owner o JOIN invoice i USING (owner_id)
WHERE i.paid_on IS NULL AND julianday('now') - julianday(i.due_on) > 21
GROUP BY o.owner_id, o.name;

-- The waiting list for each pier, in the order in which people asked.
CREATE VIEW waiting_list AS
SELECT pier, row_number() OVER (PARTITION BY pier ORDER BY asked_on, request_id) AS place, owner_id, boat_length
FROM request WHERE granted_on IS NULL;

-- Nights that guests stayed, by month.
CREATE VIEW guest_nights AS
SELECT strftime('%Y-%m', arrived) AS month, sum(julianday(departed) - julianday(arrived)) AS nights
FROM stay WHERE is_guest = 1 AND departed IS NOT NULL
GROUP BY month;

-- Boats that are too long for the mooring they were given.
CREATE VIEW misplaced AS
SELECT b.name, b.length, m.pier, m.longest
FROM stay s JOIN boat b USING (boat_id) JOIN mooring m USING (mooring_id)
WHERE s.departed IS NULL AND b.length > m.longest;

-- What the crane earned in a year and how many hours it stood still.
CREATE VIEW crane_year AS
SELECT strftime('%Y', started) AS year, sum(price) AS income, 2000 - sum(hours) AS idle_hours
FROM crane_job WHERE cancelled = 0
GROUP BY year HAVING count(*) > 10;

-- Keys that were handed out and never came back.
CREATE VIEW lost_keys AS
SELECT k.label, p.name, p.phone_code, k.handed_out
FROM key_loan k JOIN person p ON p.person_id = k.person_id
WHERE k.returned IS NULL AND k.handed_out < date('now', '-1 year');
