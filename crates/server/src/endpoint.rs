//! Endpoints: a handler, where it stands, and what the types of its arguments tell about it.
//!
//! A domain lists its endpoints once:
//!
//! ```ignore
//! pub(crate) fn endpoints() -> Vec<Endpoint> {
//!     vec![
//!         put("/user", rename, "Gives the device of the token another identifier").refuses(&[ErrorCode::IdentifierTaken]),
//!         delete("/user/device/{device_id}", remove, "Deletes a device").refuses(&[ErrorCode::LastDevice]),
//!     ]
//! }
//! ```
//!
//! From the same list come the router, the document of the API ([`crate::openapi`]), and the tests that try every endpoint with every
//! kind of caller. Who may call, which option of the app governs it, what the body and the answer look like, and the codes that follow from
//! that are read off the handler's signature. Only the codes of its own rules are named, and a debug build answers 500 when an endpoint
//! refuses with a code that is not.

use axum::body::Body;
use axum::extract::State;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use keyfold_protocol::app::AppOption;
use keyfold_protocol::error::ErrorCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::error::{ApiError, Failure};
use crate::reply::Reply;
use crate::state::AppState;

/// What the path of every endpoint begins with.
pub const PREFIX: &str = "/api/v1";

/// An endpoint `GET path`. There are also [`post`], [`put`], [`patch`] and [`delete`].
///
/// `path` stands below [`PREFIX`]; `summary` is one line for the document of the API.
pub(crate) fn get<H: Documented<T>, T: 'static>(path: &str, handler: H, summary: &'static str) -> Endpoint {
    Endpoint::new(Method::GET, MethodFilter::GET, path, handler, summary)
}

/// An endpoint `POST path`.
pub(crate) fn post<H: Documented<T>, T: 'static>(path: &str, handler: H, summary: &'static str) -> Endpoint {
    Endpoint::new(Method::POST, MethodFilter::POST, path, handler, summary)
}

/// An endpoint `PUT path`.
pub(crate) fn put<H: Documented<T>, T: 'static>(path: &str, handler: H, summary: &'static str) -> Endpoint {
    Endpoint::new(Method::PUT, MethodFilter::PUT, path, handler, summary)
}

/// An endpoint `PATCH path`.
pub(crate) fn patch<H: Documented<T>, T: 'static>(path: &str, handler: H, summary: &'static str) -> Endpoint {
    Endpoint::new(Method::PATCH, MethodFilter::PATCH, path, handler, summary)
}

/// An endpoint `DELETE path`.
pub(crate) fn delete<H: Documented<T>, T: 'static>(
    path: &str,
    handler: H,
    summary: &'static str,
) -> Endpoint {
    Endpoint::new(Method::DELETE, MethodFilter::DELETE, path, handler, summary)
}

/// A handler with its place and its description.
pub(crate) struct Endpoint {
    pub(crate) operation: Operation,
    route: MethodRouter<AppState>,
}

/// The description of an endpoint.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Operation {
    /// Its method.
    pub method: Method,
    /// Its path from the root, with `{parameters}`.
    pub path: String,
    /// The domain it belongs to.
    pub area: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Who may call it.
    pub identity: Identity,
    /// What the app has to say about that.
    pub governed: Governed,
    /// Whether the caller can name a group that it acts for.
    pub takes_access_group: bool,
    /// The parameters of the path, in order.
    pub parameters: Vec<Parameter>,
    /// The body.
    pub body: Content,
    /// The answer.
    pub answer: Content,
    /// What it can refuse with, outages and defects apart.
    pub codes: Vec<ErrorCode>,
}

