//! `keyfold app …`, beside a server that runs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "every test program uses its part of the shared code")]
mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use keyfold_testkit::postgres::fresh_database;
use serde_json::{Value, json};
use support::{ServerProcess, run, run_json};

/// Asks whether an identifier is taken; the error code, 0 for none.
fn ask(server: SocketAddr, token: &str) -> u64 {
    let body = "{\"user_identifier\":\"alice\"}";
    let mut stream = TcpStream::connect(server).unwrap();
    write!(
        stream,
        "POST /api/v1/exists HTTP/1.1\r\nHost: x\r\nConnection: close\r\nx-sentc-app-token: {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let json: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    json["err_code"].as_u64().unwrap_or(0)
}

#[test]
fn an_app_is_administered_while_its_server_runs() {
    let database = fresh_database();
    for more in [&[][..], &["--database-url", database.url()]] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let command = |words: &[&str]| run_json(data, &[words, more, &["--json"]].concat());
        let server = ServerProcess::start(data, more);
        let app = command(&["app", "create", "--name", "Diary"]);
        let (id, public) = (app["app_id"].as_str().unwrap(), app["public_token"].as_str().unwrap());
        assert_eq!(ask(server.address, public), 0);

        let shown =
            command(&["app", "options", id, "--set", "user_exists=secret", "--set", "group_get=blocked"]);
        assert_eq!(
            (&shown["options"]["user_exists"], &shown["options"]["group_get"]),
            (&json!(2), &json!(0))
        );
        assert_eq!(shown["options"]["user_register"], 2, "what is not named stays");
        assert_eq!(ask(server.address, public), 203);
        let shown = command(&[
            "app",
            "options",
            id,
            "--preset",
            "lax",
            "--name",
            "Journal",
            "--max-key-rotation-month",
            "5",
        ]);
        assert_eq!(
            shown["options"].as_object().unwrap().values().filter(|access| **access != json!(1)).count(),
            0
        );
        assert_eq!(
            (&shown["name"], &shown["group_options"]["max_key_rotation_month"]),
            (&json!("Journal"), &json!(5))
        );
        assert_eq!(command(&["app", "show", id]), shown);
        assert_eq!(ask(server.address, public), 0);

        assert_eq!(command(&["app", "disable", id])["outcome"], "disabled");
        assert_eq!(ask(server.address, public), 204);
        assert_eq!(command(&["app", "enable", id])["outcome"], "enabled");
        assert_eq!(ask(server.address, public), 0);

        let renewed = command(&["app", "token", "renew", id]);
        assert_eq!(ask(server.address, public), 200);
        let public = renewed["public_token"].as_str().unwrap();
        assert_eq!(ask(server.address, public), 0);

        let first = app["jwt_key_id"].as_str().unwrap();
        let added = command(&["app", "jwt", "add", id]);
        let keys = command(&["app", "jwt", "list", id]);
        assert_eq!(keys[0]["jwt_key_id"], added["jwt_key_id"]);
        assert_eq!((&keys[1]["jwt_key_id"], &keys[1]["jwt_sign_key"]), (&json!(first), &Value::Null));
        let keys = command(&["app", "jwt", "list", id, "--private-keys"]);
        assert_eq!(keys[1]["jwt_sign_key"], app["jwt_sign_key"]);
        command(&["app", "jwt", "delete", id, first]);
        let last = added["jwt_key_id"].as_str().unwrap();
        let refused = run(data, &[&["app", "jwt", "delete", id, last], more].concat());
        assert_eq!(refused.status.code(), Some(1));

        for word in ["reset", "delete"] {
            let refused = run(data, &[&["app", word, id], more].concat());
            assert_eq!(refused.status.code(), Some(2), "without --yes");
            assert!(String::from_utf8_lossy(&refused.stderr).contains("Journal"));
        }
        command(&["app", "reset", id, "--yes"]);
        assert_eq!(ask(server.address, public), 0);
        command(&["app", "delete", id, "--yes"]);
        assert_eq!(ask(server.address, public), 200);
        assert_eq!(command(&["app", "list"]), json!([]));
        let gone = run(data, &[&["app", "show", id], more].concat());
        assert_eq!(gone.status.code(), Some(1));
        server.terminate();
    }
}

#[test]
fn a_misspelt_option_is_refused_with_the_nearest_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let app = run_json(data, &["app", "create", "--name", "Diary", "--json"]);
    let id = app["app_id"].as_str().unwrap();
    for (change, word) in [
        ("user_registr=public", "user_register"),
        ("user_register=open", "blocked, public or secret"),
        ("user_register", "OPTION=ACCESS"),
    ] {
        let output = run(data, &["app", "options", id, "--set", change]);
        assert_eq!(output.status.code(), Some(2), "{change}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(word), "{change}");
    }
}

#[test]
fn an_app_counts_on_no_storage_that_the_server_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    for (storage, expected) in [("disabled", -1), ("folder", 0)] {
        let command = |words: &[&str]| {
            run_json(folder.path(), &[words, &["--storage-backend", storage, "--json"]].concat())
        };
        let app = command(&["app", "create", "--name", storage]);
        let shown = command(&["app", "show", app["app_id"].as_str().unwrap()]);
        assert_eq!(shown["file_options"]["file_storage"], expected, "{storage}");
    }
}
