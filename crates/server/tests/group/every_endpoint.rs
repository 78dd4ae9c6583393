//! Every endpoint of the server with every caller who is not entitled to it.
//!
//! The endpoints are the server's own list, from which its router is made: a new one is tried here without being named.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use hyper::Method;
use keyfold_protocol::app::{Access, AppOption, AppOptions, GroupOptions};
use keyfold_protocol::id::GroupId;
use keyfold_server::endpoint::{Content, Governed, Identity, Operation, Segment};
use keyfold_server::openapi::{document, operations};
use keyfold_server::random::opaque_id;
use serde_json::{Map, Value, json};

use crate::support::{Answer, User, World, on_both_databases};

on_both_databases!(
    nobody_passes_who_is_not_entitled,
    each_endpoint_obeys_its_option_and_both_tokens,
    what_no_option_governs_is_open_and_said_to_be,
);

async fn nobody_passes_who_is_not_entitled(world: World) {
    let [alice, left, kicked, stranger] = world.users().await;
    let group = alice.create_group().await;
    let elsewhere = stranger.create_group().await;
    for guest in [&left, &kicked] {
        alice.add(&group, guest, 1).await;
    }
    left.delete(&format!("group/{group}/leave")).await.done();
    alice.delete(&format!("group/{group}/kick/{}", kicked.id())).await.done();
    let tenant = world.another_app().await;
    let mallory = tenant.user().await;
    let unknown_user = world.sign_jwt(&opaque_id(), &opaque_id(), 300);
    let unknown_device = world.sign_jwt(alice.id(), &opaque_id(), 300);
    let expired = world.sign_jwt(alice.id(), alice.device.as_str(), -3_600);
    for operation in endpoints() {
        let call = Call::of(&operation, alice.id(), &group);
        let jwt = call.needs_jwt().then_some(alice.jwt.as_str());
        call.send(&world, "!", jwt).await.refused_as(&call, 401, 201);
        call.send(&world, "AAAA", jwt).await.refused_as(&call, 401, 200);
        if operation.governed == Governed::SecretOnly {
            call.send(&world, world.app.public_token.expose(), jwt).await.refused_as(&call, 400, 203);
        }
        // The stronger token, so that it is not the token that is refused.
        let token = world.app.secret_token.expose();
        if call.needs_jwt() {
            call.send(&world, token, None).await.refused_as(&call, 401, 31);
            call.send(&world, token, Some("x")).await.refused_as(&call, 401, 32);
            call.send(&world, token, Some(&mallory.jwt)).await.refused_as(&call, 200, 35);
            call.send(&world, token, Some(&unknown_user)).await.refused_as(&call, 400, 100);
            if operation.identity != Identity::ExpiredUser {
                call.send(&world, token, Some(&expired)).await.refused_as(&call, 401, 30);
                call.send(&world, token, Some(&unknown_device)).await.refused_as(&call, 401, 31);
            }
        }
        if operation.identity == Identity::Member {
            for user in [&stranger, &left, &kicked] {
                call.send(&world, token, Some(&user.jwt)).await.refused_as(&call, 400, 310);
            }
            let foreign = tenant.app.secret_token.expose();
            call.send(&tenant, foreign, Some(&mallory.jwt)).await.refused_as(&call, 400, 310);
            // On behalf of a group that one does not belong to, and of one that is no member.
            for (user, via) in [(&alice, &elsewhere), (&stranger, &elsewhere)] {
                call.send_via(&world, token, Some(&user.jwt), Some(via)).await.refused_as(&call, 400, 310);
            }
        }
        if operation.identity == Identity::ActingUser {
            for user in [&stranger, &left, &kicked] {
                let call = Call::of(&operation, user.id(), &group);
                call.send(&world, token, None).await.refused_as(&call, 400, 310);
            }
            let nobody = Call::of(&operation, &opaque_id(), &group);
            nobody.send(&world, token, None).await.refused_as(&nobody, 400, 100);
            call.send(&tenant, tenant.app.secret_token.expose(), None).await.refused_as(&call, 400, 100);
        }
    }
    assert_eq!(alice.rank_in(&group).await, 0);
    assert_eq!(world.count("SELECT member_count FROM groups WHERE id = $1", &[group.as_str()]).await, 1);
    assert_eq!(world.count("SELECT count(*) FROM group_invites", &[]).await, 0);
}

async fn each_endpoint_obeys_its_option_and_both_tokens(world: World) {
    let mut apps: HashMap<(AppOption, Access), (World, User)> = HashMap::new();
    for operation in endpoints() {
        let Governed::By(option) = operation.governed else { continue };
        for access in [Access::Blocked, Access::Secret] {
            let (app, user) = match apps.entry((option, access)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => {
                    let mut options = AppOptions::lax();
                    options.set(option, access);
                    let app = world.another_app_with(GroupOptions::default(), options).await;
                    let user = app.user().await;
                    free.insert((app, user))
                }
            };
            let call = Call::of(&operation, user.id(), &GroupId::from(opaque_id()));
            let jwt = call.needs_jwt().then_some(user.jwt.as_str());
            call.send(app, app.app.public_token.expose(), jwt).await.refused_as(&call, 400, 203);
            let answer = call.send(app, app.app.secret_token.expose(), jwt).await;
            let is_refused = answer.body["err_code"] == json!(203);
            assert_eq!(is_refused, access == Access::Blocked, "{call:?}: {}", answer.body);
        }
    }
    assert!(apps.len() > 60, "the list of endpoints is not the server's");
}

