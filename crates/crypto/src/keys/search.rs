//! Keys for searchable hashes.

use std::sync::Arc;

use keyfold_protocol::encoding::Base64Text;

use crate::export::{self, Export};
use crate::primitives::random::{Entropy, System};
use crate::suite::HashKey;
use crate::{Error, SecretText, Suite, SymmetricKey};

/// A key for searchable hashes, with its id. Made once per group, it lives as long as the group.
pub struct SearchKey {
    id: Arc<str>,
    pub(crate) key: HashKey,
}

impl SearchKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] (`client_13`).
    pub fn generate(suite: &Suite, id: &str) -> Result<Self, Error> {
        Self::generate_with(suite, id, &mut System)
    }

    /// Id of the key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The same key under another id: the server gives ids only after a key was made.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = id.into();
        self
    }

    /// Id of the algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.key.format().id
    }

    /// Client-side text form.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn export(&self) -> Result<SecretText, Error> {
        export::write(self.key.format(), self.key.parts(), Some(&self.id))
    }

    /// Reads the client-side text form.
    ///
    /// # Errors
    /// [`Error::JsonRead`] (`client_101`), [`Error::ExportNotRecognised`] (`client_109`),
    /// [`Error::ImportSymmetricKey`] (`client_112`).
    pub fn import(text: &str) -> Result<Self, Error> {
        let export = Export::read(text)?;
        let format = HashKey::format_of_export(export.tag.as_deref(), export.hybrid())
            .ok_or(Error::ExportNotRecognised)?;
        Self::import_fields(format.id, &export)
    }

    /// Reads the client-side text form of a known algorithm. Two suites write the keys of some algorithms alike; there
    /// [`import`](Self::import) takes the one of the std suite.
    ///
    /// # Errors
    /// As [`import`](Self::import), and [`Error::UnknownAlgorithm`] (`client_1`).
    pub fn import_as(algorithm: &str, text: &str) -> Result<Self, Error> {
        HashKey::format_of(algorithm)?;
        Self::import_fields(algorithm, &Export::read(text)?)
    }

    pub(crate) fn generate_with(suite: &Suite, id: &str, entropy: &mut dyn Entropy) -> Result<Self, Error> {
        Ok(Self { id: id.into(), key: HashKey::generate(suite.search, entropy)?.0 })
    }

    /// The key under `key`.
    pub(crate) fn wrap(&self, key: &SymmetricKey) -> Result<Base64Text, Error> {
        key.wrap(self.key.parts()[0])
    }

    /// Opens a key as a server returns it. Its algorithm says how long it must be.
    pub(crate) fn unwrap(
        key: &SymmetricKey,
        algorithm: &str,
        encrypted: &Base64Text,
        id: &str,
    ) -> Result<Self, Error> {
        HashKey::format_of(algorithm)?;
        Ok(Self { id: id.into(), key: HashKey::from_bytes(algorithm, key.unwrap(encrypted)?.expose())? })
    }

    fn import_fields(algorithm: &str, export: &Export<'_>) -> Result<Self, Error> {
        let bytes = export.bytes(Error::ImportSymmetricKey)?;
        let key = HashKey::from_bytes(algorithm, bytes.expose()).map_err(|_| Error::ImportSymmetricKey)?;
        Ok(Self { id: export.id().into(), key })
    }
}
