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
        self.opened.insert(id, Arc::clone(&key));
        self.objects.push(object);
        self.objects
            .sort_by(|a, b| (Reverse(a.time), &a.group_key_id).cmp(&(Reverse(b.time), &b.group_key_id)));
        key
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
