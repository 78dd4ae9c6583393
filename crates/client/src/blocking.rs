//! The same without `async`, for programs that have no runtime.
//!
//! [`Client`], [`User`], [`Group`] and [`File`] here wait for what those of the crate's root do, and lend these for everything
//! that does not wait: encryption with loaded keys, identities, prepared bodies. Lists are iterators, see [`items`]; what is
//! `AsyncRead`, `AsyncWrite` or a stream there is [`std::io::Read`], [`std::io::Write`] or an iterator here.
//!
//! ```no_run
//! # fn example() -> Result<(), keyfold::Error> {
//! use keyfold::blocking::{self, Client};
//! let client = Client::new(keyfold::Client::builder("token").base_url("http://127.0.0.1:3002").build()?);
//! let alice = client.login_forced("alice", "correct horse battery staple")?;
//! let group = alice.group(&alice.create_group()?)?;
//! let text = group.encrypt_string("hello")?;
//! assert_eq!(group.decrypt_string(&text)?, "hello");
//! for member in blocking::items(group.members()) {
//!     println!("{}", member?.user_id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! All of it runs on one runtime of its own, with one thread. Inside of an asynchronous runtime every call fails with
//! [`Error::Configuration`], because it would stop that runtime's other tasks. So do calls inside of
//! `tokio::task::spawn_blocking`, where waiting would be fine: tokio does not tell such a thread from one of its others. A program
//! that has a runtime needs nothing of this module: there `Handle::current().block_on(group.members().all())` waits for the
//! asynchronous function.

mod files;

use std::future::Future;
use std::ops::Deref;
use std::sync::OnceLock;

use futures_util::{Stream, StreamExt};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::file::FileMeta;
use keyfold_protocol::group::{GroupJoinReqItem, GroupKey, GroupLightData, HmacKey, SortableKey};
use keyfold_protocol::id::{DeviceId, FileId, GroupId, KeyId, KeySessionId, MemberId, StoredKeyId, UserId};
use keyfold_protocol::user::DeviceListItem;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::{
    CancelToken, DecryptOptions, EncryptOptions, Error, ExportedGroupKeys, GeneratedKey, GroupPublicKey,
    Head, Item, KnownVerifyKey, Mfa, OtpSecret, Pages, RawContent, SearchKey, Signers, SortKey, SymmetricKey,
    UserPublicKey, VerifyingKey,
};

pub use files::{Download, File, NewFile, PreparedFile, Upload};

/// Waits for any future of this crate: also for those that have no function here.
///
/// # Errors
/// Those of the future; [`Error::Configuration`] (`client_424`) inside of an asynchronous runtime.
pub fn wait<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    outcome(future)?
}

fn outcome<T>(future: impl Future<Output = T>) -> Result<T, Error> {
    if Handle::try_current().is_ok() {
        return Err(Error::configuration("a blocking call inside of an asynchronous runtime"));
    }
    Ok(runtime()?.block_on(future))
}

/// A list, item by item; the next page is requested when it is needed. Ends after the first error.
pub fn items<T: Item>(pages: Pages<T>) -> impl Iterator<Item = Result<T, Error>> {
    iterator(pages.into_stream())
}

/// Blocking form of [`Pages::next_page`].
///
/// # Errors
/// As there.
pub fn next_page<T: Item>(pages: &mut Pages<T>) -> Result<Option<Vec<T>>, Error> {
    wait(pages.next_page())
}

/// Blocking form of [`Pages::all`].
///
/// # Errors
/// As there.
pub fn all<T: Item>(pages: Pages<T>) -> Result<Vec<T>, Error> {
    wait(pages.all())
}

