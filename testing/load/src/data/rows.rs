//! Rows by the hundred thousand.
//!
//! They are written by statements that make many rows each, in the database layer of the server but past its requests: to register a
//! hundred thousand users over HTTP would take minutes, and filling the database is not what is measured. What the statements write is what the
//! requests write, column for column.

use anyhow::Result;
use aws_lc_rs::digest::{SHA256, digest};
use keyfold_protocol::id::AppId;
use keyfold_server::clock::{Clock as _, SystemClock};
use keyfold_server::db::{Db, Param, ToParam, params};

use super::sql::render;
use super::{CHAINS, IDENTITIES, INVITING, MANY_KEYS, PARENTS, Sizes, Templates, WITH_MANY_KEYS, ids};

/// Rows that one transaction writes: large enough to share its cost, small enough that SQLite's log stays small.
const ROWS_PER_TRANSACTION: u32 = 4_000;

pub(super) async fn fill(db: &Db, app: &AppId, sizes: &Sizes, templates: &Templates) -> Result<()> {
    let fill = Fill { db, app: app.as_str().to_owned(), templates };
    fill.users(sizes).await?;
    fill.sessions().await?;
    let one = |name: &'static str, key: &'static str| Kind { group: name, key, keys: 1 };
    fill.groups(one("group", "group_key"), sizes.groups).await?;
    fill.groups(one("inviting_group", "inviting_key"), INVITING).await?;
    fill.groups(Kind { group: "many_group", key: "many_key", keys: MANY_KEYS }, WITH_MANY_KEYS).await?;
    fill.chains().await?;
    let member_groups = u32::try_from(sizes.member_groups.len())?;
    fill.groups(one("member_group", "member_key"), member_groups).await?;
    for (index, members) in (0..).zip(&sizes.member_groups) {
        fill.members(index, *members).await?;
    }
    fill.pending_rotations(sizes).await
}

/// What a database in use has done by itself long ago: PostgreSQL plans by statistics.
pub(super) async fn analyse(db: &Db) -> Result<()> {
    db.write((), |tx, ()| {
        Box::pin(async move {
            tx.execute("ANALYZE", &[]).await?;
            Ok(())
        })
    })
    .await?;
    Ok(())
}

struct Fill<'a> {
    db: &'a Db,
    app: String,
    templates: &'a Templates,
}

/// Groups whose creator is the user of the same number (modulo the identities).
struct Kind {
    group: &'static str,
    key: &'static str,
    keys: u32,
}

/// A parameter that lives as long as a transaction.
#[derive(Clone)]
enum Value {
    Number(u64),
    Text(String),
    Bytes(Vec<u8>),
    Null,
}

impl ToParam for Value {
    fn to_param(&self) -> Param<'_> {
        match self {
            Self::Number(number) => number.to_param(),
            Self::Text(text) => text.to_param(),
            Self::Bytes(bytes) => bytes.to_param(),
            Self::Null => Param::Null,
        }
    }
}

fn text(value: impl AsRef<str>) -> Value {
    Value::Text(value.as_ref().to_owned())
}

fn maybe(value: Option<&(impl AsRef<str> + ?Sized)>) -> Value {
    value.map_or(Value::Null, text)
}

