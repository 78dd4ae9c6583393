//! Tenants do not reach each other, whichever endpoint they try.
//!
//! The endpoints come from the list that the router is made from, and their bodies from the types that they take: a new endpoint is tried without
//! anybody thinking of it. Each is called by a tenant with the ids, keys and names of another one, and again with ids that do not exist. Both
//! answers must be the same, and everything the other tenant has must be as it was, byte for byte.

use std::collections::BTreeMap;

use hyper::Method;
use keyfold_protocol::customer::app::AppRegisterOutput;
use keyfold_server::endpoint::{Content, Identity, Operation, Segment};
use keyfold_server::openapi::{document, operations};
use serde_json::{Value, json};

use crate::apps::{app_body, as_app, new_app};
use crate::client::{Owner, on_both_databases};
use crate::support::{Answer, Session, World, device_body, register_body};

/// Everything that one tenant has made, by the names that paths and bodies give it.
struct Tenant {
    owner: Owner,
    group_of_customers: String,
    app: AppRegisterOutput,
    client: World,
    user: Session,
    names: Names,
}

/// What stands in the place of ids.
#[derive(Clone)]
struct Names {
    user: String,
    device: String,
    group: String,
    key: String,
    session: String,
    app: String,
    jwt_key: String,
    customer: String,
    group_of_customers: String,
    identifier: String,
    token: String,
}

impl Tenant {
    async fn new(world: &World, name: &str) -> Self {
        let owner = Owner::new(world, &format!("{name}@example.com")).await;
        let group: Value = owner.call(Method::POST, "group", &json!({"name": name})).await.ok();
        let group_of_customers = group["group_id"].as_str().unwrap().to_owned();
        let asked = Owner::unvalidated(world, &format!("colleague-of-{name}@example.com")).await;
        owner
            .put(&format!("group/{group_of_customers}/invite/{}", asked.id), &json!({"ask": true}))
            .await
            .done();
        let app: AppRegisterOutput =
            owner.call(Method::POST, &format!("app/{group_of_customers}"), &app_body(name)).await.ok();
        new_app(&owner, &format!("{name} alone")).await;
        let client = as_app(world, &app);
        let identifier = format!("user of {name}");
        let user = client.new_user(&identifier).await;
        let friend = client.new_user(&format!("friend of {name}")).await;
        let light = async |path: String| -> String {
            let made: Value = user.call(Method::POST, &path, &Value::Null).await.ok();
            made["group_id"].as_str().unwrap().to_owned()
        };
        let group = light("group/light".into()).await;
        light(format!("group/{group}/child/light")).await;
        light(format!("group/{group}/connected/light")).await;
        friend.call(Method::PATCH, &format!("group/{group}/join_req"), &Value::Null).await.done();
        let waiting: Value = client
            .call(
                Method::POST,
                "user/prepare_register_device",
                None,
                &device_body(&format!("phone of {name}")),
            )
            .await
            .ok();
        let public_key: Value = user.get(&format!("user/{}/public_key", user.user_id())).await.ok();
        let names = Names {
            user: user.user_id().to_owned(),
            device: user.device_id().to_owned(),
            group,
            key: public_key["public_key_id"].as_str().unwrap().to_owned(),
            session: "0190a6a4-3b1c-7cde-8f01-23456789abcd".into(),
            app: app.app_id.to_string(),
            jwt_key: app.jwt_data.jwt_id.to_string(),
            customer: owner.id.clone(),
            group_of_customers: group_of_customers.clone(),
            identifier,
            token: waiting["token"].as_str().unwrap().to_owned(),
        };
        Self { owner, group_of_customers, app, client, user, names }
    }
}

impl Names {
    /// Well-formed, and nobody's.
    fn of_nobody() -> Self {
        let id = |last: u8| format!("0190a6a4-3b1c-7cde-8f01-23456789ab{last:02x}");
        Self {
            user: id(1),
            device: id(2),
            group: id(3),
            key: id(4),
            session: id(5),
            app: id(6),
            jwt_key: id(7),
            customer: id(8),
            group_of_customers: id(9),
            identifier: "somebody unknown".into(),
            token: "unknown".into(),
        }
    }

    /// What a parameter of a path is called decides what stands there; a name nobody thought of gets the id of a group.
    fn parameter(&self, operation: &Operation, name: &str) -> String {
        let of_customers = operation.path.starts_with("/api/v1/customer");
        match name {
            "user_id" | "invited_user" if of_customers => self.customer.clone(),
            "group_id" if of_customers => self.group_of_customers.clone(),
            // POST /customer/app/{id} names the group that is to own the app.
            "id" if of_customers && operation.method == Method::POST => self.group_of_customers.clone(),
            "id" if of_customers => self.app.clone(),
            "jwt_id" => self.jwt_key.clone(),
            "user_id" | "member" | "guest" | "first" | "target" => self.user.clone(),
            "device_id" => self.device.clone(),
            "key_id" => self.key.clone(),
            "session_id" => self.session.clone(),
            "id" if operation.path.contains("/forced/") => self.user.clone(),
            _ => self.group.clone(),
        }
    }

