-- Version 3. What the owner taught outlives the message and its account, and whom the owner muted is one list of
-- people: handles.muted only says who of them is on it. A text that may be abusive is known as such.

CREATE TABLE labels_kept (
    message_id INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    label TEXT NOT NULL,
    labelled_at TEXT NOT NULL
);
INSERT INTO labels_kept SELECT message_id, text, label, labelled_at FROM labels;
DROP TABLE labels;
ALTER TABLE labels_kept RENAME TO labels;

-- kind is the channel's; handle is folded for comparing; account_id and author_id are where they were muted,
-- and outlive the account.
CREATE TABLE muted_people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    author_id TEXT NOT NULL,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    muted_at TEXT NOT NULL,
    UNIQUE (account_id, author_id)
);
INSERT INTO muted_people (kind, account_id, author_id, handle, name, url, muted_at)
    SELECT a.kind, h.account_id, h.author_id, lower(h.handle), h.name, h.url, a.created_at
    FROM handles h JOIN accounts a ON a.id = h.account_id WHERE h.muted = 1;

ALTER TABLE message_status ADD COLUMN abusive INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN abusive INTEGER NOT NULL DEFAULT 0;
