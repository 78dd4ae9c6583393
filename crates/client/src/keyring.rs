//! Generations of keys: by id, and the newest.

use std::cmp::Reverse;
use std::sync::Arc;

use keyfold_protocol::group::GroupKey;
use keyfold_protocol::text_map::TextMap;

/// Keys beside the objects that they came in, which is the form in which they are stored.
pub(crate) struct Keyring<K> {
    keys: TextMap<Arc<K>>,
    /// Newest first.
    objects: Vec<Arc<GroupKey>>,
}

impl<K> Keyring<K> {
    pub(crate) fn new() -> Self {
        Self { keys: TextMap::default(), objects: Vec::new() }
    }

    /// Adds a generation; one that is there already stays as it is.
    pub(crate) fn insert(&mut self, object: Arc<GroupKey>, key: K) -> Arc<K> {
        if let Some(known) = self.get(object.group_key_id.as_str()) {
            return known;
        }
        let key = Arc::new(key);
        self.add(object, Arc::clone(&key));
        key
    }

    /// Adds the generations of `other` that are not there yet.
    pub(crate) fn merge(&mut self, other: &Self) {
        for object in &other.objects {
            let id = object.group_key_id.as_str();
            if let (false, Some(key)) = (self.contains(id), other.get(id)) {
                self.add(Arc::clone(object), key);
            }
        }
    }

    /// Takes a generation out.
    pub(crate) fn remove(&mut self, id: &str) {
        self.keys.remove(id);
        self.objects.retain(|object| object.group_key_id.as_str() != id);
    }

    fn add(&mut self, object: Arc<GroupKey>, key: Arc<K>) {
        self.keys.insert(object.group_key_id.as_str(), key);
        let rank = (Reverse(object.time), &object.group_key_id);
        let place = self.objects.partition_point(|other| (Reverse(other.time), &other.group_key_id) < rank);
        self.objects.insert(place, object);
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.keys.contains(id)
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<K>> {
        self.keys.get(id).cloned()
    }

    pub(crate) fn newest(&self) -> Option<Arc<K>> {
        self.objects.first().and_then(|object| self.get(object.group_key_id.as_str()))
    }

    /// All generations, newest first.
    pub(crate) fn all(&self) -> Vec<Arc<K>> {
        self.objects.iter().filter_map(|object| self.get(object.group_key_id.as_str())).collect()
    }

    /// Newest first.
    pub(crate) fn objects(&self) -> &[Arc<GroupKey>] {
        &self.objects
    }

    /// What is stored of the keys, newest first.
    pub(crate) fn to_stored(&self) -> Vec<GroupKey> {
        self.objects.iter().map(|object| GroupKey::clone(object)).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(id: &str, time: u64) -> Arc<GroupKey> {
        let object = serde_json::from_value(json!({
            "encrypted_group_key": "", "group_key_alg": "a", "group_key_id": id, "encrypted_private_group_key": "",
            "public_group_key": "k", "keypair_encrypt_alg": "a", "key_pair_id": id, "user_public_key_id": "u",
            "time": time,
        }));
        Arc::new(object.unwrap())
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

    #[test]
    fn a_key_that_was_taken_out_can_be_replaced() {
        let mut ring = Keyring::new();
        ring.insert(object("a", 1), "first");
        ring.insert(object("b", 2), "other");
        ring.remove("a");
        assert_eq!(ids(&ring), ["other"]);
        ring.insert(object("a", 1), "second");
        assert_eq!(ids(&ring), ["other", "second"]);
        assert_eq!(ring.to_stored().len(), 2);
    }
}