/// Blocking form of [`StorageKey::from_system_keyring`](crate::StorageKey::from_system_keyring).
///
/// # Errors
/// As there.
#[cfg(feature = "system-keyring")]
#[cfg_attr(docsrs, doc(cfg(feature = "system-keyring")))]
pub fn storage_key_from_system_keyring(
    service: &str,
    account: &str,
) -> Result<crate::StorageKey, crate::StorageError> {
    outcome(crate::StorageKey::from_system_keyring(service, account))
        .unwrap_or_else(|error| Err(crate::StorageError::unavailable(error)))
}

/// What a stream yields, up to the first error: that of the runtime would come again and again.
fn iterator<T>(stream: impl Stream<Item = Result<T, Error>>) -> impl Iterator<Item = Result<T, Error>> {
    let mut stream = Some(Box::pin(stream));
    std::iter::from_fn(move || {
        let open = stream.as_mut()?;
        let item = outcome(open.next()).unwrap_or_else(|error| Some(Err(error)));
        if !matches!(item, Some(Ok(_))) {
            stream = None;
        }
        item
    })
}

/// Blocking form of [`crate::Client`].
#[derive(Debug, Clone)]
pub struct Client(crate::Client);

/// Blocking form of [`crate::User`].
#[derive(Debug, Clone)]
pub struct User(crate::User);

/// Blocking form of [`crate::Group`].
#[derive(Debug, Clone)]
pub struct Group(crate::Group);

/// Blocking form of [`crate::Login`].
#[derive(Debug)]
pub enum Login {
    /// The user is logged in.
    User(User),
    /// The user has a second factor; [`Client::finish_login`] takes it.
    Mfa(crate::PendingMfa),
}

impl Client {
    /// From a client that a [builder](crate::Client::builder) made.
    #[must_use]
    pub fn new(client: crate::Client) -> Self {
        Self(client)
    }

    /// Blocking form of [`crate::Client::login`].
    ///
    /// # Errors
    /// As there.
    pub fn login(&self, identifier: &str, password: &str) -> Result<Login, Error> {
        Ok(match wait(self.0.login(identifier, password))? {
            crate::Login::User(user) => Login::User(User(user)),
            crate::Login::Mfa(pending) => Login::Mfa(pending),
        })
    }

    /// Finishes a login with a second factor.
    ///
    /// # Errors
    /// As [`crate::PendingMfa::with_totp`]. [`Error::MfaRequired`] for [`Mfa::None`].
    pub fn finish_login(&self, pending: &crate::PendingMfa, factor: Mfa<'_>) -> Result<User, Error> {
        wait(async {
            match factor {
                Mfa::None => Err(Error::MfaRequired),
                Mfa::Totp(code) => pending.with_totp(code).await,
                Mfa::RecoveryKey(key) => pending.with_recovery_key(key).await,
            }
        })
        .map(User)
    }

    /// Blocking form of [`crate::Client::restore`].
    ///
    /// # Errors
    /// As there.
    pub fn restore(&self) -> Result<Option<User>, Error> {
        Ok(wait(self.0.restore())?.map(User))
    }

    /// Blocking form of [`crate::Client::current_user`].
    ///
    /// # Errors
    /// As there.
    pub fn current_user(&self) -> Result<Option<User>, Error> {
        Ok(wait(self.0.current_user())?.map(User))
    }

    /// Blocking form of [`crate::Client::user`].
    ///
    /// # Errors
    /// As there.
    pub fn user(&self, identifier: &str) -> Result<Option<User>, Error> {
        Ok(wait(self.0.user(identifier))?.map(User))
    }
}

impl Group {
    /// Blocking form of [`crate::Group::child`].
    ///
    /// # Errors
    /// As there.
    pub fn child(&self, group_id: &GroupId) -> Result<Self, Error> {
        wait(self.0.child(group_id)).map(Self)
    }

    /// Blocking form of [`crate::Group::connected`].
    ///
    /// # Errors
    /// As there.
    pub fn connected(&self, group_id: &GroupId) -> Result<Self, Error> {
        wait(self.0.connected(group_id)).map(Self)
    }

    /// Blocking form of [`crate::Group::new_file`].
    pub fn new_file(&self) -> NewFile {
        self.0.new_file().into()
    }

