//! Ids that can be computed, here and in SQL: from the number of a thing to its UUID.
//!
//! The first group of digits is the number, scattered, so that neighbours do not lie next to each other in an index.

macro_rules! kinds {
    ($($name:ident = $kind:literal),* $(,)?) => {
        $(#[allow(dead_code, reason = "some ids are only ever computed in SQL")]
        pub(crate) fn $name(number: u32) -> String {
            uuid($kind, number)
        })*

        /// Number of a kind by its name, for SQL.
        pub(super) fn kind(name: &str) -> Option<u16> {
            match name {
                $(stringify!($name) => Some($kind),)*
                _ => None,
            }
        }
    };
}

kinds! {
    user = 1,
    device = 2,
    user_group = 3,
    user_key = 4,
    session = 5,
    group = 6,
    group_key = 7,
    many_group = 8,
    many_key = 9,
    member_group = 10,
    member_key = 11,
    chain_group = 12,
    inviting_group = 13,
    inviting_key = 14,
}

/// Odd, so that no two numbers are scattered to the same place. The product fits into 63 bits for numbers of 31.
pub(super) const SCATTER: u64 = 2_654_435_761;

fn uuid(kind: u16, number: u32) -> String {
    let scattered = (u64::from(number) * SCATTER) & 0xffff_ffff;
    format!("{scattered:08x}-{kind:04x}-4000-8000-{number:012x}")
}

/// The name under which a user logs in.
pub(crate) fn identifier(number: u32) -> String {
    format!("load-{number:08}")
}

/// The refresh token of the session that every identity has.
pub(crate) fn refresh_token(number: u32) -> String {
    format!("load-refresh-token-{number:08}")
}
