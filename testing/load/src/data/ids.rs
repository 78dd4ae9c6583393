//! Ids that can be computed, here and in SQL: from the number of a thing to its UUID.
//!
//! They lie in the indexes as those that the server makes: ids of users are in no order, all others in that of their creation.

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

/// What the numbers of a kind are multiplied with before they become the first digits. The product fits into 63 bits for numbers of 31.
pub(super) fn factor(number_of_kind: u16) -> u64 {
    const USER: u16 = 1;
    // Odd, so that no two numbers are scattered to the same place.
    const SCATTER: u64 = 2_654_435_761;
    if number_of_kind == USER { SCATTER } else { 1 }
}

fn uuid(kind: u16, number: u32) -> String {
    let first = (u64::from(number) * factor(kind)) & 0xffff_ffff;
    format!("{first:08x}-{kind:04x}-4000-8000-{number:012x}")
}

/// The name under which a user logs in.
pub(crate) fn identifier(number: u32) -> String {
    format!("load-{number:08}")
}

/// The refresh token of the session that every identity has.
pub(crate) fn refresh_token(number: u32) -> String {
    format!("load-refresh-token-{number:08}")
}
