//! From a file that does not exist to an upload.

use futures_util::Stream;
use futures_util::io::AsyncRead;
use keyfold_crypto::file::FileKey;
use keyfold_crypto::{GeneratedKey, SymmetricKey};
use keyfold_protocol::encoding::{AlgorithmId, KeyText};
use keyfold_protocol::file::{BelongsToType, FileRegisterInput, FileRegisterOutput};
use keyfold_protocol::id::{FileId, KeyId, UserId};

use super::progress::Listener;
use super::{Place, Progress, Upload, opaque};
use crate::api::Call;
use crate::cancel::CancelToken;
use crate::client::{open_answer, to_json};
use crate::error::Error;
use crate::group::Group;
use crate::platform::{Cause, MaybeSend, MaybeSendSync};
use crate::user::User;

/// A file to be uploaded. Nothing is sent before one of the `upload_…` functions, or [`begin`](Self::begin).
///
/// The `upload_…` functions delete what they have registered when they fail. Where an upload is to go on after a failure,
/// [`begin`](Self::begin) hands out an [`Upload`].
#[must_use = "nothing is sent before an upload"]
pub struct NewFile {
    place: Place,
    recipient: Option<UserId>,
    name: Option<String>,
    signed: bool,
    progress: Listener,
    cancel: CancelToken,
}

/// A file whose registration the app's own backend sends.
pub struct PreparedFile {
    file: NewFile,
    key: SymmetricKey,
    body: String,
}

impl NewFile {
    pub(crate) fn of_user(user: User, recipient: UserId) -> Self {
        Self::new(Place::User(user), Some(recipient))
    }

    pub(crate) fn of_group(group: Group) -> Self {
        Self::new(Place::Group(group), None)
    }

    fn new(place: Place, recipient: Option<UserId>) -> Self {
        let (name, progress, cancel) = (None, Listener::default(), CancelToken::new());
        Self { place, recipient, name, signed: false, progress, cancel }
    }

    /// With this name, which is encrypted. Default: none, or the name of the path.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Signs every part with the user's newest sign key.
    pub fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// Calls `report` after each part.
    pub fn on_progress(mut self, report: impl Fn(Progress) + MaybeSendSync + 'static) -> Self {
        self.progress = Listener::new(report);
        self
    }

    /// Can be stopped with this token.
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// Uploads bytes.
    ///
    /// # Errors
    /// `server_310`: no access to the group. `server_520`: the app stores no files.
    pub async fn upload_bytes(self, data: &[u8]) -> Result<FileId, Error> {
        let mut upload = self.begin().await?;
        let sent = upload.send_bytes(data).await;
        upload.settle(sent).await
    }

    /// Uploads what `reader` yields.
    ///
    /// # Errors
    /// As [`upload_bytes`](Self::upload_bytes); [`Error::LocalFile`] (`client_434`) if it cannot be read.
    pub async fn upload_reader(self, reader: impl AsyncRead + Unpin + MaybeSend) -> Result<FileId, Error> {
        let mut upload = self.begin().await?;
        let sent = upload.send_reader(reader).await;
        upload.settle(sent).await
    }

    /// Uploads what a stream yields, in pieces of any size.
    ///
    /// # Errors
    /// As [`upload_reader`](Self::upload_reader).
    pub async fn upload_stream<B, E>(
        self,
        stream: impl Stream<Item = Result<B, E>> + Unpin + MaybeSend,
    ) -> Result<FileId, Error>
    where
        B: AsRef<[u8]> + MaybeSend,
        E: Into<Cause>,
    {
        let mut upload = self.begin().await?;
        let sent = upload.send_stream(stream).await;
        upload.settle(sent).await
    }

    /// Uploads a file of this machine, under its own name if no other is set.
    ///
    /// # Errors
    /// As [`upload_reader`](Self::upload_reader).
    #[cfg(not(target_family = "wasm"))]
    pub async fn upload_path(mut self, path: impl AsRef<std::path::Path>) -> Result<FileId, Error> {
        let path = path.as_ref();
        if self.name.is_none() {
            self.name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        }
        // Before the registration: a path that is not there must leave nothing behind.
        let mut source = super::source::Opened::open(path).await?;
        let mut upload = self.begin().await?;
        let sent = upload.send(&mut source).await;
        upload.settle(sent).await
    }

    /// Registers the file. Its content can then be sent, and sent again from where it stopped.
    ///
    /// # Errors
    /// As [`upload_bytes`](Self::upload_bytes).
    pub async fn begin(self) -> Result<Upload, Error> {
        self.prepare().await?.register().await
    }

    /// Makes the body of the registration, for apps whose own backend sends it.
    ///
    /// # Errors
    /// Those of fetching the recipient's public key.
    pub async fn prepare(self) -> Result<PreparedFile, Error> {
        let (key, sealed) = self.content_key().await?;
        let FileKey { encrypted_key, encrypted_key_alg, master_key_id, encrypted_file_name } =
            FileKey::new(&key, &sealed, self.name.as_deref())?;
        let (belongs_to_type, belongs_to_id) = match (&self.place, &self.recipient) {
            (Place::Group(group), _) => (BelongsToType::Group, Some(group.id().as_str().to_owned())),
            (Place::User(_), Some(recipient)) => (BelongsToType::User, Some(recipient.as_str().to_owned())),
            (Place::User(_), None) => (BelongsToType::None, None),
        };
        let unwritable = |_| Error::Crypto(keyfold_crypto::Error::JsonWrite);
        let body = to_json(&FileRegisterInput {
            encrypted_key: KeyText::parse(encrypted_key).map_err(unwritable)?,
            encrypted_key_alg: AlgorithmId::parse(encrypted_key_alg).map_err(unwritable)?,
            master_key_id: KeyId::new(master_key_id),
            belongs_to_id,
            belongs_to_type,
            encrypted_file_name: encrypted_file_name.map(opaque).transpose()?,
        })?;
        Ok(PreparedFile { file: self, key, body })
    }

    async fn content_key(&self) -> Result<(SymmetricKey, GeneratedKey), Error> {
        match &self.place {
            Place::Group(group) => group.generate_key(),
            Place::User(user) => user.generate_key(self.recipient.as_ref().unwrap_or(user.id())).await,
        }
    }
}

impl PreparedFile {
    /// The body for `POST /api/v1/file`, or `POST /api/v1/group/<group id>/file` for a file of a group.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The content key, under which an app can also encrypt what belongs to the file.
    #[must_use]
    pub fn key(&self) -> &SymmetricKey {
        &self.key
    }

    /// Registers the file.
    ///
    /// # Errors
    /// Those of [`NewFile::begin`].
    pub async fn register(self) -> Result<Upload, Error> {
        let registered: FileRegisterOutput = match &self.file.place {
            Place::User(user) => {
                let call = Call::post(&["file"]).body(self.body.clone());
                user.0.session.call(call).await?
            }
            Place::Group(group) => {
                let call = Call::post(&["group", group.id().as_str(), "file"]).body(self.body.clone());
                group.call(call).await?
            }
        };
        Ok(self.registered(registered))
    }

    /// Reads the answer to the registration.
    ///
    /// # Errors
    /// Those in the answer.
    pub fn done(self, answer: &str) -> Result<Upload, Error> {
        Ok(self.registered(open_answer(answer)?))
    }

    fn registered(self, registered: FileRegisterOutput) -> Upload {
        let Self { file: NewFile { place, signed, progress, cancel, .. }, key, .. } = self;
        Upload::new(place, registered, key, signed, progress, cancel)
    }
}
