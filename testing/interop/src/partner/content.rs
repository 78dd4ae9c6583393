//! What a user of the partner encrypts, searches and sorts.

use serde_json::json;

use super::online::Session;
use super::process::Refusal;

#[expect(clippy::missing_errors_doc, reason = "always the refusal by the server or the partner's own")]
impl Session<'_> {
    /// Encrypts `text` for a fetched group, signed by the user if `sign`.
    pub fn encrypt_in_group(&self, group: &str, text: &str, sign: bool) -> Result<String, Refusal> {
        self.ask("content", json!({ "op": "encrypt_in_group", "group": group, "text": text, "sign": sign }))
    }

    /// Decrypts content of a fetched group. With a `signer` it must carry a valid signature of that user.
    pub fn decrypt_in_group(
        &self,
        group: &str,
        envelope: &str,
        signer: Option<&str>,
    ) -> Result<String, Refusal> {
        self.ask(
            "content",
            json!({ "op": "decrypt_in_group", "group": group, "envelope": envelope, "signer": signer }),
        )
    }

    /// Encrypts `text` for one user, signed if `sign`.
    pub fn encrypt_for_user(&self, user_id: &str, text: &str, sign: bool) -> Result<String, Refusal> {
        self.ask(
            "content",
            json!({ "op": "encrypt_for_user", "user_id": user_id, "text": text, "sign": sign }),
        )
    }

    /// Decrypts content that was encrypted for this user; `signer` as in [`Self::decrypt_in_group`].
    pub fn decrypt_for_me(&self, envelope: &str, signer: Option<&str>) -> Result<String, Refusal> {
        self.ask("content", json!({ "op": "decrypt_for_me", "envelope": envelope, "signer": signer }))
    }

    /// Hashes by which `text` can be found in a fetched group: one for the `full` text, else one per beginning.
    pub fn searchable_hashes(
        &self,
        group: &str,
        text: &str,
        full: bool,
        limit: Option<usize>,
    ) -> Result<Vec<String>, Refusal> {
        self.ask(
            "content",
            json!({ "op": "searchable_hashes", "group": group, "text": text, "full": full, "limit": limit }),
        )
    }

    /// The hash to search for.
    pub fn search_hash(&self, group: &str, text: &str) -> Result<String, Refusal> {
        self.ask("content", json!({ "op": "search_hash", "group": group, "text": text }))
    }

    /// A number that stands in the order of `number`.
    pub fn sortable_number(&self, group: &str, number: u64) -> Result<u64, Refusal> {
        self.ask("content", json!({ "op": "sortable_number", "group": group, "number": number }))
    }

    /// A number that stands in the order of `text`.
    pub fn sortable_text(&self, group: &str, text: &str) -> Result<u64, Refusal> {
        self.ask("content", json!({ "op": "sortable_text", "group": group, "text": text }))
    }
}
