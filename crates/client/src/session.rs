//! The access token of a user on a device: when to renew it, and how never to do so twice at once.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use base64ct::{Base64UrlUnpadded, Encoding};
use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::GroupInviteItem;
use keyfold_protocol::id::{DeviceId, UserId};
use keyfold_protocol::json;
use keyfold_protocol::session::Claims;
use keyfold_protocol::user::{InitOutput, RefreshInput, RefreshOutput};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::api::{self, Api, Call, bearer};
use crate::clock::Clock;
use crate::error::Error;
use crate::lock::lock;
use crate::platform::{BoxFuture, Cause, MaybeSendSync};
use crate::records::Records;
use crate::transport::{Method, Request, Response};

/// Milliseconds before its end at which an access token is renewed: enough for a slow request to arrive in time.
const RENEW_EARLY: u64 = 30_000;

/// How access tokens are renewed when they run out.
///
/// Where the SDK does not do it, the app's backend needs the refresh token: after each login, and after
/// [`change_password`](crate::User::change_password), which ends the session that it knows, the app hands over
/// [`User::refresh_token`](crate::User::refresh_token).
///
/// ```
/// use keyfold::Refresh;
/// # async fn ask_backend(_: String) -> Result<String, std::io::Error> { Ok(String::new()) }
/// let by_the_sdk = Refresh::sdk();
/// let by_a_cookie = Refresh::endpoint("https://app.example/refresh");
/// let by_a_function = Refresh::function(|old_token| ask_backend(old_token));
/// ```
#[derive(Clone)]
pub struct Refresh(Strategy);

#[derive(Clone)]
enum Strategy {
    Sdk,
    Endpoint(String),
    Function(Arc<dyn RenewalFunction>),
}

impl Refresh {
    /// By the SDK with the refresh token, which is kept in the storage. The default.
    #[must_use]
    pub fn sdk() -> Self {
        Self(Strategy::Sdk)
    }

    /// By an endpoint of the app's own backend: `GET url` with the old token as `Authorization: Bearer …` and with the
    /// browser's cookies; the answer's body is the new token. The refresh token is not stored.
    #[must_use]
    pub fn endpoint(url: impl Into<String>) -> Self {
        Self(Strategy::Endpoint(url.into()))
    }

    /// By a function that gets the old token and returns the new one. The refresh token is not stored.
    #[must_use]
    pub fn function<F, R, E>(renew: F) -> Self
    where
        F: Fn(String) -> R + MaybeSendSync + 'static,
        R: RenewalFuture<E>,
        E: Into<Cause> + 'static,
    {
        Self(Strategy::Function(Arc::new(move |old| renew(old).into_boxed())))
    }

    pub(crate) fn stores_refresh_token(&self) -> bool {
        matches!(self.0, Strategy::Sdk)
    }

    /// A new token for `old`.
    pub(crate) async fn renew(
        &self,
        api: &Api,
        old: &SecretText,
        refresh_token: Option<SecretText>,
    ) -> Result<SecretText, Error> {
        match &self.0 {
            Strategy::Sdk => {
                let refresh_token = refresh_token.ok_or(Error::NotLoggedIn)?;
                let call = Call::put(&["refresh"]).json(&RefreshInput { refresh_token });
                Ok(api.call::<RefreshOutput>(call, Some(old)).await?.jwt)
            }
            Strategy::Endpoint(url) => ask_endpoint(api, url, old).await,
            Strategy::Function(function) => {
                let new = function.renew(old.expose().to_owned()).await;
                Ok(SecretText::new(new.map_err(|cause| Error::Refresh(Arc::new(cause)))?))
            }
        }
    }
}

impl Default for Refresh {
    fn default() -> Self {
        Self::sdk()
    }
}

impl fmt::Debug for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Strategy::Sdk => f.write_str("Sdk"),
            Strategy::Endpoint(url) => write!(f, "Endpoint({url:?})"),
            Strategy::Function(_) => f.write_str("Function"),
        }
    }
}

/// A future of a new token; implemented for every fitting future, `Send` where threads exist.
pub trait RenewalFuture<E>: sealed::IntoBoxed<E> {}

mod sealed {
    use super::{BoxFuture, Cause};

    pub trait IntoBoxed<E> {
        fn into_boxed(self) -> BoxFuture<'static, Result<String, Cause>>;
    }
}

#[cfg(not(target_family = "wasm"))]
impl<F, E> sealed::IntoBoxed<E> for F
where
    F: Future<Output = Result<String, E>> + Send + 'static,
    E: Into<Cause>,
{
    fn into_boxed(self) -> BoxFuture<'static, Result<String, Cause>> {
        Box::pin(self.map(|new| new.map_err(Into::into)))
    }
}