/// No option of an app is about them: whoever may be in a group sees who else is, and finishes what another endpoint has let begin.
const FREE: [&str; 3] = [
    "GET group/{group_id}/member/{time}/{id}",
    "PUT group/{group_id}/invite/session/{session_id}",
    "PUT group/{group_id}/join_req/session/{session_id}",
];

async fn what_no_option_governs_is_open_and_said_to_be(world: World) {
    let app = world.another_app_with(GroupOptions::default(), AppOptions::closed()).await;
    let user = app.user().await;
    let mut found = Vec::new();
    for operation in endpoints().filter(|operation| operation.identity == Identity::Member) {
        let call = Call::of(&operation, user.id(), &GroupId::from(opaque_id()));
        let answer = call.send(&app, app.app.public_token.expose(), Some(&user.jwt)).await;
        if answer.body["err_code"] != json!(203) {
            answer.refused_as(&call, 400, 310);
            assert!(operation.summary.contains("whatever the options of the app say"), "{call:?}");
            found.push(format!("{} {}", operation.method, operation.path.trim_start_matches("/api/v1/")));
        }
    }
    found.sort_unstable();
    assert_eq!(found, FREE);
}

/// Those of customers take no app token; `tests/customer/isolation.rs` tries them.
fn endpoints() -> impl Iterator<Item = Operation> {
    let of_apps = Identity::App..=Identity::Member;
    operations().into_iter().filter(move |operation| of_apps.contains(&operation.identity))
}

/// A request that is good, but for who sends it.
#[derive(Debug)]
struct Call {
    method: Method,
    path: String,
    identity: Identity,
    body: Value,
}

impl Call {
    fn of(operation: &Operation, user: &str, group: &GroupId) -> Self {
        let mut path = operation.path.trim_start_matches("/api/v1/").to_owned();
        for (position, parameter) in operation.parameters.iter().enumerate() {
            let value = match (operation.identity, position, parameter.segment) {
                (Identity::Member, 0, _) | (Identity::ActingUser, 1, _) => group.as_str().to_owned(),
                (Identity::ActingUser, 0, _) => user.to_owned(),
                (_, _, Segment::Number) => "0".to_owned(),
                (_, _, Segment::Text | Segment::Uuid) => opaque_id(),
            };
            path = path.replace(&format!("{{{}}}", parameter.name), &value);
        }
        let body = match operation.body {
            Content::Json(_) => body_of(operation),
            _ => Value::Null,
        };
        Self { method: operation.method.clone(), path, identity: operation.identity, body }
    }

    fn needs_jwt(&self) -> bool {
        matches!(self.identity, Identity::ExpiredUser | Identity::User | Identity::Member)
    }

    async fn send(&self, world: &World, token: &str, jwt: Option<&str>) -> Answer {
        self.send_via(world, token, jwt, None).await
    }

    async fn send_via(&self, world: &World, token: &str, jwt: Option<&str>, via: Option<&GroupId>) -> Answer {
        world.call_as(token, self.method.clone(), &self.path, jwt, via, &self.body).await
    }
}

impl Answer {
    #[track_caller]
    fn refused_as(self, call: &Call, status: u16, code: u32) {
        let found = (self.status, self.body["err_code"].clone());
        assert_eq!(found, (status, json!(code)), "{call:?}: {}", self.body);
    }
}

/// A body that can be read as what the endpoint expects, made from its schema.
fn body_of(operation: &Operation) -> Value {
    thread_local! {
        static DOCUMENT: Value = document();
    }
    DOCUMENT.with(|document| {
        let entry = &document["paths"][&operation.path][operation.method.as_str().to_lowercase()];
        sample(&entry["requestBody"]["content"]["application/json"]["schema"], document)
    })
}

fn sample(schema: &Value, document: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return match name {
            "Base64Text" => json!("AAAA"),
            "ClientRandomValue" | "HashedAuthenticationKey" => json!("AAAAAAAAAAAAAAAAAAAAAA=="),
            name if name.ends_with("Id") && name != "AlgorithmId" => json!(opaque_id()),
            name => sample(&document["components"]["schemas"][name], document),
        };
    }
    if let Some(choices) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return sample(&choices[0], document);
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(choices) = schema["enum"].as_array() {
        return choices[0].clone();
    }
    let kind = schema["type"].as_str().or(schema["type"][0].as_str()).unwrap_or("object");
    match kind {
        "object" => {
            let mut object = Map::new();
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap();
                object.insert(name.to_owned(), sample(&schema["properties"][name], document));
            }
            Value::Object(object)
        }
        "array" => json!([sample(&schema["items"], document)]),
        "integer" => json!(1),
        "boolean" => json!(false),
        _ => json!("text"),
    }
}