    /// Blocking form of [`crate::Group::open_file`].
    ///
    /// # Errors
    /// As there.
    pub fn open_file(&self, meta: FileMeta, key: SymmetricKey) -> Result<File, Error> {
        self.0.open_file(meta, key).map(File::from)
    }

    /// Blocking form of [`crate::Group::resume_upload`].
    ///
    /// # Errors
    /// As there.
    pub fn resume_upload(&self, text: &SecretText) -> Result<Upload, Error> {
        self.0.resume_upload(text).map(Upload::from)
    }

    /// Uploads bytes as a file of the group.
    ///
    /// # Errors
    /// As [`crate::NewFile::upload_bytes`].
    pub fn upload_bytes(&self, name: &str, data: &[u8], cancel: &CancelToken) -> Result<FileId, Error> {
        wait(self.0.new_file().name(name).cancel_with(cancel).upload_bytes(data))
    }

    /// Downloads a file of the group to memory.
    ///
    /// # Errors
    /// As [`crate::Download::bytes`].
    pub fn download_bytes(&self, file_id: &FileId, cancel: &CancelToken) -> Result<Vec<u8>, Error> {
        wait(async { self.0.file(file_id).await?.download().cancel_with(cancel).bytes().await })
    }
}

impl User {
    /// Blocking form of [`crate::User::group`].
    ///
    /// # Errors
    /// As there.
    pub fn group(&self, group_id: &GroupId) -> Result<Group, Error> {
        wait(self.0.group(group_id)).map(Group)
    }

    /// Blocking form of [`crate::User::group_through`].
    ///
    /// # Errors
    /// As there.
    pub fn group_through(&self, group_id: &GroupId, member: &Group) -> Result<Group, Error> {
        wait(self.0.group_through(group_id, &member.0)).map(Group)
    }

    /// Blocking form of [`crate::User::new_file`].
    pub fn new_file(&self) -> NewFile {
        self.0.new_file().into()
    }

    /// Blocking form of [`crate::User::open_file`].
    ///
    /// # Errors
    /// As there.
    pub fn open_file(&self, meta: FileMeta, key: SymmetricKey) -> Result<File, Error> {
        self.0.open_file(meta, key).map(File::from)
    }

    /// Blocking form of [`crate::User::resume_upload`].
    ///
    /// # Errors
    /// As there.
    pub fn resume_upload(&self, text: &SecretText) -> Result<Upload, Error> {
        self.0.resume_upload(text).map(Upload::from)
    }

    /// Blocking form of [`crate::User::new_file_for`].
    pub fn new_file_for(&self, recipient: &UserId) -> NewFile {
        self.0.new_file_for(recipient).into()
    }

    /// Uploads bytes as a file that only this user can read.
    ///
    /// # Errors
    /// As [`crate::NewFile::upload_bytes`].
    pub fn upload_bytes(&self, name: &str, data: &[u8], cancel: &CancelToken) -> Result<FileId, Error> {
        wait(self.0.new_file().name(name).cancel_with(cancel).upload_bytes(data))
    }

    /// Uploads bytes as a file that only `recipient` can read.
    ///
    /// # Errors
    /// As [`crate::NewFile::upload_bytes`].
    pub fn upload_bytes_for(
        &self,
        recipient: &UserId,
        name: &str,
        data: &[u8],
        cancel: &CancelToken,
    ) -> Result<FileId, Error> {
        wait(self.0.new_file_for(recipient).name(name).cancel_with(cancel).upload_bytes(data))
    }

    /// Downloads a file of this user to memory.
    ///
    /// # Errors
    /// As [`crate::Download::bytes`].
    pub fn download_bytes(&self, file_id: &FileId, cancel: &CancelToken) -> Result<Vec<u8>, Error> {
        wait(async { self.0.file(file_id).await?.download().cancel_with(cancel).bytes().await })
    }