#[cfg(target_family = "wasm")]
impl<F, E> sealed::IntoBoxed<E> for F
where
    F: Future<Output = Result<String, E>> + 'static,
    E: Into<Cause>,
{
    fn into_boxed(self) -> BoxFuture<'static, Result<String, Cause>> {
        Box::pin(self.map(|new| new.map_err(Into::into)))
    }
}

impl<F: sealed::IntoBoxed<E>, E> RenewalFuture<E> for F {}

trait RenewalFunction: MaybeSendSync {
    fn renew(&self, old: String) -> BoxFuture<'static, Result<String, Cause>>;
}

impl<F> RenewalFunction for F
where
    F: Fn(String) -> BoxFuture<'static, Result<String, Cause>> + MaybeSendSync,
{
    fn renew(&self, old: String) -> BoxFuture<'static, Result<String, Cause>> {
        self(old)
    }
}

/// What outlives the process of a session.
#[derive(Serialize, Deserialize, Clone)]
pub(crate) struct StoredSession {
    pub(crate) user_id: UserId,
    pub(crate) device_id: DeviceId,
    jwt: SecretText,
    /// When the token arrived, by the clock of this machine.
    received_at: u64,
    /// Missing where the app's backend keeps it.
    refresh_token: Option<SecretText>,
}

/// Sends requests as a user. Clones are the same session.
#[derive(Clone)]
pub(crate) struct Session(Arc<Inner>);

struct Inner {
    api: Arc<Api>,
    refresh: Refresh,
    clock: Clock,
    records: Records,
    user_id: UserId,
    device_id: DeviceId,
    tokens: Mutex<Tokens>,
    /// Held while the record is written.
    storing: futures_util::lock::Mutex<()>,
    /// The renewal that is under way. Weak, so that one whose callers all gave up ends with them.
    renewal: Mutex<Option<WeakShared<Renewal>>>,
}

struct Tokens {
    access: SecretText,
    received_at: u64,
    renew_at: u64,
    refresh: Option<SecretText>,
    closed: bool,
}

type Renewal = BoxFuture<'static, Result<SecretText, Error>>;

/// What a session needs of its client.
pub(crate) struct Environment {
    pub(crate) api: Arc<Api>,
    pub(crate) refresh: Refresh,
    pub(crate) clock: Clock,
    pub(crate) records: Records,
}

impl Session {
    /// A session that begins now.
    pub(crate) fn new(
        environment: Environment,
        user_id: UserId,
        device_id: DeviceId,
        access: SecretText,
        refresh: SecretText,
    ) -> Result<Self, Error> {
        let received_at = environment.clock.now();
        Self::with_tokens(environment, user_id, device_id, access, received_at, Some(refresh))
    }

    /// A session that was stored.
    pub(crate) fn restore(environment: Environment, stored: StoredSession) -> Result<Self, Error> {
        let StoredSession { user_id, device_id, jwt, received_at, refresh_token } = stored;
        // A clock that was turned back since must not make an old token look new.
        let received_at = received_at.min(environment.clock.now());
        Self::with_tokens(environment, user_id, device_id, jwt, received_at, refresh_token)
    }

    fn with_tokens(
        environment: Environment,
        user_id: UserId,
        device_id: DeviceId,
        access: SecretText,
        received_at: u64,
        refresh_token: Option<SecretText>,
    ) -> Result<Self, Error> {
        let Environment { api, refresh, clock, records } = environment;
        let renew_at = renewal_time(&access, received_at, &user_id, &device_id)?;
        let tokens =
            Mutex::new(Tokens { access, received_at, renew_at, refresh: refresh_token, closed: false });
        Ok(Self(Arc::new(Inner {
            api,
            refresh,
            clock,
            records,
            user_id,
            device_id,
            tokens,
            storing: futures_util::lock::Mutex::default(),
            renewal: Mutex::default(),
        })))
    }

    pub(crate) fn user_id(&self) -> &UserId {
        &self.0.user_id
    }

    pub(crate) fn device_id(&self) -> &DeviceId {
        &self.0.device_id
    }

    pub(crate) fn api(&self) -> &Arc<Api> {
        &self.0.api
    }

    /// The refresh token, if this process has seen it.
    pub(crate) fn refresh_token(&self) -> Option<SecretText> {
        self.0.tokens().refresh.clone()
    }

    /// The access token as it is.
    pub(crate) fn current_token(&self) -> SecretText {
        self.0.tokens().access.clone()
    }

    /// An access token that is valid for at least some seconds. Renews it if need be; callers that come meanwhile wait
    /// for the same renewal.
    pub(crate) async fn access_token(&self) -> Result<SecretText, Error> {
        let (access, renew_at) = {
            let tokens = self.0.tokens();
            (tokens.access.clone(), tokens.renew_at)
        };
        if self.0.clock.now() < renew_at { Ok(access) } else { self.renewed(&access).await }
    }