    fn path(&self, operation: &Operation) -> String {
        let mut path = operation.path.clone();
        for parameter in &operation.parameters {
            let value = match parameter.segment {
                Segment::Number => "0".to_owned(),
                Segment::Text | Segment::Uuid => self.parameter(operation, &parameter.name),
            };
            path = path.replace(&format!("{{{}}}", parameter.name), &value);
        }
        path
    }

    /// A body of the right form that names the things of this tenant wherever it names something.
    fn body(&self, document: &Value, operation: &Operation) -> Option<Value> {
        let Content::Json(_) = operation.body else { return None };
        let method = operation.method.as_str().to_lowercase();
        let schema = &document["paths"][&operation.path][method]["requestBody"]["content"]["application/json"]
            ["schema"];
        assert!(!schema.is_null(), "{} {} has no schema", operation.method, operation.path);
        Some(self.sample(document, schema, ""))
    }

    fn sample(&self, document: &Value, schema: &Value, member: &str) -> Value {
        if member == "auth_token" {
            return json!("at most 50 bytes");
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            return self
                .typed(name)
                .unwrap_or_else(|| self.sample(document, &document["components"]["schemas"][name], member));
        }
        for choice in ["anyOf", "oneOf"] {
            if let Some(choices) = schema[choice].as_array() {
                let usable = choices.iter().find(|choice| choice["type"] != "null").unwrap();
                return self.sample(document, usable, member);
            }
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
        match kind {
            _ if schema["enum"].is_array() => schema["enum"][1].clone(),
            Some("object") => {
                let properties = schema["properties"].as_object().cloned().unwrap_or_default();
                let sampled = properties
                    .iter()
                    .map(|(member, schema)| (member.clone(), self.sample(document, schema, member)));
                Value::Object(sampled.collect())
            }
            Some("array") => json!([self.sample(document, &schema["items"], member)]),
            Some("integer" | "number") => json!(if member == "file_storage" { -1 } else { 3 }),
            Some("boolean") => json!(true),
            _ if member.contains("email") => {
                json!(format!("{}@example.com", self.identifier.replace(' ', "-")))
            }
            _ => json!(self.group),
        }
    }

    /// Values of checked types.
    fn typed(&self, name: &str) -> Option<Value> {
        let bytes = |length: usize| {
            use base64ct::{Base64, Encoding as _};
            json!(Base64::encode_string(&vec![7; length]))
        };
        Some(match name {
            "Base64Text" => bytes(60),
            "ClientRandomValue" | "HashedAuthenticationKey" => bytes(16),
            "AuthenticationKey" => bytes(32),
            "AlgorithmId" => json!("AES-GCM-256"),
            "KeyText" => json!("key"),
            "DeviceIdentifier" => json!(self.identifier),
            "UserId" => json!(self.user),
            "DeviceId" => json!(self.device),
            "MemberId" => json!(self.user),
            "GroupId" => json!(self.group),
            "KeyId" => json!(self.key),
            "SecretText" => json!(self.token),
            // Real ones: made-up keys would be refused before anything is looked up.
            "DeviceRegister" => serde_json::to_value(device_body(&self.identifier)).unwrap(),
            "RegisterInput" => serde_json::to_value(register_body(&self.identifier)).unwrap(),
            _ => return None,
        })
    }
}

/// Which tokens a request carries.
struct Credentials<'a> {
    app_token: Option<&'a str>,
    jwt: Option<&'a str>,
}

async fn send(
    world: &World,
    operation: &Operation,
    names: &Names,
    with: &Credentials<'_>,
    document: &Value,
) -> Answer {
    // An endpoint that refuses early leaves its body unread, and the connection cannot be used again.
    let mut headers = vec![("connection", "close".to_owned())];
    if let Some(token) = with.app_token {
        headers.push(("x-sentc-app-token", token.to_owned()));
    }
    if let Some(jwt) = with.jwt {
        headers.push(("authorization", format!("Bearer {jwt}")));
    }
    let body = names.body(document, operation).map(|body| body.to_string().into_bytes()).unwrap_or_default();
    world.raw(operation.method.clone(), &names.path(operation), &headers, body).await
}

/// Status, code, and with a success what it says.
fn essence(answer: &Answer) -> (u16, Option<u64>) {
    let json = answer.json();
    let code = if json["status"] == json!(false) { json["err_code"].as_u64() } else { None };
    (answer.status, code)
}

