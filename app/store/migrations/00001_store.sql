-- One text for SQLite and PostgreSQL. Instants are BIGINT microseconds since 1970 in UTC, so that they sort and compare the
-- same on both. BYTEA columns are sealed (see seal.go); SQLite takes any type name and keeps the bytes as they are.

-- +goose Up
CREATE TABLE seals (
    name  TEXT PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE counters (
    prefix TEXT   NOT NULL,
    year   BIGINT NOT NULL,
    last   BIGINT NOT NULL,
    PRIMARY KEY (prefix, year)
);

CREATE TABLE advisories (
    id        TEXT   PRIMARY KEY,
    project   TEXT   NOT NULL,
    report    TEXT   NOT NULL,
    version   BIGINT NOT NULL,
    phase     TEXT   NOT NULL,
    desk      BIGINT NOT NULL,
    ended     BIGINT NOT NULL, -- 1 when nothing further is decided about it
    opened_at BIGINT NOT NULL,
    turned_at BIGINT NOT NULL, -- of the last commit
    state     BYTEA  NOT NULL,
    tail      BYTEA  NOT NULL, -- number and hash of the last line of its history
    UNIQUE (project, report)
);

CREATE TABLE history (
    advisory TEXT   NOT NULL REFERENCES advisories (id),
    seq      BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    by_whom  TEXT   NOT NULL,
    what     TEXT   NOT NULL,
    why      BYTEA  NOT NULL, -- the line's salt, then the words
    prev     TEXT   NOT NULL,
    hash     TEXT   NOT NULL,
    PRIMARY KEY (advisory, seq)
);

CREATE TABLE deadlines (
    advisory TEXT   NOT NULL REFERENCES advisories (id),
    name     TEXT   NOT NULL,
    due_at   BIGINT NOT NULL,
    state    TEXT   NOT NULL CHECK (state IN ('held', 'lifting', 'done')),
    PRIMARY KEY (advisory, name)
);
CREATE INDEX deadlines_due ON deadlines (due_at) WHERE state = 'held';

CREATE TABLE effects (
    advisory    TEXT   NOT NULL REFERENCES advisories (id),
    key         TEXT   NOT NULL,
    seq         BIGINT NOT NULL, -- order of insertion within the advisory, never used twice
    kind        TEXT   NOT NULL,
    payload     BYTEA  NOT NULL,
    status      TEXT   NOT NULL CHECK (status IN ('pending', 'started', 'done')),
    attempts    BIGINT NOT NULL, -- also the fence: who claims raises it
    again       BIGINT NOT NULL, -- 1 once an attempt may have happened without an answer
    not_before  BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    owner       TEXT   NOT NULL,
    outcome     BYTEA,
    PRIMARY KEY (advisory, key)
);
CREATE INDEX effects_status ON effects (status, not_before);

CREATE TABLE doorbells (
    id          BIGINT PRIMARY KEY,
    forge       TEXT   NOT NULL,
    delivery    TEXT   NOT NULL,
    repo        TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    body        BYTEA  NOT NULL, -- the object's name, the press and the bounce: a branch's name may say too much
    press       BIGINT NOT NULL, -- 1 where the decision that sees it answers it: a press, a bounce
    advisory    TEXT   NOT NULL, -- whose it is, once somebody has found out
    received_at BIGINT NOT NULL,
    done_at     BIGINT
);
CREATE UNIQUE INDEX doorbells_delivery ON doorbells (forge, delivery) WHERE delivery <> '';
CREATE INDEX doorbells_undone ON doorbells (received_at, id) WHERE done_at IS NULL;

-- +goose Down
DROP TABLE doorbells;
DROP TABLE effects;
DROP TABLE deadlines;
DROP TABLE history;
DROP TABLE advisories;
DROP TABLE counters;
DROP TABLE seals;
