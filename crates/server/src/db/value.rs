//! Values on their way into a statement and out of a row.

use std::cell::Cell;

use bytes::BytesMut;
use keyfold_protocol::encoding::{
    AlgorithmId, Base64Text, ClientRandomValue, HashedAuthenticationKey, KeyText, OpaqueText,
};
use keyfold_protocol::id::{
    AppId, DeviceId, FileId, FilePartId, GroupAuxKeyId, GroupId, JwtKeyId, KeyId, KeySessionId, MemberId,
    StoredKeyId, UploadSessionId, UserId,
};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::DbError;

/// A parameter of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param<'a> {
    /// No value.
    Null,
    /// A number, a time or a boolean.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

impl Param<'_> {
    pub(super) fn check(params: &[Self]) -> Result<(), DbError> {
        let storable = |param: &Param<'_>| !matches!(param, Param::Text(text) if text.contains('\0'));
        if params.iter().all(storable) { Ok(()) } else { Err(DbError::Unstorable) }
    }
}

/// Something that can be a parameter.
pub trait ToParam {
    /// Borrows it as one.
    fn to_param(&self) -> Param<'_>;
}

/// A column as it comes from the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column<'a> {
    /// No value.
    Null,
    /// A number.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

/// Something that can be read from a column.
pub trait FromColumn: Sized {
    /// What it expects, for the error.
    const EXPECTED: &'static str;

    /// The value, or `None` when the column holds something else.
    fn from_column(column: Column<'_>) -> Option<Self>;
}

/// A row of a result. Columns are read from left to right with [`Row::col`], so that a `SELECT` list and the struct that is
/// made of it can be read side by side.
pub struct Row<'a> {
    source: Source<'a>,
    next: Cell<usize>,
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl<'a> Row<'a> {
    /// Reads the next column.
    ///
    /// # Errors
    /// [`DbError::Column`] when it holds something else, or there is none.
    pub fn col<T: FromColumn>(&self) -> Result<T, DbError> {
        let index = self.next.get();
        self.next.set(index.saturating_add(1));
        let column = self.column(index)?;
        T::from_column(column).ok_or(DbError::Column { index, found: column.kind(), expected: T::EXPECTED })
    }

    pub(super) fn sqlite(row: &'a rusqlite::Row<'a>) -> Self {
        Self { source: Source::Sqlite(row), next: Cell::new(0) }
    }

    pub(super) fn postgres(row: &'a tokio_postgres::Row) -> Self {
        Self { source: Source::Postgres(row), next: Cell::new(0) }
    }

    fn column(&self, index: usize) -> Result<Column<'a>, DbError> {
        match self.source {
            Source::Sqlite(row) => sqlite_column(row, index),
            Source::Postgres(row) => postgres_column(row, index),
        }
    }
}

impl Column<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "a number",
            Self::Text(_) => "text",
            Self::Blob(_) => "bytes",
        }
    }
}

fn sqlite_column<'a>(row: &'a rusqlite::Row<'a>, index: usize) -> Result<Column<'a>, DbError> {
    use rusqlite::types::ValueRef;
    let unreadable = |found| DbError::Column { index, found, expected: "a value" };
    Ok(match row.get_ref(index).map_err(|_| unreadable("no column"))? {
        ValueRef::Null => Column::Null,
        ValueRef::Integer(number) => Column::Int(number),
        ValueRef::Text(text) => {
            Column::Text(std::str::from_utf8(text).map_err(|_| unreadable("broken text"))?)
        }
        ValueRef::Blob(bytes) => Column::Blob(bytes),
        ValueRef::Real(_) => return Err(unreadable("a fraction")),
    })
}

fn postgres_column(row: &tokio_postgres::Row, index: usize) -> Result<Column<'_>, DbError> {
    let unreadable = |found| DbError::Column { index, found, expected: "a value" };
    let broken = |_| unreadable("an unreadable value");
    let kind = row.columns().get(index).ok_or(unreadable("no column"))?.type_();
    let column = match *kind {
        Type::INT8 => row.try_get::<_, Option<i64>>(index).map_err(broken)?.map(Column::Int),
        Type::INT4 => row.try_get::<_, Option<i32>>(index).map_err(broken)?.map(|n| Column::Int(n.into())),
        Type::BOOL => row.try_get::<_, Option<bool>>(index).map_err(broken)?.map(|b| Column::Int(b.into())),
        Type::TEXT | Type::VARCHAR => {
            row.try_get::<_, Option<&str>>(index).map_err(broken)?.map(Column::Text)
        }
        Type::BYTEA => row.try_get::<_, Option<&[u8]>>(index).map_err(broken)?.map(Column::Blob),
        _ => return Err(unreadable("a type this program does not use")),
    };
    Ok(column.unwrap_or(Column::Null))
}

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Param::Null => ValueRef::Null,
            Param::Int(number) => ValueRef::Integer(*number),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Param::Null => Ok(IsNull::Yes),
            Param::Int(number) => match *ty {
                Type::INT4 => i32::try_from(*number)?.to_sql(ty, out),
                Type::BOOL => (*number != 0).to_sql(ty, out),
                Type::INT8 => number.to_sql(ty, out),
                _ => Err(format!("a number for a parameter of type {ty}").into()),
            },
            Param::Text(text) => match *ty {
                Type::TEXT | Type::VARCHAR | Type::UNKNOWN => text.to_sql(ty, out),
                _ => Err(format!("text for a parameter of type {ty}").into()),
            },
            Param::Blob(bytes) => match *ty {
                Type::BYTEA => bytes.to_sql(ty, out),
                _ => Err(format!("bytes for a parameter of type {ty}").into()),
            },
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl ToParam for str {
    fn to_param(&self) -> Param<'_> {
        Param::Text(self)
    }
}

