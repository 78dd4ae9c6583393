//! Reading JSON in two steps: text to a tree, tree to a type.
//!
//! The first step is `serde_json`'s and the same for all types. The second, which the compiler makes for each type anew, has no
//! syntax left to care about and errors that are plain numbers. So it takes half as much code as reading from the text directly,
//! which counts where the code is downloaded before it runs. What is borrowed from the text stays borrowed.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use zeroize::Zeroize;

/// Reads a value. Objects with members that the type does not know are accepted; lists in the place of objects are not.
///
/// # Errors
/// The text is no JSON, or not that of the type.
///
/// ```
/// let ids: Vec<&str> = keyfold_protocol::json::from_slice(br#"["a", "b"]"#)?;
/// assert_eq!(ids, ["a", "b"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn from_slice<'de, T: Deserialize<'de>>(text: &'de [u8]) -> serde_json::Result<T> {
    Node::parse(text)?.read()
}

/// A JSON value.
pub enum Node<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that is not negative.
    Unsigned(u64),
    /// A negative whole number.
    Signed(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(Text<'a>),
    /// A list.
    List(Vec<Node<'a>>),
    /// The members of an object: a [`Text`](Self::Text) and a value each.
    Object(Vec<(Node<'a>, Node<'a>)>),
}

/// A string, borrowed unless it contained an escape. Wiped when dropped, because it may be a secret.
pub struct Text<'a>(Cow<'a, str>);

impl<'a> Node<'a> {
    /// Reads the tree.
    ///
    /// # Errors
    /// The text is no JSON.
    pub fn parse(text: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(text)
    }

    /// Reads a value from the tree.
    ///
    /// # Errors
    /// The tree is not that of the type.
    pub fn read<T: Deserialize<'a>>(&self) -> serde_json::Result<T> {
        T::deserialize(self).map_err(Mismatch::into_error)
    }

    /// The characters of a string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(Text(text)) = self { Some(text) } else { None }
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Node(redacted)")
    }
}

impl Drop for Text<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.0 {
            text.zeroize();
        }
    }
}

/// What a tree lacks to be that of a type.
#[derive(Debug, Clone, Copy)]
pub enum Mismatch {
    /// A member with this name.
    Missing(&'static str),
    /// The form of a value.
    Form,
}

impl Mismatch {
    #[cold]
    #[inline(never)]
    fn into_error(self) -> serde_json::Error {
        serde_json::Error::custom(self)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "missing field `{name}`"),
            Self::Form => f.write_str("a value does not have the expected form"),
        }
    }
}

impl std::error::Error for Mismatch {}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Form
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Form
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Form
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::Form
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::Form
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::Form
    }

    fn missing_field(name: &'static str) -> Self {
        Self::Missing(name)
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self::Form
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyNode;

        impl<'de> Visitor<'de> for AnyNode {
            type Value = Node<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Node::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Node::Bool(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Node::Unsigned(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Node::Signed(value))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Node::Float(value))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Node::Text(Text(Cow::Borrowed(text))))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Node::Text(Text(Cow::Owned(text.to_owned()))))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = access.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = access.next_entry()? {
                    members.push(member);
                }
                Ok(Node::Object(members))
            }
        }

        deserializer.deserialize_any(AnyNode)
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            match *self {
                Node::Unsigned(value) => visitor.visit_u64(value),
                Node::Signed(value) => visitor.visit_i64(value),
                Node::Float(value) => visitor.visit_f64(value),
                _ => Err(Mismatch::Form),
            }
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            match self {
                Node::Text(Text(Cow::Borrowed(text))) => visitor.visit_borrowed_str(text),
                Node::Text(Text(Cow::Owned(text))) => visitor.visit_str(text),
                _ => Err(Mismatch::Form),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &Node<'de> {
    type Error = Mismatch;

    numbers!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64);

    texts!(deserialize_char deserialize_str deserialize_string deserialize_identifier);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if let Node::Bool(value) = *self { visitor.visit_bool(value) } else { Err(Mismatch::Form) }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if let Node::Null = self { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if let Node::Null = self { visitor.visit_unit() } else { Err(Mismatch::Form) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if let Node::List(items) = self {
            visitor.visit_seq(Items(items.iter()))
        } else {
            Err(Mismatch::Form)
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let Node::Object(members) = self else { return Err(Mismatch::Form) };
        visitor.visit_map(Members { rest: members.iter(), value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self {
            Node::Text(_) => visitor.visit_enum(Variant { name: self, content: None }),
            Node::Object(members) => match members.as_slice() {
                [(name, content)] => visitor.visit_enum(Variant { name, content: Some(content) }),
                _ => Err(Mismatch::Form),
            },
            _ => Err(Mismatch::Form),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            Node::Null => visitor.visit_unit(),
            Node::Bool(_) => self.deserialize_bool(visitor),
            Node::Unsigned(_) | Node::Signed(_) | Node::Float(_) => self.deserialize_u64(visitor),
            Node::Text(_) => self.deserialize_str(visitor),
            Node::List(_) => self.deserialize_seq(visitor),
            Node::Object(_) => self.deserialize_map(visitor),
        }
    }

    serde::forward_to_deserialize_any! { bytes byte_buf }
}

struct Items<'n, 'de>(std::slice::Iter<'n, Node<'de>>);

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Members<'n, 'de> {
    rest: std::slice::Iter<'n, (Node<'de>, Node<'de>)>,
    value: Option<&'n Node<'de>>,
}

impl<'de> MapAccess<'de> for Members<'_, 'de> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        seed.deserialize(self.value.take().ok_or(Mismatch::Form)?)
    }
}

struct Variant<'n, 'de> {
    name: &'n Node<'de>,
    content: Option<&'n Node<'de>>,
}

impl<'n, 'de> EnumAccess<'de> for Variant<'n, 'de> {
    type Error = Mismatch;
    type Variant = Content<'n, 'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), Mismatch> {
        Ok((seed.deserialize(self.name)?, Content(self.content)))
    }
}

