-- Version 1. Times are ISO 8601 UTC text with milliseconds, which sorts in time order; flags are 0 or 1; *_json is JSON text.
-- What was said (messages, earlier_texts) is apart from what became of it (message_status): content may be pruned, status stays.
-- The full-text index is made by search.py, the only part that differs between databases.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Numbers are never given twice: credentials, notifications and undo refer to rows by number.
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    identity TEXT NOT NULL,
    name TEXT NOT NULL,
    handle TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    url TEXT NOT NULL,
    settings_json TEXT NOT NULL,
    paused INTEGER NOT NULL DEFAULT 0,
    removing INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    UNIQUE (kind, identity)
);

CREATE TABLE freshness (
    account_id INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    heard TEXT,
    failing_since TEXT,
    error_kind TEXT NOT NULL DEFAULT '',
    error_detail_json TEXT NOT NULL DEFAULT '{}',
    next_poll TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    backfilling INTEGER NOT NULL DEFAULT 1,
    cursor_json TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE handles (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    author_id TEXT NOT NULL,
    name TEXT NOT NULL,
    handle TEXT NOT NULL,
    url TEXT NOT NULL,
    avatar_url TEXT NOT NULL,
    followers INTEGER,
    muted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, author_id)
) WITHOUT ROWID;
CREATE INDEX handles_muted ON handles (account_id) WHERE muted = 1;

-- One row of the inbox, complete for painting it; standing.py keeps it in step with its messages.
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    previous_id INTEGER,
    merged_into INTEGER,
    kind TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'new',
    shelf TEXT,
    author_id TEXT NOT NULL DEFAULT '',
    customer_name TEXT NOT NULL DEFAULT '',
    customer_handle TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL DEFAULT '',
    snippet TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL DEFAULT '',
    private INTEGER NOT NULL DEFAULT 0,
    stars INTEGER,
    first_at TEXT NOT NULL,
    last_at TEXT NOT NULL,
    waiting_since TEXT,
    reply_until TEXT,
    answered_at TEXT,
    answered_elsewhere INTEGER NOT NULL DEFAULT 0,
    is_complaint INTEGER NOT NULL DEFAULT 0,
    calm INTEGER NOT NULL DEFAULT 1,
    score REAL NOT NULL DEFAULT 0,
    reasons_json TEXT NOT NULL DEFAULT '[]',
    topic TEXT NOT NULL DEFAULT '',
    unread INTEGER NOT NULL DEFAULT 0,
    messages INTEGER NOT NULL DEFAULT 0,
    is_labelled INTEGER NOT NULL DEFAULT 0,
    word TEXT,
    word_upto INTEGER NOT NULL DEFAULT 0,
    snoozed_until TEXT
);
CREATE INDEX conversations_new ON conversations (shelf, calm, waiting_since, id) WHERE shelf = 'new';
CREATE INDEX conversations_new_account ON conversations (account_id, shelf, calm, waiting_since, id)
    WHERE shelf = 'new';
CREATE INDEX conversations_closing ON conversations (shelf, reply_until, id, account_id)
    WHERE shelf = 'new' AND reply_until IS NOT NULL;
CREATE INDEX conversations_shelf ON conversations (shelf, last_at, id) WHERE shelf IS NOT NULL;
CREATE INDEX conversations_all ON conversations (last_at, id, shelf) WHERE shelf IS NOT NULL;
CREATE INDEX conversations_account ON conversations (account_id, shelf, last_at, id) WHERE shelf IS NOT NULL;
CREATE INDEX conversations_account_all ON conversations (account_id, last_at, id, shelf) WHERE shelf IS NOT NULL;
CREATE INDEX conversations_author ON conversations (account_id, author_id);
CREATE INDEX conversations_snoozed ON conversations (snoozed_until) WHERE state = 'snoozed';
CREATE INDEX conversations_merged ON conversations (merged_into) WHERE merged_into IS NOT NULL;

-- The keys under which a conversation is found again; a direct exchange has one key and several conversations.
CREATE TABLE conversation_keys (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, key, conversation_id)
) WITHOUT ROWID;
CREATE INDEX conversation_keys_conversation ON conversation_keys (conversation_id);