    /// Sends `call` as the user.
    pub(crate) fn call<T: DeserializeOwned>(
        &self,
        call: Call,
    ) -> impl Future<Output = Result<T, Error>> + use<'_, T> {
        self.send(call).map(|answer| api::opened(&answer?))
    }

    /// Sends `call` as the user; its result says no more than that it was done.
    pub(crate) fn act(&self, call: Call) -> impl Future<Output = Result<(), Error>> + use<'_> {
        self.send(call).map(|answer| api::accepted(&answer?))
    }

    /// Sends `call` as the user, and returns the bytes that it is answered with.
    pub(crate) async fn fetch(&self, call: &Call) -> Result<Vec<u8>, Error> {
        api::content(self.answer(call).await?)
    }

    pub(crate) fn send(&self, call: Call) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move { self.answer(&call).await })
    }

    /// The answer to `call` as it came.
    ///
    /// A request that is refused because of its token is sent once more with a new one: the check comes before
    /// anything else happens on the server, so nothing is done twice.
    pub(crate) fn answer<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(async move {
            call.check()?;
            let access = self.access_token().await?;
            let answer = self.0.api.exchange(call, Some(&access)).await?;
            if !is_token_refused(&answer) {
                return Ok(answer);
            }
            let access = self.renewed(&access).await?;
            self.0.api.exchange(call, Some(&access)).await
        })
    }

    /// Starts a stored session anew: renews the token and returns the first pending invitations.
    pub(crate) async fn resume(&self) -> Result<Vec<GroupInviteItem>, Error> {
        let (access, refresh) = {
            let tokens = self.0.tokens();
            (tokens.access.clone(), tokens.refresh.clone())
        };
        let Some(refresh_token) = refresh.filter(|_| self.0.refresh.stores_refresh_token()) else {
            self.access_token().await?;
            return Ok(Vec::new());
        };
        let call = Call::post(&["init"]).json(&RefreshInput { refresh_token });
        let answer: InitOutput = self.0.api.call(call, Some(&access)).await?;
        self.0.accept(answer.jwt).await?;
        Ok(answer.invites)
    }

    /// Writes the session to the storage.
    pub(crate) async fn store(&self) -> Result<(), Error> {
        self.0.store().await
    }

    /// Ends the session here: from now on it can neither be used nor renewed.
    pub(crate) async fn close(&self) -> Result<(), Error> {
        {
            let mut tokens = self.0.tokens();
            tokens.refresh = None;
            tokens.renew_at = 0;
            tokens.closed = true;
        }
        self.0.records.delete_session(&self.0.device_id).await
    }

    /// Goes on with the tokens of another login on this device: servers may end all sessions but that one when the password
    /// is changed in it.
    pub(crate) async fn replace(&self, access: SecretText, refresh: SecretText) -> Result<(), Error> {
        self.0.tokens().refresh = Some(refresh);
        self.0.accept(access).await.map(drop)
    }

    /// Goes on with the tokens of another session of the same device: always with those of a new login, with stored ones if they
    /// are newer, because another process has renewed them. `false` if this session is closed and stays so.
    pub(crate) fn adopt(&self, other: &Self, is_new_login: bool) -> bool {
        let (access, received_at, renew_at, refresh) = {
            let other = other.0.tokens();
            (other.access.clone(), other.received_at, other.renew_at, other.refresh.clone())
        };
        let mut tokens = self.0.tokens();
        if !tokens.closed && (is_new_login || received_at > tokens.received_at) {
            (tokens.access, tokens.received_at, tokens.renew_at) = (access, received_at, renew_at);
            // Missing where the app's backend keeps it.
            tokens.refresh = refresh.or_else(|| tokens.refresh.take());
        }
        !tokens.closed
    }

    /// Whether this session was closed, and `other` is what is left of it in the storage.
    pub(crate) fn ended_as(&self, other: &Self) -> bool {
        let access = other.0.tokens().access.clone();
        let tokens = self.0.tokens();
        tokens.closed && tokens.access == access
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.tokens().closed
    }

    /// Tells the server to forget the refresh token of a closed session. Not every server can, and none has to be reachable
    /// for a logout, so there is no error.
    pub(crate) async fn revoke(&self) {
        let access = self.0.tokens().access.clone();
        let call = Call::delete(&["user", "session"]);
        if let Err(error) = self.0.api.act(call, Some(&access)).await {
            tracing::debug!(%error, "the session goes on at the server until it expires");
        }
    }

    /// A token other than `stale`.
    async fn renewed(&self, stale: &SecretText) -> Result<SecretText, Error> {
        let renewal: Shared<Renewal> = {
            let mut running = lock(&self.0.renewal);
            let current = self.0.tokens().access.clone();
            if current != *stale {
                return Ok(current);
            }
            match running.as_ref().and_then(WeakShared::upgrade) {
                Some(renewal) => renewal,
                None => {
                    let inner = Arc::clone(&self.0);
                    let stale = stale.clone();
                    let renewal: Renewal = Box::pin(async move {
                        let outcome = inner.renew(stale).await;
                        *lock(&inner.renewal) = None;
                        outcome
                    });
                    let renewal = renewal.shared();
                    *running = renewal.downgrade();
                    renewal
                }
            }
        };
        renewal.await
    }
}

