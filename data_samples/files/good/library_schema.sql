-- A lending library: titles, copies of them, members, and who has borrowed what.

CREATE TABLE title (
    title_id     INTEGER PRIMARY KEY,
    name         TEXT    NOT NULL,
    author       TEXT    NOT NULL,
    published    INTEGER CHECK (published BETWEEN 1400 AND 2200),
    UNIQUE (name, author, published)
);

CREATE TABLE copy (
    copy_id      INTEGER PRIMARY KEY,
    title_id     INTEGER NOT NULL REFERENCES title (title_id),
    shelf        TEXT    NOT NULL,
    condition    TEXT    NOT NULL DEFAULT 'good' CHECK (condition IN ('new', 'good', 'worn', 'lost'))
);

CREATE TABLE member (
    member_id    INTEGER PRIMARY KEY,
    joined_on    TEXT    NOT NULL,
    loan_limit   INTEGER NOT NULL DEFAULT 6
);

CREATE TABLE loan (
    loan_id      INTEGER PRIMARY KEY,
    copy_id      INTEGER NOT NULL REFERENCES copy (copy_id),
    member_id    INTEGER NOT NULL REFERENCES member (member_id),
    lent_on      TEXT    NOT NULL,
    due_on       TEXT    NOT NULL,
    returned_on  TEXT,
    CHECK (due_on > lent_on),
    CHECK (returned_on IS NULL OR returned_on >= lent_on)
);

-- A copy can be out only once at a time.
CREATE UNIQUE INDEX one_open_loan ON loan (copy_id) WHERE returned_on IS NULL;

CREATE VIEW available AS
SELECT t.title_id, t.name, count(c.copy_id) AS copies_on_shelf
FROM title t
JOIN copy c ON c.title_id = t.title_id AND c.condition <> 'lost'
LEFT JOIN loan l ON l.copy_id = c.copy_id AND l.returned_on IS NULL
WHERE l.loan_id IS NULL
GROUP BY t.title_id, t.name;

CREATE TRIGGER respect_loan_limit
BEFORE INSERT ON loan
WHEN (SELECT count(*) FROM loan WHERE member_id = NEW.member_id AND returned_on IS NULL)
     >= (SELECT loan_limit FROM member WHERE member_id = NEW.member_id)
BEGIN
    SELECT RAISE(ABORT, 'this member has reached the loan limit');
END;

-- The ten titles that were borrowed most often in the last year, with their median loan length.
WITH lengths AS (
    SELECT c.title_id,
           julianday(coalesce(l.returned_on, date('now'))) - julianday(l.lent_on) AS days,
           row_number() OVER (PARTITION BY c.title_id ORDER BY l.lent_on) AS nth,
           count(*) OVER (PARTITION BY c.title_id) AS loans
    FROM loan l
    JOIN copy c USING (copy_id)
    WHERE l.lent_on >= date('now', '-1 year')
)
SELECT t.name, lengths.loans, round(avg(lengths.days), 1) AS typical_days
FROM lengths
JOIN title t USING (title_id)
WHERE nth IN ((loans + 1) / 2, (loans + 2) / 2)
GROUP BY t.title_id, t.name, lengths.loans
ORDER BY lengths.loans DESC, t.name
LIMIT 10;
