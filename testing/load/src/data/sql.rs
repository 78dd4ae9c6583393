//! Statements that make many rows, for both engines.

use keyfold_server::db::Dialect;

use super::ids::{factor, kind};

/// Replaces `[kind expression]` by the id of that kind and number, `[hash expression]` by 32 bytes, `[bytes expression]` by the expression
/// as bytes, and `[series]` by a table expression `series (n)` from `$1` to `$2`, exclusive.
///
/// The statement lives as long as the program, because that is what the database layer keeps prepared statements by. There are some twenty.
pub(super) fn render(template: &str, dialect: Dialect) -> &'static str {
    let mut sql = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('[') {
        sql.push_str(before);
        let (expression, after) = after.split_once(']').unwrap_or((after, ""));
        let (word, argument) = expression.split_once(' ').unwrap_or((expression, ""));
        sql.push_str(&match word {
            "series" => {
                "WITH RECURSIVE series (n) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n + 1 < $2)"
                    .to_owned()
            }
            "hash" => hash(argument, dialect),
            "bytes" => match dialect {
                Dialect::Sqlite => argument.to_owned(),
                Dialect::Postgres => format!("CAST({argument} AS BYTEA)"),
            },
            word => id(kind(word).unwrap_or(0), argument, dialect),
        });
        rest = after;
    }
    sql.push_str(rest);
    sql.leak()
}

fn id(kind: u16, number: &str, dialect: Dialect) -> String {
    let first = format!("((({number}) * {}) & 4294967295)", factor(kind));
    match dialect {
        Dialect::Sqlite => format!("printf('%08x-{kind:04x}-4000-8000-%012x', {first}, ({number}))"),
        Dialect::Postgres => format!(
            "lpad(to_hex({first}), 8, '0') || '-{kind:04x}-4000-8000-' || lpad(to_hex(({number})), 12, '0')"
        ),
    }
}

fn hash(number: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => "randomblob(32)".to_owned(),
        Dialect::Postgres => {
            format!("decode(md5(({number})::text) || md5((-({number}))::text), 'hex')")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ids;

    #[test]
    fn ids_computed_in_sql_are_those_of_the_program() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        for number in [0, 1, 77, 99_999, u32::MAX / 2] {
            for (sql, id) in
                [("SELECT [user ?1]", ids::user(number)), ("SELECT [group ?1]", ids::group(number))]
            {
                let sql = render(sql, Dialect::Sqlite);
                let found: String = connection.query_row(sql, [number], |row| row.get(0)).unwrap();
                assert_eq!(found, id);
                assert!(keyfold_protocol::id::is_uuid(&found));
            }
        }
    }
}