impl Fill<'_> {
    /// Runs a statement for the numbers from `start` to `end`, a part of them at a time.
    async fn series(&self, start: u32, end: u32, template: &str, more: Vec<Value>) -> Result<()> {
        let sql = render(template, self.db.dialect());
        let mut from = start;
        while from < end {
            let to = end.min(from.saturating_add(ROWS_PER_TRANSACTION));
            let mut values = vec![Value::Number(from.into()), Value::Number(to.into())];
            values.extend(more.iter().cloned());
            let written = self.db.write(values, move |tx, values| {
                Box::pin(async move {
                    let parameters: Vec<_> = values.iter().map(ToParam::to_param).collect();
                    Ok(tx.execute(sql, &parameters).await?)
                })
            });
            written.await?;
            from = to;
        }
        Ok(())
    }

    async fn users(&self, sizes: &Sizes) -> Result<()> {
        let (app, register) = (text(&self.app), &self.templates.register);
        let all = sizes.all_users;
        self.series(
            0,
            all,
            "INSERT INTO users (id, app_id, group_id, created_at) [series] SELECT [user n], $3, [user_group n], 1000 + n FROM series",
            vec![app.clone()],
        )
        .await?;
        self.series(
            0,
            all,
            "INSERT INTO groups (id, app_id, kind, user_id, is_connected, accepts_invites, created_at, current_key_id, depth, member_count)
             [series] SELECT [user_group n], $3, 1, [user n], 0, 1, 1000 + n, [user_key n], 0, 1 FROM series",
            vec![app.clone()],
        )
        .await?;
        let keys = &register.group;
        self.series(
            0,
            all,
            "INSERT INTO group_keys (id, group_id, created_at, group_key_alg, keypair_encrypt_alg, keypair_sign_alg, public_key,
                encrypted_private_key, verify_key, encrypted_sign_key, public_key_sig)
             [series] SELECT [user_key n], [user_group n], 1000 + n, $3, $4, $5, $6, $7, $8, $9, $10 FROM series",
            vec![
                text(&keys.group_key_alg),
                text(&keys.keypair_encrypt_alg),
                maybe(keys.keypair_sign_alg.as_ref()),
                text(&self.templates.public_key.1),
                text(&keys.encrypted_private_group_key),
                maybe(keys.verify_key.as_ref()),
                maybe(keys.encrypted_sign_key.as_ref()),
                maybe(keys.public_key_sig.as_ref()),
            ],
        )
        .await?;
        self.devices(IDENTITIES, sizes.users).await?;
        self.identities().await?;
        let users = sizes.users;
        self.series(
            0,
            users,
            "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
             [series] SELECT [user_group n], [device n], 0, 0, 1000 + n, 1000 + n FROM series",
            vec![],
        )
        .await?;
        self.series(
            0,
            users,
            "INSERT INTO group_member_keys (key_id, member_id, group_id, key_created_at, created_at, public_key_id,
                encrypted_group_key_alg, encrypted_group_key)
             [series] SELECT [user_key n], [device n], [user_group n], 1000 + n, 1000 + n, [device n], $3, $4 FROM series",
            vec![text(&keys.encrypted_group_key_alg), text(&keys.encrypted_group_key)],
        )
        .await?;
        self.extra_keys(0, users, "user_group", "user_key").await
    }

    /// Devices nobody logs in with.
    async fn devices(&self, start: u32, end: u32) -> Result<()> {
        let mut values = vec![text(&self.app)];
        values.extend(self.device_values());
        self.series(
            start,
            end,
            "INSERT INTO devices (id, app_id, user_id, identifier_hash, created_at, client_random_value, hashed_authentication_key,
                derived_alg, master_key_alg, encrypted_master_key, encrypted_master_key_alg, keypair_encrypt_alg,
                keypair_sign_alg, public_key, encrypted_private_key, verify_key, encrypted_sign_key)
             [series] SELECT [device n], $3, [user n], [hash n], 1000 + n, [bytes $4], [bytes $5], $6, $7, $8, $9, $10, $11, $12, $13,
                $14, $15 FROM series",
            values,
        )
        .await
    }

    fn device_values(&self) -> Vec<Value> {
        let device = &self.templates.register.device;
        let (master_key, derived) = (&device.master_key, &device.derived);
        vec![
            Value::Bytes(derived.client_random_value.as_bytes().to_vec()),
            Value::Bytes(derived.hashed_authentication_key.as_bytes().to_vec()),
            text(&derived.derived_alg),
            text(&master_key.master_key_alg),
            text(&master_key.encrypted_master_key),
            text(&master_key.encrypted_master_key_alg),
            text(&derived.keypair_encrypt_alg),
            text(&derived.keypair_sign_alg),
            text(&derived.public_key),
            text(&derived.encrypted_private_key),
            text(&derived.verify_key),
            text(&derived.encrypted_sign_key),
        ]
    }

    /// Devices that the generator logs in with: their identifiers are hashed, which SQLite cannot do.
    async fn identities(&self) -> Result<()> {
        let rows: Vec<Vec<Value>> = (0..IDENTITIES)
            .map(|number| {
                let mut values = vec![
                    text(ids::device(number)),
                    text(&self.app),
                    text(ids::user(number)),
                    Value::Bytes(sha256(ids::identifier(number).as_bytes())),
                    Value::Number(1_000),
                ];
                values.extend(self.device_values());
                values
            })
            .collect();
        self.insert_rows(
            "INSERT INTO devices (id, app_id, user_id, identifier_hash, created_at, client_random_value, hashed_authentication_key,
                derived_alg, master_key_alg, encrypted_master_key, encrypted_master_key_alg, keypair_encrypt_alg,
                keypair_sign_alg, public_key, encrypted_private_key, verify_key, encrypted_sign_key)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            rows,
        )
        .await
    }

    async fn sessions(&self) -> Result<()> {
        let now = SystemClock.now();
        let rows = (0..IDENTITIES)
            .map(|number| {
                vec![
                    text(ids::session(number)),
                    text(ids::device(number)),
                    Value::Bytes(sha256(ids::refresh_token(number).as_bytes())),
                    Value::Number(now),
                ]
            })
            .collect();
        self.insert_rows(
            "INSERT INTO sessions (id, device_id, refresh_token_hash, created_at, last_used_at) VALUES ($1, $2, $3, $4, $4)",
            rows,
        )
        .await
    }

    async fn insert_rows(&self, sql: &'static str, rows: Vec<Vec<Value>>) -> Result<()> {
        let written = self.db.write(rows, move |tx, rows| {
            Box::pin(async move {
                let rows: Vec<Vec<_>> =
                    rows.iter().map(|row| row.iter().map(ToParam::to_param).collect()).collect();
                Ok(tx.execute_many(sql, &rows).await?)
            })
        });
        written.await?;
        Ok(())
    }

    /// Groups with `keys` keys each, and their creators as the only members.
    async fn groups(&self, kind: Kind, count: u32) -> Result<()> {
        let Kind { group, key, keys } = kind;
        let created = &self.templates.group;
        let last = keys.saturating_sub(1);
        self.series(
            0,
            count,
            &format!(
                "INSERT INTO groups (id, app_id, kind, is_connected, accepts_invites, created_at, current_key_id, depth, member_count)
                 [series] SELECT [{group} n], $3, 0, 0, 1, 1000 + n, [{key} n * {keys} + {last}], 0, 1 FROM series"
            ),
            vec![text(&self.app)],
        )
        .await?;
        self.series(
            0,
            count,
            &format!(
                "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
                 [series] SELECT [{group} n], [user n % {IDENTITIES}], 0, 0, 1000, 1000 + n FROM series"
            ),
            vec![],
        )
        .await?;
        self.series(
            0,
            count * keys,
            &format!(
                "INSERT INTO group_keys (id, group_id, created_at, group_key_alg, keypair_encrypt_alg, public_key, encrypted_private_key)
                 [series] SELECT [{key} n], [{group} n / {keys}], 1000 + n, $3, $4, $5, $6 FROM series"
            ),
            vec![
                text(&created.group_key_alg),
                text(&created.keypair_encrypt_alg),
                text(&created.public_group_key),
                text(&created.encrypted_private_group_key),
            ],
        )
        .await?;
        self.series(
            0,
            count * keys,
            &format!(
                "INSERT INTO group_member_keys (key_id, member_id, group_id, key_created_at, created_at, public_key_id,
                    encrypted_group_key_alg, encrypted_group_key)
                 [series] SELECT [{key} n], [user n / {keys} % {IDENTITIES}], [{group} n / {keys}], 1000 + n, 1000 + n,
                    [user_key n / {keys} % {IDENTITIES}], $3, $4 FROM series"
            ),
            vec![text(&created.encrypted_group_key_alg), text(&self.templates.encrypted_group_key)],
        )
        .await?;
        self.extra_keys(0, if keys == 1 { count } else { 0 }, group, key).await
    }

    /// The searchable and the sortable key of groups with one key.
    async fn extra_keys(&self, start: u32, end: u32, group: &str, key: &str) -> Result<()> {
        let created = &self.templates.group;
        for (table, alg, encrypted) in [
            ("group_hmac_keys", &created.encrypted_hmac_alg, &created.encrypted_hmac_key),
            ("group_sortable_keys", &created.encrypted_sortable_alg, &created.encrypted_sortable_key),
        ] {
            self.series(
                start,
                end,
                // The id of the key is free in these tables.
                &format!(
                    "INSERT INTO {table} (id, group_id, created_at, encryption_key_id, alg, encrypted_key)
                     [series] SELECT [{key} n], [{group} n], 1000 + n, [{key} n], $3, $4 FROM series"
                ),
                vec![text(alg), text(encrypted)],
            )
            .await?;
        }
        Ok(())
    }

    /// Groups below groups: an identity is a member of the first of each chain, and reaches the last through it.
    async fn chains(&self) -> Result<()> {
        let length = PARENTS + 1;
        self.series(
            0,
            CHAINS * length,
            &format!(
                "INSERT INTO groups (id, app_id, kind, parent_id, is_connected, accepts_invites, created_at, depth, member_count)
                 [series] SELECT [chain_group n], $3, 0, CASE WHEN n % {length} = 0 THEN NULL ELSE [chain_group n - 1] END,
                    0, 1, 1000 + n, n % {length}, 1 FROM series"
            ),
            vec![text(&self.app)],
        )
        .await?;
        self.series(
            0,
            CHAINS * length,
            &format!(
                "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
                 [series] SELECT [chain_group n], CASE WHEN n % {length} = 0 THEN [user n / {length}] ELSE [chain_group n - 1] END,
                    CASE WHEN n % {length} = 0 THEN 0 ELSE 1 END, 0, 1000, 1000 + n FROM series"
            ),
            vec![],
        )
        .await
    }

    /// The users up to a number become members of a group. Its creator, the user of the group's number, is one already.
    async fn members(&self, group: u32, members: u32) -> Result<()> {
        self.series(
            0,
            members,
            "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
             [series] SELECT [member_group CAST($3 AS BIGINT)], [user n], 0, 4, 2000 + n, 1000 + CAST($3 AS BIGINT) FROM series
             WHERE n <> CAST($3 AS BIGINT)",
            vec![Value::Number(group.into())],
        )
        .await?;
        let written = self.db.write((ids::member_group(group), members), |tx, (group, members)| {
            Box::pin(async move {
                let sql = "UPDATE groups SET member_count = $2 WHERE id = $1";
                Ok(tx.execute(sql, params![group, members]).await?)
            })
        });
        written.await?;
        Ok(())
    }

    /// Rotations that nobody has finished, in groups that no request asks for: users' own groups have keys to hang them on.
    async fn pending_rotations(&self, sizes: &Sizes) -> Result<()> {
        self.series(
            0,
            sizes.pending,
            "INSERT INTO pending_key_rotations (key_id, member_id, group_id, key_created_at, public_key_id, encrypted_ephemeral_key)
             [series] SELECT [user_key n], [user n], [user_group n], 1000 + n, [user_key n], $3 FROM series",
            vec![text(&self.templates.encrypted_ephemeral_key)],
        )
        .await
    }
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}