struct Content<'n, 'de>(Option<&'n Node<'de>>);

impl<'n, 'de> Content<'n, 'de> {
    fn required(&self) -> Result<&'n Node<'de>, Mismatch> {
        self.0.ok_or(Mismatch::Form)
    }
}

impl<'de> VariantAccess<'de> for Content<'_, 'de> {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        if matches!(self.0, None | Some(Node::Null)) { Ok(()) } else { Err(Mismatch::Form) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mismatch> {
        seed.deserialize(self.required()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        self.required()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.required()?.deserialize_map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Everything<'a> {
        flag: bool,
        small: u16,
        negative: i32,
        real: f64,
        text: String,
        borrowed: &'a str,
        missing: Option<String>,
        nothing: Option<u8>,
        list: Vec<Kind>,
        map: BTreeMap<String, u64>,
        #[serde(default)]
        defaulted: bool,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Kind {
        Plain,
        Text(String),
        Pair(u8, u8),
        Named { id: u32 },
    }

    #[test]
    fn every_shape_is_read() {
        let text = br#" {"flag": true, "small": 7, "negative": -5, "real": 1.5, "text": "a\nb", "borrowed": "c", "more": [{}],
            "nothing": null, "list": ["Plain", {"Text": "x"}, {"Pair": [1, 2]}, {"Named": {"id": 3}}], "map": {"k": 9}} "#;
        let kinds = vec![Kind::Plain, Kind::Text("x".to_owned()), Kind::Pair(1, 2), Kind::Named { id: 3 }];
        let expected = Everything {
            flag: true,
            small: 7,
            negative: -5,
            real: 1.5,
            text: "a\nb".to_owned(),
            borrowed: "c",
            missing: None,
            nothing: None,
            list: kinds,
            map: BTreeMap::from([("k".to_owned(), 9)]),
            defaulted: false,
        };
        assert_eq!(from_slice::<Everything<'_>>(text).unwrap(), expected);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        fn refused<'a, T: Deserialize<'a> + fmt::Debug>(text: &'a str) {
            from_slice::<T>(text.as_bytes()).unwrap_err();
        }
        refused::<u16>("65536");
        refused::<u16>("-1");
        refused::<u16>("1.5");
        refused::<u16>("\"1\"");
        refused::<bool>("1");
        refused::<String>("null");
        refused::<&str>(r#""an escape\n""#);
        refused::<Vec<u8>>("{}");
        refused::<BTreeMap<String, u8>>("[]");
        refused::<Kind>("\"Other\"");
        refused::<Kind>("\"Text\"");
        refused::<Kind>(r#"{"Plain": {}}"#);
        refused::<Kind>(r#"{"Text": "a", "Pair": [1, 2]}"#);
        refused::<u8>("1 2");
        refused::<u8>("");
        refused::<Vec<u8>>(&"[".repeat(10_000));
    }

    #[test]
    fn a_missing_member_is_named() {
        #[derive(Debug, Deserialize)]
        struct Named {
            #[expect(dead_code, reason = "only read")]
            id: u8,
        }
        assert_eq!(from_slice::<Named>(b"{}").unwrap_err().to_string(), "missing field `id`");
        from_slice::<Named>(br#"{"id": 1, "id": 2}"#).unwrap_err();
        from_slice::<Named>(b"[1]").unwrap_err();
    }
}