/// Who may call an endpoint, from the least to the most that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Identity {
    /// Everybody.
    Anybody,
    /// Who holds a token of an app.
    App,
    /// An app's own backend, on behalf of the user in the path and with that user's rights in the group in the path.
    ActingUser,
    /// Who has an access token, which may have expired.
    ExpiredUser,
    /// Who has an access token.
    User,
    /// Who has an access token, and access to the group in the path.
    Member,
    /// A customer who has an access token, which may have expired. No app token.
    ExpiredCustomer,
    /// A customer who has an access token. No app token.
    Customer,
    /// A customer who has an access token, and access to the group of customers in the path. No app token.
    CustomerMember,
    /// A customer who has an access token, and owns the app in the path or is in the group that does. No app token.
    AppOwner,
}

/// What the options of an app decide about an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Governed {
    /// Nothing: any token of the app will do.
    Free,
    /// Nothing: only the secret token will do.
    SecretOnly,
    /// This option.
    By(AppOption),
}

/// A parameter of the path.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name in the path.
    pub name: String,
    /// What it can be.
    pub segment: Segment,
}

/// What a segment of a path can be, from the least to the most that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// Any text.
    Text,
    /// An unsigned integer; else 400/13.
    Number,
    /// A UUID; else 400/1.
    Uuid,
}

/// A body.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Content {
    /// None; whatever is sent is ignored.
    None,
    /// JSON of a type. As an answer: in the envelope.
    Json(SchemaOf),
    /// Bytes of a media type.
    Raw(&'static str),
}

/// The way to the JSON Schema of a type.
#[derive(Clone, Copy)]
pub struct SchemaOf(fn(&mut SchemaGenerator) -> Schema);

/// A handler whose arguments and answer describe themselves.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handler, or one of its arguments lacks `Demand`, or its answer is not `ApiResult<T>` with `T: JsonSchema`"
)]
pub(crate) trait Documented<T>: Handler<T, AppState> {
    fn describe(operation: &mut Operation);
}

/// What an argument of a handler tells about the endpoint.
pub(crate) trait Demand {
    fn describe(operation: &mut Operation);
}

/// What the answer of a handler tells about the endpoint.
pub(crate) trait Answers {
    fn describe(operation: &mut Operation);
}

impl Endpoint {
    fn new<H: Documented<T>, T: 'static>(
        method: Method,
        filter: MethodFilter,
        path: &str,
        handler: H,
        summary: &'static str,
    ) -> Self {
        let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        let parameters =
            names.map(|name| Parameter { name: name.to_owned(), segment: Segment::Text }).collect();
        let mut operation = Operation {
            method,
            path: format!("{PREFIX}{path}"),
            area: "",
            summary,
            identity: Identity::Anybody,
            governed: Governed::Free,
            takes_access_group: false,
            parameters,
            body: Content::None,
            answer: Content::None,
            codes: Vec::new(),
        };
        H::describe(&mut operation);
        Self { operation, route: on(filter, handler) }
    }

    /// Names the codes with which the rules of the endpoint refuse.
    pub(crate) fn refuses(mut self, codes: &[ErrorCode]) -> Self {
        self.operation.can_refuse(codes);
        self
    }

    /// The media type of an answer that stands without envelope.
    pub(crate) fn answers(mut self, media_type: &'static str) -> Self {
        self.operation.answer = Content::Raw(media_type);
        self
    }

    /// The route, which in a debug build looks after the codes.
    pub(crate) fn into_route(self) -> MethodRouter<AppState> {
        if cfg!(debug_assertions) {
            let operation = std::sync::Arc::new(self.operation);
            self.route.layer(map_response(move |response: Response| {
                let operation = operation.clone();
                async move { refuse_undocumented(&operation, response) }
            }))
        } else {
            self.route
        }
    }
}

impl Operation {
    /// Adds codes that are not there yet.
    pub(crate) fn can_refuse(&mut self, codes: &[ErrorCode]) {
        for code in codes {
            if !self.codes.contains(code) {
                self.codes.push(*code);
            }
        }
    }

    /// Asks for at least this identity.
    pub(crate) fn needs(&mut self, identity: Identity) {
        self.identity = self.identity.max(identity);
    }

