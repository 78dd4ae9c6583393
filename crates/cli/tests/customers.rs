//! `keyfold customer …`, beside a server that runs and sends no mails.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "every test program uses its part of the shared code")]
mod support;

use std::net::SocketAddr;
use std::process::Output;

use keyfold_testkit::postgres::fresh_database;
use serde_json::{Value, json};
use support::{ServerProcess, request, run, run_json};

/// No captcha, no mail server; registration as the test wants it.
const CLOSED_TO_STRANGERS: [&str; 4] =
    ["--customers-captcha", "off", "--customers-registration", "invitation"];
const OPEN: [&str; 4] = ["--customers-captcha", "off", "--customers-registration", "open"];

/// The keys of a device, as a client makes them.
fn device(email: &str) -> Value {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../testing/vectors/std_register_login.json")).unwrap();
    let body = vectors["vectors"][0]["register_json"].as_str().unwrap();
    let mut device = serde_json::from_str::<Value>(body).unwrap()["device"].clone();
    device["device_identifier"] = email.into();
    device
}

fn register(server: SocketAddr, email: &str, invitation: Option<&str>) -> (u16, Value) {
    let body = json!({
        "customer_data": {"name": "Lovelace", "first_name": "Ada", "company": null},
        "email": email,
        "register_data": device(email),
        "invitation": invitation,
    });
    request(server, "POST", "customer/register", &body)
}

#[track_caller]
fn assert_fails(output: &Output, code: i32, word: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(word), "{word} is not in: {text}");
}

#[test]
fn the_operator_does_by_hand_what_mails_would_do() {
    let database = fresh_database();
    for engine in [&[][..], &["--database-url", database.url()]] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let more = [engine, &OPEN, &["--public-url", "https://keys.example.com/"]].concat();
        let command = |words: &[&str]| run_json(data, &[words, &more, &["--json"]].concat());
        let plain = |words: &[&str]| run(data, &[words, &more].concat());
        let server = ServerProcess::start(data, &more);
        assert_eq!(command(&["customer", "list"]), json!([]));
        let (status, registered) = register(server.address, "ada@example.com", None);
        assert_eq!(status, 200, "{registered}");

        // Nothing is confirmed without a mail, and no reset pretends to be on its way.
        let shown = command(&["customer", "show", "ada@example.com"]);
        assert_eq!((&shown["validated"], &shown["mail"]["status"]), (&json!(false), &json!(0)));
        assert_eq!((&shown["name"], &shown["second_factor"]), (&json!("Lovelace"), &json!(false)));
        assert_eq!(shown["customer_id"], registered["result"]["customer_id"]);
        let ask = json!({"email": "ada@example.com"});
        let (status, refused) = request(server.address, "PUT", "customer/password_reset", &ask);
        assert_eq!((status, &refused["err_code"]), (400, &json!(50)));
        for path in ["dev/mail/ada@example.com", "dev/captcha/some"] {
            assert_eq!(request(server.address, "GET", path, &Value::Null).0, 404, "{path} outside of --dev");
        }

        assert_eq!(command(&["customer", "validate", "Ada@Example.com"])["outcome"], "validated");
        assert_eq!(command(&["customer", "show", "ada@example.com"])["validated"], true);
        let other = ["customer", "validate", "ada@example.com", "--new-address", "ada@example.org"];
        assert_fails(&plain(&other), 1, "has not asked");

        let reset = command(&["customer", "reset-password", "ada@example.com"]);
        let token = reset["token"].as_str().unwrap();
        let url = format!("https://keys.example.com/dashboard/customer/validation/pw_reset/?token={token}");
        assert_eq!(reset["url"], url);
        let body = json!({"token": token, "reset_password_data": device("ada@example.com")});
        let used = request(server.address, "PUT", "customer/password_reset_validation", &body);
        assert_eq!(used.0, 200, "{}", used.1);
        let again = request(server.address, "PUT", "customer/password_reset_validation", &body);
        assert_eq!((again.0, &again.1["err_code"]), (400, &json!(62)), "a token works once");

        assert_fails(&plain(&["customer", "disable-mfa", "ada@example.com", "--yes"]), 1, "no second factor");
        assert_fails(&plain(&["customer", "show", "nobody@example.com"]), 1, "no customer");
        assert_fails(&plain(&["customer", "show", "nobody"]), 2, "no e-mail address");
        assert_fails(&plain(&["customer", "delete", "ada@example.com"]), 2, "Lovelace");
        assert_eq!(command(&["customer", "delete", "ada@example.com", "--yes"])["outcome"], "deleted");
        assert_eq!(command(&["customer", "list"]), json!([]));
        server.terminate();
    }
}