fn is_customers(operation: &Operation) -> bool {
    operation.identity >= Identity::ExpiredCustomer
}

fn needs_a_user(operation: &Operation) -> bool {
    (Identity::ExpiredUser..=Identity::Member).contains(&operation.identity)
}

/// Whether a request can name something of somebody else.
fn names_something(operation: &Operation) -> bool {
    let in_path = operation.parameters.iter().any(|parameter| parameter.segment != Segment::Number);
    in_path || matches!(operation.body, Content::Json(_))
}

/// Every row that belongs to a tenant, as text, by table.
async fn rows_of(world: &World, tenant: &Tenant) -> BTreeMap<String, Vec<String>> {
    let db = &world.server().state().db;
    let columns_sql = db.dialect().pick(
        "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2",
        "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2",
    );
    let columns = db.read((), move |tx, ()| {
        Box::pin(async move {
            Ok(tx.query(columns_sql, &[], |row| Ok((row.col::<String>()?, row.col::<String>()?))).await?)
        })
    });
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, column) in columns.await.unwrap() {
        tables.entry(table).or_default().push(column);
    }
    let (app, customer) = (tenant.app.app_id.to_string(), tenant.owner.id.clone());
    let users = format!("SELECT id FROM users WHERE app_id = '{app}' OR id = '{customer}'");
    let groups = format!(
        "SELECT id FROM groups WHERE app_id = '{app}' OR id = '{}' OR user_id IN ({users})",
        tenant.group_of_customers
    );
    let devices = format!("SELECT id FROM devices WHERE user_id IN ({users})");
    let mut found = BTreeMap::new();
    for (table, columns) in tables {
        let has = |column: &str| columns.iter().any(|known| known == column);
        let mut conditions = Vec::new();
        for (column, ids) in [
            ("app_id", format!("'{app}'")),
            ("user_id", users.clone()),
            ("group_id", groups.clone()),
            ("device_id", devices.clone()),
            ("customer_id", format!("'{customer}'")),
            ("owner_id", format!("'{customer}', '{}'", tenant.group_of_customers)),
        ] {
            if has(column) {
                conditions.push(format!("{column} IN ({ids})"));
            }
        }
        if table == "customers" || table == "users" {
            conditions.push(format!("id = '{customer}'"));
        }
        if conditions.is_empty() {
            continue;
        }
        let whole = match db.dialect() {
            keyfold_server::db::Dialect::Postgres => "CAST(t AS TEXT)".to_owned(),
            _ => columns
                .iter()
                .map(|column| format!("quote(\"{column}\")"))
                .collect::<Vec<_>>()
                .join("||','||"),
        };
        let sql: &'static str =
            format!("SELECT {whole} FROM {table} t WHERE {} ORDER BY 1", conditions.join(" OR ")).leak();
        let rows = db.read((), move |tx, ()| {
            Box::pin(async move { Ok(tx.query(sql, &[], |row| row.col::<String>()).await?) })
        });
        found.insert(table, rows.await.unwrap());
    }
    found
}

