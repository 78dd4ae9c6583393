//! A map from texts that is small as a program.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A map from texts, sorted by them; an object as JSON.
///
/// A hash map is several kilobytes of WebAssembly, and some more for each type of value. This one is looked up as fast up to some
/// thousand entries; adding one moves those behind it.
///
/// ```
/// use keyfold_protocol::text_map::TextMap;
/// let mut map = TextMap::default();
/// assert_eq!(map.insert("key", 1), None);
/// assert_eq!(map.insert("key", 2), Some(1));
/// assert_eq!(map.get("key"), Some(&2));
/// assert_eq!(serde_json::to_string(&map)?, r#"{"key":2}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMap<V>(Vec<(String, V)>);

impl<V> Default for TextMap<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V> TextMap<V> {
    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(key))
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&V> {
        let place = self.find(key).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// Whether there is a value under `key`.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    /// The value under `key`, to be changed.
    #[must_use]
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        let place = self.find(key).ok()?;
        self.0.get_mut(place).map(|(_, value)| value)
    }

    /// Puts `value` under `key` if there is nothing.
    pub fn insert_new(&mut self, key: &str, value: V) {
        if let Err(place) = self.find(key) {
            self.0.insert(place, (key.to_owned(), value));
        }
    }

    /// Puts `value` under `key`, and returns what was there.
    pub fn insert(&mut self, key: &str, value: V) -> Option<V> {
        match self.find(key) {
            Ok(place) => self.0.get_mut(place).map(|(_, known)| std::mem::replace(known, value)),
            Err(place) => {
                self.0.insert(place, (key.to_owned(), value));
                None
            }
        }
    }

    /// Takes the value under `key` out.
    pub fn remove(&mut self, key: &str) -> Option<V> {
        self.find(key).ok().map(|place| self.0.remove(place).1)
    }

    /// Takes everything out for which `wanted` is false.
    pub fn retain(&mut self, mut wanted: impl FnMut(&V) -> bool) {
        self.0.retain(|(_, value)| wanted(value));
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and values, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }
}

impl<V: Serialize> Serialize for TextMap<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for TextMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

struct Entries<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
    type Value = TextMap<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<TextMap<V>, A::Error> {
        let mut map = TextMap::default();
        while let Some((key, value)) = entries.next_entry::<String, V>()? {
            map.insert(&key, value);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_put_in_under_its_key() {
        let mut map = TextMap::default();
        for (place, key) in ["m", "a", "z", "", "ä"].into_iter().enumerate() {
            assert_eq!(map.insert(key, place), None);
        }
        assert_eq!(map.iter().collect::<Vec<_>>(), [("", &3), ("a", &1), ("m", &0), ("z", &2), ("ä", &4)]);
        assert_eq!((map.get("z"), map.get("y"), map.contains("")), (Some(&2), None, true));
        map.insert_new("b", 7);
        map.insert_new("b", 70);
        *map.get_mut("b").unwrap() += 1;
        assert_eq!((map.insert("b", 0), map.get_mut("c")), (Some(8), None));
        assert_eq!((map.remove("b"), map.remove("b"), map.len()), (Some(0), None, 5));
        map.retain(|value| *value > 2);
        assert_eq!(map.iter().collect::<Vec<_>>(), [("", &3), ("ä", &4)]);
        map.clear();
        assert!(map.is_empty());
    }

    #[test]
    fn is_an_object_as_json() {
        let text = r#"{"b":1,"a":2,"b":3}"#;
        let map: TextMap<u8> = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"a":2,"b":3}"#);
        assert!(serde_json::from_str::<TextMap<u8>>("[]").is_err());
    }
}
