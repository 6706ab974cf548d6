/** What makes the database of each version from the one before. Append only: files of every earlier version are about. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE spend (
     id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, at INTEGER NOT NULL,
     requests REAL NOT NULL, tokens REAL NOT NULL, cost REAL NOT NULL, owner TEXT NOT NULL);
   CREATE TABLE hold (
     id TEXT NOT NULL, account TEXT NOT NULL, at INTEGER NOT NULL, owner TEXT NOT NULL, pid INTEGER NOT NULL,
     requests REAL NOT NULL, tokens REAL NOT NULL, cost REAL NOT NULL,
     least_tokens REAL NOT NULL, least_cost REAL NOT NULL, PRIMARY KEY (id, account)) WITHOUT ROWID;
   CREATE TABLE call (
     id TEXT PRIMARY KEY, at INTEGER NOT NULL, key TEXT, provider TEXT, model TEXT, status INTEGER NOT NULL,
     record TEXT NOT NULL);
   CREATE INDEX call_at ON call (at);`,
  `CREATE TABLE reply (key TEXT PRIMARY KEY, expires INTEGER NOT NULL, body TEXT NOT NULL);
   CREATE INDEX reply_expires ON reply (expires);`,
]
