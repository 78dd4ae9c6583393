//! Files: upload, download.

use futures_util::stream;
use js_sys::Promise;
use js_sys::{Function, Uint8Array};
use keyfold::protocol::file::FileMeta;
use keyfold::{CancelToken, Cause, Download, Error, File, NewFile, Progress, SecretText, Upload, UserId};
use wasm_bindgen::prelude::*;

use crate::error::{KeyfoldError, describe, thrown};
use crate::group::JsGroup;
use crate::keys::{JsSymmetricKey, verifier};
use crate::promise::{promise, settled};
use crate::user::JsUser;
use crate::value::object;

#[wasm_bindgen]
extern "C" {
    /// Where the content of an upload comes from.
    #[wasm_bindgen(typescript_type = "PartSource")]
    pub type JsSource;

    /// The next bytes, as many as it likes; `undefined` at the end.
    #[wasm_bindgen(method, catch)]
    async fn next(this: &JsSource) -> Result<JsValue, JsValue>;
}

/// Stops transfers.
#[wasm_bindgen(js_name = Cancellation)]
pub struct JsCancellation(CancelToken);

#[wasm_bindgen(js_class = Cancellation)]
impl JsCancellation {
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "JavaScript knows no defaults")]
    pub fn new() -> Self {
        Self(CancelToken::new())
    }

    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// A file that is about to be registered.
#[wasm_bindgen(js_name = PreparedFile)]
pub struct JsPreparedFile(keyfold::file::PreparedFile);

#[wasm_bindgen(js_class = PreparedFile)]
impl JsPreparedFile {
    /// The body of the registration.
    #[wasm_bindgen(getter)]
    pub fn body(&self) -> String {
        self.0.body().to_owned()
    }

    /// The content key in text form. Secret.
    #[wasm_bindgen(getter)]
    pub fn key(&self) -> Result<String, KeyfoldError> {
        Ok(self.0.key().export().map_err(|error| thrown(error.into()))?.into_exposed())
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<Upload>")]
    pub fn register(self) -> Promise {
        promise(async move { settled(self.0.register().await.map(JsUpload)) })
    }
}

/// An upload that has begun.
#[wasm_bindgen(js_name = Upload)]
pub struct JsUpload(Upload);

#[wasm_bindgen(js_class = Upload)]
impl JsUpload {
    #[wasm_bindgen(getter, js_name = fileId)]
    pub fn file_id(&self) -> String {
        self.0.file_id().as_str().to_owned()
    }

    #[wasm_bindgen(getter, js_name = sessionId)]
    pub fn session_id(&self) -> String {
        self.0.session_id().as_str().to_owned()
    }

    #[wasm_bindgen(getter, js_name = isDone)]
    pub fn is_done(&self) -> bool {
        self.0.is_done()
    }

    /// What it takes to go on later. Secret.
    pub fn export(&self) -> Result<String, KeyfoldError> {
        Ok(self.0.export().map_err(thrown)?.expose().to_owned())
    }

    /// Sends the content from its beginning; what is through already is skipped.
    pub async fn send(
        &mut self,
        source: JsSource,
        #[wasm_bindgen(unchecked_param_type = "(bytes: number, parts: number) => void")] report: Function,
        cancellation: &JsCancellation,
    ) -> Result<(), KeyfoldError> {
        self.0.on_progress(listener(report));
        self.0.cancel_with(&cancellation.0);
        let pieces = stream::try_unfold(source, |source| async move {
            let piece = source.next().await.map_err(|thrown| Cause::from(describe(&thrown)))?;
            Ok::<_, Cause>((!piece.is_undefined()).then(|| (Uint8Array::new(&piece).to_vec(), source)))
        });
        self.0.send_stream(Box::pin(pieces)).await.map_err(thrown)
    }

    /// Deletes the file and what is through of it.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn abort(self) -> Promise {
        promise(async move { settled(self.0.abort().await) })
    }
}

/// A file on the server.
#[wasm_bindgen(js_name = StoredFile)]
#[derive(Clone)]
pub struct JsFile(File);

#[wasm_bindgen(js_class = StoredFile)]
impl JsFile {
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> Option<String> {
        self.0.name()
    }

    /// The file as the server describes it.
    #[wasm_bindgen(unchecked_return_type = "FileMetaFetched")]
    pub fn info(&self) -> Result<JsValue, KeyfoldError> {
        Ok(object(self.0.info())?)
    }

