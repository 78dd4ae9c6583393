//! The client-side text form of keys: what bindings hand around and what storage keeps.
//!
//! `{"Aes":{"key":"…","key_id":"…"}}`, a hybrid key `{"EciesKyberHybrid":{"x":"…","k":"…","key_id":"…"}}`, and in some
//! suites the same fields without a tag. Secret keys pass through here, so nothing is parsed into memory that is not
//! wiped.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use zeroize::Zeroize;

use crate::encoding::{secret_from_base64, secret_to_base64};
use crate::suite::Format;
use crate::{Error, SecretBytes, SecretText};

/// Writes a key. `id` is left out if there is none.
pub(crate) fn write(format: &Format, parts: [&[u8]; 2], id: Option<&str>) -> Result<SecretText, Error> {
    let first = secret_to_base64(parts[0]);
    let second = secret_to_base64(parts[1]);
    // Room for everything, so that no half-written copy is left behind by growing.
    let mut text =
        String::with_capacity(first.expose().len() + second.expose().len() + 2 * id.map_or(0, str::len) + 96);
    if let Some(tag) = format.tag {
        text.extend(["{\"", tag, "\":"]);
    }
    if format.hybrid {
        text.extend(["{\"x\":\"", first.expose(), "\",\"k\":\"", second.expose(), "\""]);
    } else {
        text.extend(["{\"key\":\"", first.expose(), "\""]);
    }
    if let Some(id) = id {
        text.push_str(",\"key_id\":");
        text.push_str(&serde_json::to_string(id).map_err(|_| Error::JsonWrite)?);
    }
    text.push('}');
    if format.tag.is_some() {
        text.push('}');
    }
    Ok(SecretText::new(text))
}

/// A key text taken apart.
pub(crate) struct Export<'a> {
    pub(crate) tag: Option<Cow<'a, str>>,
    fields: Fields<'a>,
}

impl<'a> Export<'a> {
    /// Reads the JSON. Which algorithm it stands for is decided by the caller, who knows the kind of key.
    pub(crate) fn read(text: &'a str) -> Result<Self, Error> {
        keyfold_protocol::json::from_slice(text.as_bytes()).map_err(|_| Error::JsonRead)
    }

    pub(crate) fn hybrid(&self) -> bool {
        self.fields.x.is_some()
    }

    /// Empty if there is none.
    pub(crate) fn id(&self) -> &str {
        self.fields.key_id.as_deref().unwrap_or_default()
    }

    /// The raw key, `x || k` for a hybrid. `error` says what the text should have been.
    pub(crate) fn bytes(&self, error: Error) -> Result<SecretBytes, Error> {
        let fields = &self.fields;
        match (&fields.key, &fields.x, &fields.k) {
            (Some(key), None, None) => secret_from_base64(key, error),
            (None, Some(x), Some(k)) => {
                let x = secret_from_base64(x, error)?;
                let k = secret_from_base64(k, error)?;
                Ok(SecretBytes::concat(x.expose(), k.expose()))
            }
            _ => Err(Error::ExportNotRecognised),
        }
    }
}

#[derive(Default)]
struct Fields<'a> {
    key: Option<Cow<'a, str>>,
    x: Option<Cow<'a, str>>,
    k: Option<Cow<'a, str>>,
    key_id: Option<Cow<'a, str>>,
}

impl Drop for Fields<'_> {
    fn drop(&mut self) {
        for field in [&mut self.key, &mut self.x, &mut self.k] {
            if let Some(Cow::Owned(text)) = field {
                text.zeroize();
            }
        }
    }
}

impl<'a> Fields<'a> {
    /// Takes the value of a known field; says whether it is one.
    fn take<M: MapAccess<'a>>(&mut self, name: &str, map: &mut M) -> Result<bool, M::Error> {
        let field = match name {
            "key" => &mut self.key,
            "x" => &mut self.x,
            "k" => &mut self.k,
            "key_id" => &mut self.key_id,
            _ => return Ok(false),
        };
        *field = Some(map.next_value::<Text<'a>>()?.0);
        Ok(true)
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the fields of a key")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut fields = Fields::default();
                while let Some(Text(name)) = map.next_key()? {
                    if !fields.take(&name, &mut map)? {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

impl<'de> Deserialize<'de> for Export<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ExportVisitor;

        impl<'de> Visitor<'de> for ExportVisitor {
            type Value = Export<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an exported key")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut export = Export { tag: None, fields: Fields::default() };
                let mut untagged = false;
                while let Some(Text(name)) = map.next_key()? {
                    if export.fields.take(&name, &mut map)? {
                        untagged = true;
                    } else if export.tag.is_none() && !untagged {
                        export.fields = map.next_value()?;
                        export.tag = Some(name);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(export)
            }
        }

        deserializer.deserialize_map(ExportVisitor)
    }
}

/// A string that is borrowed from the input unless it contains an escape.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}