impl Inner {
    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        lock(&self.tokens)
    }

    async fn renew(&self, old: SecretText) -> Result<SecretText, Error> {
        if self.tokens().closed {
            return Err(Error::NotLoggedIn);
        }
        let refresh_token = self.tokens().refresh.clone();
        let new = self.refresh.renew(&self.api, &old, refresh_token).await?;
        self.accept(new).await
    }

    /// Takes a new token into use.
    async fn accept(&self, access: SecretText) -> Result<SecretText, Error> {
        let received_at = self.clock.now();
        let renew_at = renewal_time(&access, received_at, &self.user_id, &self.device_id)?;
        {
            let mut tokens = self.tokens();
            // The user logged out while the new token was on its way.
            if tokens.closed {
                return Err(Error::NotLoggedIn);
            }
            tokens.access = access.clone();
            tokens.received_at = received_at;
            tokens.renew_at = renew_at;
        }
        // The token is good whether or not it can be stored: a full disk must not end a session.
        if let Err(error) = self.store().await {
            tracing::warn!(%error, "the renewed access token could not be stored");
        }
        Ok(access)
    }

    async fn store(&self) -> Result<(), Error> {
        // One after the other, each with what there is when it begins: older tokens never end up over newer ones.
        let _storing = self.storing.lock().await;
        let stored = {
            let tokens = self.tokens();
            if tokens.closed {
                return Ok(());
            }
            StoredSession {
                user_id: self.user_id.clone(),
                device_id: self.device_id.clone(),
                jwt: tokens.access.clone(),
                received_at: tokens.received_at,
                refresh_token: tokens.refresh.clone().filter(|_| self.refresh.stores_refresh_token()),
            }
        };
        self.records.set_session(&stored).await?;
        // A logout must win over a write that was under way.
        if self.tokens().closed { self.records.delete_session(&self.device_id).await } else { Ok(()) }
    }
}

async fn ask_endpoint(api: &Api, url: &str, old: &SecretText) -> Result<SecretText, Error> {
    let mut request = Request::new(Method::Get, url);
    request.headers.push(bearer(old));
    request.with_cookies = true;
    let answer = api.send(request).await?;
    if answer.status != 200 {
        let cause: Cause = format!("the refresh endpoint answered with HTTP {}", answer.status).into();
        return Err(Error::Refresh(Arc::new(cause)));
    }
    let text = String::from_utf8(answer.body).map_err(|_| Error::TokenMalformed)?;
    Ok(SecretText::new(text.trim()))
}

/// When to renew a token that arrived at `received_at`, by the clock of this machine.
///
/// Its own times are only used for its lifetime: they are the server's, and the two clocks may differ by hours.
fn renewal_time(
    access: &SecretText,
    received_at: u64,
    user_id: &UserId,
    device_id: &DeviceId,
) -> Result<u64, Error> {
    let claims = claims(access)?;
    // A backend that mixes up its cookies must not make one user act as another.
    if claims.aud != *user_id || claims.sub != *device_id {
        return Err(Error::TokenForeign);
    }
    let lifetime = claims.exp.saturating_sub(claims.iat).saturating_mul(1000);
    Ok(received_at.saturating_add(lifetime.saturating_sub(RENEW_EARLY)))
}

/// Reads the claims without checking the signature: only the server can, and only to it they matter.
fn claims(access: &SecretText) -> Result<Claims, Error> {
    let mut parts = access.expose().split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Error::TokenMalformed);
    };
    let payload = Base64UrlUnpadded::decode_vec(payload).map_err(|_| Error::TokenMalformed)?;
    json::from_slice(&payload).map_err(|_| Error::TokenMalformed)
}

fn is_token_refused(answer: &Response) -> bool {
    // The two that are looked for come with a status of 401: all other answers are read once.
    if answer.status < 400 {
        return false;
    }
    let refusal = api::accepted(answer).err();
    refusal
        .is_some_and(|error| error.is_server(ErrorCode::JwtInvalid) || error.is_server(ErrorCode::JwtMissing))
}

#[cfg(test)]
mod tests;