-- Outlives the content. conversation_id is empty for an answer of ours whose question is not known yet.
CREATE TABLE message_status (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    remote_id TEXT NOT NULL,
    conversation_id INTEGER REFERENCES conversations (id) ON DELETE CASCADE,
    thread_key TEXT NOT NULL,
    parent_id TEXT NOT NULL,
    author_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    direction TEXT NOT NULL,
    state TEXT NOT NULL,
    is_addressed INTEGER NOT NULL,
    sent_at TEXT NOT NULL,
    digest TEXT NOT NULL,
    read_at TEXT,
    settled INTEGER NOT NULL DEFAULT 0,
    reopened_at TEXT,
    answered_at TEXT,
    elsewhere INTEGER NOT NULL DEFAULT 0,
    score REAL NOT NULL DEFAULT 0,
    is_complaint INTEGER NOT NULL DEFAULT 0,
    reasons_json TEXT NOT NULL DEFAULT '[]',
    topic TEXT NOT NULL DEFAULT '',
    label TEXT,
    UNIQUE (account_id, remote_id)
);
CREATE INDEX message_status_conversation ON message_status (conversation_id, sent_at, id);
CREATE INDEX message_status_parent ON message_status (account_id, parent_id) WHERE parent_id <> '';
CREATE INDEX message_status_orphans ON message_status (account_id, thread_key) WHERE conversation_id IS NULL;
CREATE INDEX message_status_inbound ON message_status (sent_at, is_complaint, answered_at)
    WHERE direction = 'inbound' AND is_addressed = 1;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY REFERENCES message_status (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    title TEXT NOT NULL,
    author_name TEXT NOT NULL,
    author_handle TEXT NOT NULL,
    html TEXT NOT NULL,
    url TEXT NOT NULL,
    author_url TEXT NOT NULL,
    avatar_url TEXT NOT NULL,
    private INTEGER NOT NULL,
    language TEXT NOT NULL,
    stars INTEGER,
    context_json TEXT,
    attachments_json TEXT,
    reply_context_json TEXT,
    can_reply INTEGER NOT NULL,
    why_not TEXT NOT NULL,
    reply_until TEXT,
    edited_at TEXT
);

CREATE TABLE earlier_texts (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message_status (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    replaced_at TEXT NOT NULL
);
CREATE INDEX earlier_texts_message ON earlier_texts (message_id, id);

-- What the owner taught; the text is kept with it, because teaching outlives pruning.
CREATE TABLE labels (
    message_id INTEGER PRIMARY KEY REFERENCES message_status (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    label TEXT NOT NULL,
    labelled_at TEXT NOT NULL
);

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    text TEXT NOT NULL,
    private INTEGER NOT NULL,
    key TEXT NOT NULL UNIQUE,
    parent_remote_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    hold_until TEXT NOT NULL,
    seen_id INTEGER NOT NULL,
    first_attempt_at TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT,
    close_after INTEGER NOT NULL,
    force INTEGER NOT NULL,
    remote_id TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL DEFAULT '',
    sent_at TEXT,
    error_kind TEXT NOT NULL DEFAULT '',
    error_detail_json TEXT NOT NULL DEFAULT '{}',
    template TEXT NOT NULL
);
CREATE INDEX outbox_conversation ON outbox (conversation_id, state, id);
CREATE INDEX outbox_state ON outbox (state, id);
CREATE INDEX outbox_account ON outbox (account_id, parent_remote_id);

CREATE TABLE drafts (
    conversation_id INTEGER PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    saved_at TEXT NOT NULL
);

CREATE TABLE templates (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,
    shortcut TEXT NOT NULL,
    language TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
);

-- How many conversations stand where, so that no view ever counts rows.
CREATE TABLE counts (
    shelf TEXT NOT NULL,
    is_complaint INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (shelf, is_complaint, account_id)
) WITHOUT ROWID;

CREATE TRIGGER conversations_count_in AFTER INSERT ON conversations WHEN new.shelf IS NOT NULL BEGIN
    INSERT INTO counts VALUES (new.shelf, new.is_complaint, new.account_id, 1)
    ON CONFLICT (shelf, is_complaint, account_id) DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER conversations_count_out AFTER DELETE ON conversations WHEN old.shelf IS NOT NULL BEGIN
    UPDATE counts SET number = number - 1
    WHERE shelf = old.shelf AND is_complaint = old.is_complaint AND account_id = old.account_id;
END;
CREATE TRIGGER conversations_count_move AFTER UPDATE OF shelf, is_complaint, account_id ON conversations
WHEN old.shelf IS NOT new.shelf OR old.is_complaint <> new.is_complaint OR old.account_id <> new.account_id BEGIN
    UPDATE counts SET number = number - 1
    WHERE shelf = old.shelf AND is_complaint = old.is_complaint AND account_id = old.account_id;
    INSERT INTO counts SELECT new.shelf, new.is_complaint, new.account_id, 1 WHERE new.shelf IS NOT NULL
    ON CONFLICT (shelf, is_complaint, account_id) DO UPDATE SET number = number + 1;
END;
