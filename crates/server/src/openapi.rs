//! The document of the API (OpenAPI 3.1), made from the list of endpoints that the router is made from, and from the types that
//! their bodies and answers have.
//!
//! `docs/api/openapi.json` holds it as of the last `cargo xtask openapi`; a test compares the two. A running server hands it out at
//! `/api/v1/openapi.json`.

use std::sync::OnceLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::{APP_TOKEN_HEADER, GROUP_ACCESS_HEADER};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::endpoint::{Content, Endpoint, Governed, Identity, Operation, Parameter, Segment, get};
use crate::error::ApiError;
use crate::routing;

/// Every endpoint of the server.
#[must_use]
pub fn operations() -> Vec<Operation> {
    routing::endpoints().into_iter().map(|endpoint| endpoint.operation).collect()
}

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for operation in operations() {
        let entry = describe(&operation, &mut schemas);
        let path = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(operation.method.as_str().to_lowercase(), entry);
        }
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Keyfold",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "app": {
                    "type": "apiKey",
                    "in": "header",
                    "name": APP_TOKEN_HEADER,
                    "description": "A token of the app, base64: the public one, or the secret one of the app's own backend.",
                },
                "user": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access token of a session.",
                },
            },
            "schemas": schemas.into_components(),
            "responses": { "Defect": failure("An outage or a defect of the server") },
        },
    });
    without_links(&mut document);
    document
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/openapi.json", serve, "Returns this document. Other servers do not have it")
            .answers("application/json"),
    ]
}

async fn serve() -> Result<Response, ApiError> {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| document().to_string().into()).clone();
    let content_type = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, content_type)], document).into_response())
}

const ABOUT: &str = "Answers are JSON in an envelope whose member `status` says whether the request succeeded; a few failures \
are sent with HTTP status 200. Clients decide by `err_code` and never by `err_msg`. Times are milliseconds since 1970. An unknown \
path, or a known one with another method, is answered with 404 and code 404.";

/// The JSON Schemas of all types. What a type requires differs between reading and writing it, hence two generators.
struct Schemas {
    bodies: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            bodies: settings().for_deserialize().into_generator(),
            answers: settings().for_serialize().into_generator(),
        }
    }

    fn into_components(mut self) -> Map<String, Value> {
        let mut all = self.bodies.take_definitions(true);
        for (name, schema) in self.answers.take_definitions(true) {
            let other = all.insert(name.clone(), schema.clone());
            // A body and an answer of the same type would need two names.
            debug_assert!(other.is_none_or(|other| other == schema), "{name} is both body and answer");
        }
        all.insert(
            "Failure".into(),
            json!({
                "description": "A refusal.",
                "type": "object",
                "required": ["status", "err_code", "err_msg"],
                "properties": {
                    "status": { "const": false },
                    "err_code": { "type": "integer", "description": "What to decide by." },
                    "err_msg": { "type": "string", "description": "A text for people." },
                },
            }),
        );
        all
    }
}

fn describe(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut parameters: Vec<Value> = operation.parameters.iter().map(parameter).collect();
    if operation.takes_access_group {
        parameters.push(json!({
            "in": "header",
            "name": GROUP_ACCESS_HEADER,
            "description": "The group that the caller acts for.",
            "schema": { "type": "string", "format": "uuid" },
        }));
    }
    let mut entry = json!({
        "operationId": operation_id(operation),
        "tags": [operation.area],
        "summary": operation.summary,
        "description": who(operation),
        "security": security(operation.identity),
        "parameters": parameters,
        "responses": responses(operation, schemas),
    });
    if let (Some(body), Some(entry)) = (content(operation.body, &mut schemas.bodies), entry.as_object_mut()) {
        entry.insert("requestBody".into(), json!({ "required": true, "content": body }));
    }
    entry
}

/// `put_group_key_rotation_by_key_id`: the path in words.
fn operation_id(operation: &Operation) -> String {
    let mut id = operation.method.as_str().to_lowercase();
    for segment in operation.path.trim_start_matches(crate::endpoint::PREFIX).split('/') {
        let name = segment.trim_start_matches('{').trim_end_matches('}').replace('.', "_");
        if !name.is_empty() {
            id.push_str(if segment.starts_with('{') { "_by_" } else { "_" });
            id.push_str(&name);
        }
    }
    id
}