impl ToParam for String {
    fn to_param(&self) -> Param<'_> {
        Param::Text(self)
    }
}

impl ToParam for [u8] {
    fn to_param(&self) -> Param<'_> {
        Param::Blob(self)
    }
}

impl ToParam for Vec<u8> {
    fn to_param(&self) -> Param<'_> {
        Param::Blob(self)
    }
}

impl<const N: usize> ToParam for [u8; N] {
    fn to_param(&self) -> Param<'_> {
        Param::Blob(self)
    }
}

impl ToParam for bool {
    fn to_param(&self) -> Param<'_> {
        Param::Int((*self).into())
    }
}

impl<T: ToParam + ?Sized> ToParam for &T {
    fn to_param(&self) -> Param<'_> {
        (**self).to_param()
    }
}

impl<T: ToParam> ToParam for Option<T> {
    fn to_param(&self) -> Param<'_> {
        self.as_ref().map_or(Param::Null, ToParam::to_param)
    }
}

impl FromColumn for String {
    const EXPECTED: &'static str = "text";

    fn from_column(column: Column<'_>) -> Option<Self> {
        if let Column::Text(text) = column { Some(text.to_owned()) } else { None }
    }
}

impl FromColumn for Vec<u8> {
    const EXPECTED: &'static str = "bytes";

    fn from_column(column: Column<'_>) -> Option<Self> {
        if let Column::Blob(bytes) = column { Some(bytes.to_vec()) } else { None }
    }
}

impl<const N: usize> FromColumn for [u8; N] {
    const EXPECTED: &'static str = "bytes of a fixed length";

    fn from_column(column: Column<'_>) -> Option<Self> {
        if let Column::Blob(bytes) = column { bytes.try_into().ok() } else { None }
    }
}

impl FromColumn for bool {
    const EXPECTED: &'static str = "0 or 1";

    fn from_column(column: Column<'_>) -> Option<Self> {
        match column {
            Column::Int(0) => Some(false),
            Column::Int(1) => Some(true),
            _ => None,
        }
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_column(column: Column<'_>) -> Option<Self> {
        if column == Column::Null { Some(None) } else { T::from_column(column).map(Some) }
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl ToParam for $number {
            fn to_param(&self) -> Param<'_> {
                // Numbers above i64::MAX cannot be stored; as a cursor they mean "after everything".
                Param::Int(i64::try_from(*self).unwrap_or(i64::MAX))
            }
        }

        impl FromColumn for $number {
            const EXPECTED: &'static str = concat!("a number (", stringify!($number), ")");

            fn from_column(column: Column<'_>) -> Option<Self> {
                if let Column::Int(number) = column { number.try_into().ok() } else { None }
            }
        }
    )*};
}

numbers!(i64, i32, u32, u64);

macro_rules! ids {
    ($($id:ty),*) => {$(
        impl ToParam for $id {
            fn to_param(&self) -> Param<'_> {
                Param::Text(self.as_ref())
            }
        }

        impl FromColumn for $id {
            const EXPECTED: &'static str = stringify!($id);

            fn from_column(column: Column<'_>) -> Option<Self> {
                if let Column::Text(text) = column { Some(Self::from(text)) } else { None }
            }
        }
    )*};
}

ids!(
    AppId,
    UserId,
    DeviceId,
    GroupId,
    MemberId,
    KeyId,
    GroupAuxKeyId,
    JwtKeyId,
    KeySessionId,
    FileId,
    FilePartId,
    UploadSessionId,
    StoredKeyId
);

macro_rules! checked_texts {
    ($($text:ty),*) => {$(
        impl ToParam for $text {
            fn to_param(&self) -> Param<'_> {
                Param::Text(self.as_str())
            }
        }

        impl FromColumn for $text {
            const EXPECTED: &'static str = stringify!($text);

            fn from_column(column: Column<'_>) -> Option<Self> {
                // Checked when it was stored: decoding every key of a page again would cost more than fetching it.
                if let Column::Text(text) = column { Some(Self::from_checked(text)) } else { None }
            }
        }
    )*};
}

checked_texts!(Base64Text, KeyText, AlgorithmId, OpaqueText);

macro_rules! fixed_bytes {
    ($($bytes:ty),*) => {$(
        impl ToParam for $bytes {
            fn to_param(&self) -> Param<'_> {
                Param::Blob(self.as_bytes())
            }
        }

        impl FromColumn for $bytes {
            const EXPECTED: &'static str = stringify!($bytes);

            fn from_column(column: Column<'_>) -> Option<Self> {
                <[u8; Self::SIZE]>::from_column(column).map(Self::new)
            }
        }
    )*};
}

fixed_bytes!(ClientRandomValue, HashedAuthenticationKey);