#[test]
fn who_is_invited_registers_with_a_proven_address() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let command = |words: &[&str]| run_json(data, &[words, &CLOSED_TO_STRANGERS, &["--json"]].concat());
    let server = ServerProcess::start(data, &CLOSED_TO_STRANGERS);
    let (status, refused) = register(server.address, "ada@example.com", None);
    assert_eq!((status, &refused["err_code"]), (400, &json!(65)));

    let invited = command(&["customer", "invite", "ada@example.com"]);
    let token = invited["invitation"].as_str().unwrap();
    assert!(invited["url"].as_str().unwrap().ends_with(token));
    let (status, refused) = register(server.address, "eve@example.com", Some(token));
    assert_eq!((status, &refused["err_code"]), (400, &json!(65)), "an invitation is for one address");
    let (status, registered) = register(server.address, "ada@example.com", Some(token));
    assert_eq!(status, 200, "{registered}");
    assert_eq!(command(&["customer", "show", "ada@example.com"])["validated"], true);
    let invite = [&["customer", "invite", "ada@example.com"][..], &CLOSED_TO_STRANGERS].concat();
    assert_fails(&run(data, &invite), 1, "has an account already");
    server.terminate();
}

#[test]
fn an_invitation_that_would_have_no_effect_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    for (more, word) in [
        (&["--customers-registration", "open"][..], "open to everybody"),
        (&["--customers-registration", "closed"], "closed"),
        (&["--customers-registration", "invitation", "--mail"], "no mail server"),
    ] {
        let output = run(data, &[&["customer", "invite", "ada@example.com"], more].concat());
        assert_fails(&output, 3, word);
    }
}

#[test]
fn an_invitation_is_mailed_by_a_running_server() {
    let (folder, mails) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let mail = ["--mail-transport", "folder", "--mail-folder", mails.path().to_str().unwrap()];
    let more = [&CLOSED_TO_STRANGERS[..], &mail].concat();
    let output = run_json(
        data,
        &[&["customer", "invite", "ada@example.com", "--mail", "--json"], more.as_slice()].concat(),
    );
    assert_eq!(output, json!({"outcome": "queued"}), "the token is in the mail alone");
    let server = ServerProcess::start(data, &more);
    let is_there = || {
        std::fs::read_dir(mails.path()).unwrap().any(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_str()
                .is_some_and(|name| !name.starts_with('.') && name.ends_with(".eml"))
        })
    };
    for _ in 0..3_000 {
        if is_there() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(is_there(), "no mail has left");
    server.terminate();
}

#[test]
fn customers_are_listed_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let server = ServerProcess::start(data, &OPEN);
    for name in ["a", "b", "c"] {
        assert_eq!(register(server.address, &format!("{name}@example.com"), None).0, 200);
    }
    let emails = |words: &[&str]| -> (Vec<String>, String) {
        let page = run_json(data, &[&["customer", "list", "--json", "--limit", "2"], words].concat());
        let page = page.as_array().unwrap().clone();
        let last = page.last().map(|last| last["customer_id"].as_str().unwrap().to_owned());
        (
            page.iter().map(|customer| customer["email"].as_str().unwrap().to_owned()).collect(),
            last.unwrap_or_default(),
        )
    };
    let (first, last) = emails(&[]);
    assert_eq!(first, ["a@example.com", "b@example.com"]);
    let (second, last) = emails(&["--after", &last]);
    assert_eq!(second, ["c@example.com"]);
    assert_eq!(emails(&["--after", &last]).0, Vec::<String>::new());
    assert_fails(&run(data, &["customer", "list", "--after", "nobody"]), 1, "--after");
    server.terminate();
}