fn who(operation: &Operation) -> String {
    let identity = match operation.identity {
        Identity::Anybody => "Open to everybody.",
        Identity::App => "Needs a token of the app.",
        Identity::ActingUser => {
            "Needs a token of the app. Acts as the user in the path, who needs access to the group in the path."
        }
        Identity::ExpiredUser => "Needs a token of the app and an access token, which may have expired.",
        Identity::User => "Needs a token of the app and an access token.",
        Identity::Member => {
            "Needs a token of the app and an access token. The user needs access to the group in the path."
        }
        Identity::ExpiredCustomer => "Needs an access token of a customer, which may have expired.",
        Identity::Customer => "Needs an access token of a customer.",
        Identity::CustomerMember => {
            "Needs an access token of a customer who is a member of the group in the path."
        }
        Identity::AppOwner => {
            "Needs an access token of a customer who owns the app in the path, or is a member of the group that does."
        }
    };
    let governed = match operation.governed {
        Governed::Free => return identity.to_owned(),
        Governed::SecretOnly => "The token of the app must be the secret one.".to_owned(),
        Governed::By(option) => format!("Governed by the option `{}` of the app.", option.name()),
    };
    format!("{identity} {governed}")
}

fn security(identity: Identity) -> Value {
    match identity {
        Identity::Anybody => json!([]),
        Identity::App | Identity::ActingUser => json!([{ "app": [] }]),
        Identity::ExpiredUser | Identity::User | Identity::Member => json!([{ "app": [], "user": [] }]),
        Identity::ExpiredCustomer | Identity::Customer | Identity::CustomerMember | Identity::AppOwner => {
            json!([{ "user": [] }])
        }
    }
}

fn parameter(parameter: &Parameter) -> Value {
    let schema = match parameter.segment {
        Segment::Text => json!({ "type": "string" }),
        Segment::Number => json!({ "type": "integer", "format": "uint64", "minimum": 0 }),
        Segment::Uuid => json!({ "type": "string", "format": "uuid" }),
    };
    json!({ "in": "path", "name": parameter.name, "required": true, "schema": schema })
}

fn content(content: Content, generator: &mut SchemaGenerator) -> Option<Value> {
    match content {
        Content::None => None,
        Content::Json(schema) => {
            Some(json!({ "application/json": { "schema": schema.generate(generator).to_value() } }))
        }
        Content::Raw(media_type) => Some(json!({ media_type: {} })),
    }
}

/// One entry for each HTTP status, with the codes that come with it.
fn responses(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    for code in &operation.codes {
        let status = code.http_status().to_string();
        if status == "200" || responses.contains_key(&status) {
            continue;
        }
        let mut response = failure(&codes_of(operation, code.http_status()));
        if *code == ErrorCode::TooManyRequests {
            response["headers"] = json!({
                "Retry-After": { "description": "Seconds until it is worth to try again.", "schema": { "type": "integer" } },
            });
        }
        responses.insert(status, response);
    }
    let refusals = codes_of(operation, 200);
    let content = match operation.answer {
        Content::Json(schema) => {
            let mut result = schema.generate(&mut schemas.answers).to_value();
            if result == json!({ "type": "string" }) {
                // The only bare text that an endpoint answers with.
                result = json!({ "const": keyfold_protocol::SUCCESS });
            }
            let success = json!({
                "type": "object",
                "required": ["status", "result"],
                "properties": { "status": { "const": true }, "result": result },
            });
            let schema = if refusals.is_empty() {
                success
            } else {
                json!({ "oneOf": [success, { "$ref": "#/components/schemas/Failure" }] })
            };
            json!({ "application/json": { "schema": schema } })
        }
        other => content(other, &mut schemas.answers).unwrap_or_default(),
    };
    let description =
        if refusals.is_empty() { "Success.".to_owned() } else { format!("Success, or\n\n{refusals}") };
    responses.insert("200".into(), json!({ "description": description, "content": content }));
    responses.insert("default".into(), json!({ "$ref": "#/components/responses/Defect" }));
    Value::Object(responses)
}

fn codes_of(operation: &Operation, status: u16) -> String {
    let mut codes: Vec<ErrorCode> =
        operation.codes.iter().copied().filter(|code| code.http_status() == status).collect();
    codes.sort_unstable_by_key(|code| code.number());
    let lines: Vec<String> =
        codes.iter().map(|code| format!("- `{}` {}", code.number(), code.message())).collect();
    lines.join("\n")
}

fn failure(description: &str) -> Value {
    json!({
        "description": description,
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Failure" } } },
    })
}

/// Descriptions come from the documentation of the types, where names are links.
fn without_links(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "description" => {
                        *text = text.replace("[`crate::", "`").replace("[`", "`").replace("`]", "`");
                    }
                    other => without_links(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_links),
        _ => {}
    }
}
