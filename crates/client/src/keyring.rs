//! Generations of keys: by id, and the newest.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use keyfold_protocol::group::GroupKey;

/// Opened keys beside the objects that they came in, which is the form in which they are stored.
pub(crate) struct Keyring<K> {
    opened: HashMap<String, Arc<K>>,
    /// Newest first.
    objects: Vec<GroupKey>,
}

impl<K> Keyring<K> {
    pub(crate) fn new() -> Self {
        Self { opened: HashMap::new(), objects: Vec::new() }
    }

    /// Adds a generation; one that is there already stays as it is.
    pub(crate) fn insert(&mut self, object: GroupKey, key: K) -> Arc<K> {
        let id = object.group_key_id.as_str().to_owned();
        if let Some(known) = self.opened.get(&id) {
            return Arc::clone(known);
        }
        let key = Arc::new(key);
        self.add(object, Arc::clone(&key));
        key
    }

    /// Adds the generations of `other` that are not there yet.
    pub(crate) fn merge(&mut self, other: &Self) {
        for object in &other.objects {
            let id = object.group_key_id.as_str();
            if let (false, Some(key)) = (self.opened.contains_key(id), other.get(id)) {
                self.add(object.clone(), key);
            }
        }
    }

    fn add(&mut self, object: GroupKey, key: Arc<K>) {
        self.opened.insert(object.group_key_id.as_str().to_owned(), key);
        let rank = (Reverse(object.time), &object.group_key_id);
        let place = self.objects.partition_point(|other| (Reverse(other.time), &other.group_key_id) < rank);
        self.objects.insert(place, object);
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<K>> {
        self.opened.get(id).cloned()
    }

    pub(crate) fn newest(&self) -> Option<Arc<K>> {
        self.objects.first().and_then(|object| self.get(object.group_key_id.as_str()))
    }

    /// All generations, newest first.
    pub(crate) fn all(&self) -> Vec<Arc<K>> {
        self.objects.iter().filter_map(|object| self.get(object.group_key_id.as_str())).collect()
    }

    pub(crate) fn objects(&self) -> &[GroupKey] {
        &self.objects
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(id: &str, time: u64) -> GroupKey {
        serde_json::from_value(json!({
            "encrypted_group_key": "", "group_key_alg": "a", "group_key_id": id, "encrypted_private_group_key": "",
            "public_group_key": "k", "keypair_encrypt_alg": "a", "key_pair_id": id, "user_public_key_id": "u",
            "time": time,
        }))
        .unwrap()
    }

    fn ids(ring: &Keyring<&'static str>) -> Vec<&'static str> {
        ring.all().iter().map(|key| **key).collect()
    }

    #[test]
    fn keys_are_newest_first_in_whatever_order_they_come() {
        let mut ring = Keyring::new();
        for (id, time) in [("b", 2), ("d", 3), ("a", 1), ("c", 3)] {
            ring.insert(object(id, time), id);
        }
        assert_eq!(ids(&ring), ["c", "d", "b", "a"]);
        assert_eq!(ring.newest().as_deref(), Some(&"c"));
    }

    #[test]
    fn a_key_that_is_there_stays_as_it_is() {
        let mut ring = Keyring::new();
        let first = ring.insert(object("a", 1), "first");
        let second = ring.insert(object("a", 1), "second");
        assert!(Arc::ptr_eq(&first, &second));
        let mut other = Keyring::new();
        other.insert(object("a", 1), "third");
        other.insert(object("b", 2), "new");
        ring.merge(&other);
        assert_eq!(ids(&ring), ["new", "first"]);
    }
}