    /// The devices of this user, oldest first.
    pub fn devices(&self) -> impl Iterator<Item = Result<DeviceListItem, Error>> {
        items(self.0.devices())
    }
}

/// Functions that wait for the function of the same name and hand on what it returns.
macro_rules! waiting {
    ($type:ident: $($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {
        impl $type {
            $(
                #[doc = concat!("Blocking form of [`crate::", stringify!($type), "::", stringify!($name), "`].")]
                ///
                /// # Errors
                /// As there.
                pub fn $name(&self, $($argument: $kind),*) -> Result<$result, Error> {
                    wait(self.0.$name($($argument),*)).map(Into::into)
                }
            )*
        }

        impl Deref for $type {
            type Target = crate::$type;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl From<crate::$type> for $type {
            fn from(handle: crate::$type) -> Self {
                Self(handle)
            }
        }
    };
}

waiting! { Client:
    is_identifier_available(identifier: &str) -> bool;
    register(identifier: &str, password: &str) -> UserId;
    register_device_start(identifier: &str, password: &str) -> String;
    login_forced(identifier: &str, password: &str) -> User;
    public_key(user_id: &UserId) -> UserPublicKey;
    verify_key(user_id: &UserId, key_id: &KeyId) -> VerifyingKey;
    group_public_key(group_id: &GroupId) -> GroupPublicKey;
    verify_public_key(key: &UserPublicKey) -> bool;
    known_verify_keys(user_id: &UserId) -> Vec<KnownVerifyKey>;
    accept_verify_key(user_id: &UserId, key_id: &KeyId) -> ();
    refresh_jwt(old_jwt: &SecretText, refresh_token: &SecretText) -> SecretText;
    clear_storage() -> ();
}

waiting! { User:
    jwt() -> SecretText;
    log_out() -> ();
    change_password(old: &str, new: &str, mfa: Mfa<'_>) -> ();
    reset_password(new: &str) -> ();
    update_identifier(new: &str) -> ();
    delete(password: &str, mfa: Mfa<'_>) -> ();
    delete_device(password: &str, device_id: &DeviceId, mfa: Mfa<'_>) -> ();
    register_device(answer: &str) -> ();
    register_otp(password: &str, mfa: Mfa<'_>) -> OtpSecret;
    reset_otp(password: &str, mfa: Mfa<'_>) -> OtpSecret;
    disable_otp(password: &str, mfa: Mfa<'_>) -> ();
    otp_recovery_keys(password: &str, mfa: Mfa<'_>) -> Vec<String>;
    prepare_register_device(answer: &str) -> (String, Vec<String>);
    rotate_keys() -> ();
    finish_key_rotation() -> ();
    safety_number(other: Option<(&UserId, &KeyId)>) -> String;
    verify_safety_number(other: &UserId, key_id: &KeyId, number: &str) -> bool;
    load_key(id: &KeyId) -> ();
    decrypt_search_key(key: &HmacKey) -> SearchKey;
    create_group() -> GroupId;
    create_signed_group() -> GroupId;
    group_light(group_id: &GroupId) -> GroupLightData;
    accept_invitation(group_id: &GroupId) -> ();
    reject_invitation(group_id: &GroupId) -> ();
    request_to_join(group_id: &GroupId) -> ();
    withdraw_join_request(group_id: &GroupId) -> ();
    encrypt(data: &[u8], to: &UserId) -> Vec<u8>;
    encrypt_string(text: &str, to: &UserId) -> String;
    encrypt_with(data: &[u8], to: &UserId, options: EncryptOptions<'_>) -> Vec<u8>;
    encrypt_string_with(text: &str, to: &UserId, options: EncryptOptions<'_>) -> String;
    encrypt_raw(data: &[u8], to: &UserId, options: EncryptOptions<'_>) -> RawContent;
    decrypt(content: &[u8]) -> Vec<u8>;
    decrypt_string(text: &str) -> String;
    decrypt_with(content: &[u8], options: DecryptOptions<'_>) -> Vec<u8>;
    decrypt_string_with(text: &str, options: DecryptOptions<'_>) -> String;
    decrypt_raw(head: &Head, payload: &[u8], options: DecryptOptions<'_>) -> Vec<u8>;
    search_key() -> SearchKey;
    generate_key(to: &UserId) -> (SymmetricKey, GeneratedKey);
    open_generated_key(key: &GeneratedKey) -> SymmetricKey;
    store_key(to: &UserId) -> SymmetricKey;
    stored_key(id: &StoredKeyId) -> SymmetricKey;
    delete_stored_key(id: &StoredKeyId) -> ();
    file(file_id: &FileId) -> File;
    delete_file(file_id: &FileId) -> ();
}

waiting! { Group:
    update() -> ();
    delete() -> ();
    create_child() -> GroupId;
    create_signed_child() -> GroupId;
    create_connected() -> GroupId;
    create_signed_connected() -> GroupId;
    invite(user_id: &UserId, rank: Option<i32>) -> ();
    invite_auto(user_id: &UserId, rank: Option<i32>) -> ();
    re_invite(user_id: &UserId) -> ();
    invite_group(group_id: &GroupId, rank: Option<i32>) -> ();
    invite_group_auto(group_id: &GroupId, rank: Option<i32>) -> ();
    re_invite_group(group_id: &GroupId) -> ();
    prepare_keys_for_new_member(user_id: &UserId, rank: Option<i32>) -> (String, Vec<String>);
    prepare_keys_for_new_member_group(group_id: &GroupId, rank: Option<i32>) -> (String, Vec<String>);
    upload_session_keys(session_id: &KeySessionId, pages: Vec<String>, auto: bool) -> ();
    toggle_invitations() -> ();
    accept_join_request(request: &GroupJoinReqItem, rank: Option<i32>) -> ();
    reject_join_request(member: &MemberId) -> ();
    accept_invitation(group_id: &GroupId) -> ();
    reject_invitation(group_id: &GroupId) -> ();
    request_to_join(group_id: &GroupId) -> ();
    withdraw_join_request(group_id: &GroupId) -> ();
    update_rank(member: &MemberId, rank: i32) -> ();
    kick(member: &MemberId) -> ();
    leave() -> ();
    rotate_keys() -> ();
    rotate_keys_signed() -> ();
    finish_key_rotation() -> ();
    load_key(id: &KeyId) -> SecretText;
    check_signatures(signers: Signers) -> ();
    finish_key_rotation_from(signers: Signers) -> ();
    decrypt_keys(keys: Vec<GroupKey>, signers: Signers) -> Vec<ExportedGroupKeys>;
    decrypt_search_key(key: &HmacKey) -> SearchKey;
    decrypt_sort_key(key: &SortableKey) -> SortKey;
    encrypt_raw_bulk(data: &[u8], options: EncryptOptions<'_>) -> RawContent;
    decrypt(content: &[u8]) -> Vec<u8>;
    decrypt_string(text: &str) -> String;
    decrypt_with(content: &[u8], options: DecryptOptions<'_>) -> Vec<u8>;
    decrypt_string_with(text: &str, options: DecryptOptions<'_>) -> String;
    decrypt_raw(head: &Head, payload: &[u8], options: DecryptOptions<'_>) -> Vec<u8>;
    search_key() -> SearchKey;
    sort_key() -> SortKey;
    store_key() -> SymmetricKey;
    stored_key(id: &StoredKeyId) -> SymmetricKey;
    open_generated_key(key: &GeneratedKey) -> SymmetricKey;
    file(file_id: &FileId) -> File;
    delete_file(file_id: &FileId) -> ();
}

fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Error::configuration(format!("no threads to wait on: {error}")))?;
    // Another thread may have been faster; its runtime is as good.
    Ok(RUNTIME.get_or_init(|| runtime))
}
