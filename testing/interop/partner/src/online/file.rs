//! Files of users and of groups.

use std::path::Path;

use sentc_crypto_common::user::UserVerifyKeyData;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::fs::File;

use super::Client;
use crate::failure::Failure;

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Uploads the file at `path`: for a fetched group, else for `recipient`, else for the user. Answers its id.
    Upload {
        session: usize,
        group: Option<String>,
        recipient: Option<String>,
        path: String,
        sign: bool,
    },
    /// Stores the content in `folder` and answers `{"name","path"}`.
    Download {
        session: usize,
        group: Option<String>,
        file: String,
        folder: String,
        signer: Option<String>,
    },
    Rename {
        session: usize,
        group: Option<String>,
        file: String,
        name: String,
    },
    Remove {
        session: usize,
        group: Option<String>,
        file: String,
    },
}

impl Client {
    pub(crate) async fn file(&self, request: Request) -> Result<Value, Failure> {
        match request {
            Request::Upload { session, group, recipient, path, sign } => {
                let session = self.session(session)?;
                let created = match group {
                    Some(group) => {
                        let (jwt, open) = session.member_of(&group)?;
                        let key = sign.then(|| session.user.get_newest_sign_key()).flatten();
                        open.create_file_with_path(jwt, &path, None, key).await?
                    }
                    None => {
                        let reader = match &recipient {
                            Some(user) => Some(self.server.public_key(user).await?),
                            None => None,
                        };
                        let recipient = recipient.as_deref();
                        session
                            .user
                            .create_file_with_path(&path, recipient, reader.as_ref(), None, sign)
                            .await?
                    }
                };
                Ok(json!(created.file_id))
            }
            Request::Download { session, group, file, folder, signer } => {
                let session = self.session(session)?;
                let key = self.newest_verify_key_of(signer.as_deref()).await?;
                // The function that takes a path demands that there is a file already, and writes another one beside it.
                let path = Path::new(&folder).join("downloaded");
                let stored = File::create(&path).await.map_err(|error| Failure::here(error.to_string()))?;
                let name = match group {
                    Some(group) => {
                        let (jwt, open) = session.member_of(&group)?;
                        let (_, _, name) = open.get_file_meta(jwt, &file, None).await?;
                        open.download_file(jwt, stored, &file, key.as_ref(), None).await?;
                        name
                    }
                    None => {
                        let (_, _, name) = session.user.get_file_meta(&file, None).await?;
                        session.user.download_file(stored, &file, key.as_ref(), None).await?;
                        name
                    }
                };
                Ok(json!({ "name": name, "path": path }))
            }
            Request::Rename { session, group, file, name } => {
                let session = self.session(session)?;
                match group {
                    Some(group) => {
                        let (jwt, open) = session.member_of(&group)?;
                        let (_, key, _) = open.get_file_meta(jwt, &file, None).await?;
                        open.update_file_name(jwt, &file, &key, Some(name)).await?;
                    }
                    None => {
                        let (_, key, _) = session.user.get_file_meta(&file, None).await?;
                        session.user.update_file_name(&file, &key, Some(name)).await?;
                    }
                }
                Ok(Value::Null)
            }
            Request::Remove { session, group, file } => {
                let session = self.session(session)?;
                match group {
                    Some(group) => {
                        let (jwt, open) = session.member_of(&group)?;
                        open.delete_file(jwt, &file).await?;
                    }
                    None => session.user.delete_file(&file).await?,
                }
                Ok(Value::Null)
            }
        }
    }

    /// The parts do not name the key of their signatures in a form that this client shows.
    async fn newest_verify_key_of(&self, signer: Option<&str>) -> Result<Option<UserVerifyKeyData>, Failure> {
        let Some(signer) = signer else { return Ok(None) };
        let newest = self.server.public_key(signer).await?.public_key_id;
        Ok(Some(self.server.verify_key(signer, &newest).await?))
    }
}