    /// Says what the parameter at a position has to be.
    pub(crate) fn narrow(&mut self, position: usize, segment: Segment) {
        if let Some(parameter) = self.parameters.get_mut(position) {
            parameter.segment = parameter.segment.max(segment);
        }
        match segment {
            Segment::Text => {}
            Segment::Number => self.can_refuse(&[ErrorCode::NumberExpected]),
            Segment::Uuid => self.can_refuse(&[ErrorCode::IdFormat]),
        }
    }
}

impl SchemaOf {
    /// The way to the schema of `T`.
    #[must_use]
    pub fn of<T: JsonSchema>() -> Self {
        Self(|generator| generator.subschema_for::<T>())
    }

    /// The schema, or a reference to it among the definitions of the generator.
    pub fn generate(self, generator: &mut SchemaGenerator) -> Schema {
        (self.0)(generator)
    }
}

impl std::fmt::Debug for SchemaOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SchemaOf")
    }
}

macro_rules! documented {
    ($($argument:ident),*) => {
        impl<F, Fut, Res, M, $($argument),*> Documented<(M, $($argument,)*)> for F
        where
            F: FnOnce($($argument),*) -> Fut + Handler<(M, $($argument,)*), AppState>,
            Fut: Future<Output = Res>,
            Res: Answers,
            $($argument: Demand,)*
        {
            fn describe(operation: &mut Operation) {
                $($argument::describe(operation);)*
                Res::describe(operation);
            }
        }
    };
}

/// Handlers without arguments: the marker of axum for those.
impl<F, Fut, Res> Documented<((),)> for F
where
    F: FnOnce() -> Fut + Handler<((),), AppState>,
    Fut: Future<Output = Res>,
    Res: Answers,
{
    fn describe(operation: &mut Operation) {
        Res::describe(operation);
    }
}

documented!(A);
documented!(A, B);
documented!(A, B, C);
documented!(A, B, C, D);
documented!(A, B, C, D, E);
documented!(A, B, C, D, E, G);
documented!(A, B, C, D, E, G, H);
documented!(A, B, C, D, E, G, H, I);

impl Demand for State<AppState> {
    fn describe(_: &mut Operation) {}
}

/// The request as it is: the handler reads it itself.
impl Demand for axum::extract::Request {
    fn describe(operation: &mut Operation) {
        operation.body = Content::Raw("application/octet-stream");
    }
}

impl<T: JsonSchema> Answers for Result<Reply<T>, ApiError> {
    fn describe(operation: &mut Operation) {
        operation.answer = Content::Json(SchemaOf::of::<T>());
    }
}

impl Answers for Result<Response<Body>, ApiError> {
    fn describe(operation: &mut Operation) {
        operation.answer = Content::Raw("application/octet-stream");
    }
}

/// Outages and defects, which every endpoint can answer with.
const ALWAYS_POSSIBLE: &[ErrorCode] = &[
    ErrorCode::Serialize,
    ErrorCode::Clock,
    ErrorCode::DatabaseUnavailable,
    ErrorCode::DatabaseQuery,
    ErrorCode::DatabaseExecute,
    ErrorCode::DatabaseBulk,
    ErrorCode::DatabaseTransaction,
    ErrorCode::AtRest,
    ErrorCode::Internal,
];

/// Lets the tests find a code that the document of the API does not know.
fn refuse_undocumented(operation: &Operation, response: Response) -> Response {
    let Some(failure) = response.extensions().get::<Failure>() else {
        return response;
    };
    if operation.codes.contains(&failure.code) || ALWAYS_POSSIBLE.contains(&failure.code) {
        return response;
    }
    let Operation { method, path, .. } = operation;
    let message = format!("{method} {path} refused with {:?}, which it does not name", failure.code);
    ApiError::with_message(ErrorCode::Internal, message).into_response()
}