on_both_databases! {
    async fn no_endpoint_reaches_another_tenant(world: World) {
        let document = document();
        let victim = Tenant::new(&world, "victim").await;
        let attacker = Tenant::new(&world, "attacker").await;
        let nobody = Names::of_nobody();
        let before = rows_of(&world, &victim).await;
        for table in ["apps", "app_jwt_keys", "users", "devices", "sessions", "groups", "group_members", "group_invites", "pending_devices", "customers", "customer_groups"] {
            assert!(before.get(table).is_some_and(|rows| !rows.is_empty()), "the victim has nothing in {table}");
        }
        let mut tried = 0;
        for operation in operations().iter().filter(|operation| names_something(operation)) {
            let name = format!("{} {}", operation.method, operation.path);
            let (public, secret) = (attacker.app.public_token.expose(), attacker.app.secret_token.expose());
            let jwt = if is_customers(operation) { &attacker.owner.jwt } else { &attacker.user.jwt };
            let app_tokens = if operation.path.starts_with("/api/v1/customer") { vec![None] } else { vec![Some(public), Some(secret)] };
            for app_token in app_tokens {
                let with = Credentials { app_token, jwt: Some(jwt) };
                let foreign = send(&world, operation, &victim.names, &with, &document).await;
                let unknown = send(&world, operation, &nobody, &with, &document).await;
                assert_ne!(foreign.status, 500, "{name}: {}", foreign.json());
                assert_eq!(essence(&foreign), essence(&unknown), "{name} tells what another tenant has: {} and {}", foreign.json(), unknown.json());
                tried += 1;
            }
        }
        assert!(tried > 150, "{tried} attempts");
        let after = rows_of(&world, &victim).await;
        for (table, rows) in &before {
            assert_eq!(Some(rows), after.get(table), "{table} of the victim was changed");
        }
        assert!(victim.user.is_alive().await && victim.owner.is_alive().await);
    }

    async fn no_endpoint_takes_the_token_of_another_tenant(world: World) {
        let document = document();
        let victim = Tenant::new(&world, "victim").await;
        let attacker = Tenant::new(&world, "attacker").await;
        let before = rows_of(&world, &victim).await;
        let mut tried = 0;
        for operation in &operations() {
            let name = format!("{} {}", operation.method, operation.path);
            let mut pairs = Vec::new();
            if needs_a_user(operation) {
                for token in [victim.app.public_token.expose(), victim.app.secret_token.expose()] {
                    // Users of another app, customers, and the owner of this very app are no users of it.
                    for jwt in [&attacker.user.jwt, &attacker.owner.jwt, &victim.owner.jwt] {
                        pairs.push((Some(token), jwt));
                    }
                }
                pairs.push((Some(attacker.app.public_token.expose()), &victim.user.jwt));
            } else if is_customers(operation) {
                for token in [None, Some(attacker.app.secret_token.expose())] {
                    pairs.push((token, &attacker.user.jwt));
                    pairs.push((token, &victim.user.jwt));
                }
            }
            for (app_token, jwt) in pairs {
                let with = Credentials { app_token, jwt: Some(jwt) };
                let answer = send(&world, operation, &victim.names, &with, &document).await;
                assert_eq!(answer.refusal(), (200, 35), "{name}: {}", answer.json());
                tried += 1;
            }
        }
        assert!(tried > 300, "{tried} attempts");
        assert_eq!(before, rows_of(&world, &victim).await);
    }

    async fn an_owner_cannot_sign_tokens_for_another_tenant(world: World) {
        let document = document();
        let victim = Tenant::new(&world, "victim").await;
        let attacker = Tenant::new(&world, "attacker").await;
        let before = rows_of(&world, &victim).await;
        let now = world.now_seconds();
        let forge = |user: &str, device: &str| {
            let claims = json!({"aud": user, "sub": device, "iat": now, "exp": now + 300, "fresh": true});
            attacker.client.sign(&attacker.client.jwt_header(), &claims)
        };
        let of_user = forge(victim.user.user_id(), victim.user.device_id());
        let of_customer = forge(&victim.owner.id, victim.owner.device_keys.device_id.as_str());
        // For the attacker's own app the signature is good, but it has no such user.
        let in_own_app = Credentials { app_token: Some(attacker.app.public_token.expose()), jwt: Some(&of_user) };
        for operation in &operations() {
            let name = format!("{} {}", operation.method, operation.path);
            if needs_a_user(operation) {
                let with = Credentials { app_token: Some(victim.app.public_token.expose()), jwt: Some(&of_user) };
                let answer = send(&world, operation, &victim.names, &with, &document).await;
                assert_eq!(answer.refusal(), (200, 35), "{name}: {}", answer.json());
                let answer = send(&world, operation, &victim.names, &in_own_app, &document).await;
                assert_eq!(answer.refusal(), (400, 100), "{name}: {}", answer.json());
            } else if is_customers(operation) {
                let with = Credentials { app_token: None, jwt: Some(&of_customer) };
                let answer = send(&world, operation, &victim.names, &with, &document).await;
                assert_eq!(answer.refusal(), (200, 35), "{name}: {}", answer.json());
            }
        }
        assert_eq!(before, rows_of(&world, &victim).await);
    }

    async fn no_endpoint_of_customers_works_without_a_token_or_with_an_old_one(world: World) {
        let document = document();
        let tenant = Tenant::new(&world, "ada").await;
        world.advance_seconds(400);
        let mut tried = 0;
        for operation in operations().iter().filter(|operation| is_customers(operation)) {
            let name = format!("{} {}", operation.method, operation.path);
            let may_be_old = operation.identity == Identity::ExpiredCustomer;
            for (jwt, refusal) in [
                (None, (401, 31)),
                (Some("nonsense"), (401, 32)),
                (Some(tenant.owner.jwt.as_str()), (401, 30)),
            ] {
                if may_be_old && refusal == (401, 30) {
                    continue;
                }
                let with = Credentials { app_token: None, jwt };
                let answer = send(&world, operation, &tenant.names, &with, &document).await;
                assert_eq!(answer.refusal(), refusal, "{name}: {}", answer.json());
                tried += 1;
            }
        }
        assert!(tried > 80, "{tried} attempts");
    }
}