    /// The content key in text form. Secret.
    #[wasm_bindgen(getter)]
    pub fn key(&self) -> Result<String, KeyfoldError> {
        Ok(self.0.key().export().map_err(|error| thrown(error.into()))?.into_exposed())
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn rename(&self, name: Option<String>) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.rename(name.as_deref()).await) })
    }

    /// `verify_key`: the exported verify key with which every part must be signed. `signer`: the user who must have signed them.
    pub fn download(
        &self,
        verify_key: Option<String>,
        signer: Option<String>,
        report: Function,
        cancellation: &JsCancellation,
    ) -> Result<JsDownload, KeyfoldError> {
        let download = self.0.download().on_progress(listener(report)).cancel_with(&cancellation.0);
        Ok(JsDownload(match (verifier(verify_key)?, signer) {
            (Some(key), _) => download.signed_with(key),
            (None, Some(user_id)) => download.signed_by(&UserId::new(user_id)),
            (None, None) => download,
        }))
    }
}

impl From<File> for JsFile {
    fn from(file: File) -> Self {
        Self(file)
    }
}

/// A download, part by part.
#[wasm_bindgen(js_name = Download)]
pub struct JsDownload(Download);

#[wasm_bindgen(js_class = Download)]
impl JsDownload {
    /// The next part; `undefined` behind the last.
    #[wasm_bindgen(js_name = nextPart)]
    pub async fn next_part(&mut self) -> Result<Option<Vec<u8>>, KeyfoldError> {
        self.0.next_part().await.map_err(thrown)
    }
}

#[wasm_bindgen(js_class = User)]
impl JsUser {
    /// `to`: for whom the file is, by default for the user alone.
    #[wasm_bindgen(js_name = prepareFile, unchecked_return_type = "Promise<PreparedFile>")]
    pub fn prepare_file(&self, name: Option<String>, to: Option<String>, sign: bool) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let file = match to {
                    Some(to) => this.get().new_file_for(&UserId::new(to)),
                    None => this.get().new_file(),
                };
                prepared(file, name, sign).await
            })
        })
    }

    #[wasm_bindgen(js_name = resumeUpload)]
    pub fn resume_upload(&self, text: String) -> Result<JsUpload, KeyfoldError> {
        self.get().resume_upload(&SecretText::new(text)).map(JsUpload).map_err(thrown)
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<StoredFile>")]
    pub fn file(&self, file_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.get().file(&keyfold::FileId::new(file_id)).await.map(JsFile)) })
    }

    #[wasm_bindgen(js_name = openFile)]
    pub fn open_file(&self, info: &str, key: JsSymmetricKey) -> Result<JsFile, KeyfoldError> {
        self.get().open_file(described(info)?, key.into_inner()).map(JsFile).map_err(thrown)
    }

    #[wasm_bindgen(js_name = deleteFile, unchecked_return_type = "Promise<void>")]
    pub fn delete_file(&self, file_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.get().delete_file(&keyfold::FileId::new(file_id)).await) })
    }
}

#[wasm_bindgen(js_class = Group)]
impl JsGroup {
    #[wasm_bindgen(js_name = prepareFile, unchecked_return_type = "Promise<PreparedFile>")]
    pub fn prepare_file(&self, name: Option<String>, sign: bool) -> Promise {
        let this = self.clone();
        promise(async move { settled(prepared(this.get().new_file(), name, sign).await) })
    }

    #[wasm_bindgen(js_name = resumeUpload)]
    pub fn resume_upload(&self, text: String) -> Result<JsUpload, KeyfoldError> {
        self.get().resume_upload(&SecretText::new(text)).map(JsUpload).map_err(thrown)
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<StoredFile>")]
    pub fn file(&self, file_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.get().file(&keyfold::FileId::new(file_id)).await.map(JsFile)) })
    }

    #[wasm_bindgen(js_name = openFile)]
    pub fn open_file(&self, info: &str, key: JsSymmetricKey) -> Result<JsFile, KeyfoldError> {
        self.get().open_file(described(info)?, key.into_inner()).map(JsFile).map_err(thrown)
    }

    #[wasm_bindgen(js_name = deleteFile, unchecked_return_type = "Promise<void>")]
    pub fn delete_file(&self, file_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.get().delete_file(&keyfold::FileId::new(file_id)).await) })
    }
}

async fn prepared(file: NewFile, name: Option<String>, sign: bool) -> Result<JsPreparedFile, Error> {
    let file = match name {
        Some(name) => file.name(name),
        None => file,
    };
    let file = if sign { file.signed() } else { file };
    file.prepare().await.map(JsPreparedFile)
}

/// A file as the app kept its description.
fn described(info: &str) -> Result<FileMeta, Error> {
    let read = keyfold::protocol::json::from_slice(info.as_bytes());
    read.map_err(|_| Error::unreadable_record("file description", None))
}

fn listener(report: Function) -> impl Fn(Progress) {
    move |progress| {
        #[allow(clippy::cast_precision_loss, reason = "within 53 bits")]
        let (bytes, parts) = (progress.bytes as f64, progress.parts as f64);
        // What a listener throws is no failure of the transfer.
        let _ = report.call2(&JsValue::UNDEFINED, &bytes.into(), &parts.into());
    }
}
