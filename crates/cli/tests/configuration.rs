//! Where settings come from, which one wins, and what is said about those that are wrong.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "every test program uses its part of the shared code")]
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use support::keyfold;

struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Writes a file that only its owner can read.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Runs the program in the folder.
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = keyfold(arguments);
        command.current_dir(self.folder.path()).envs(variables.iter().copied()).output().unwrap()
    }

    fn print(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Value {
        let output = self.run(&[&["config", "print", "--json"], arguments].concat(), variables);
        assert!(output.status.success(), "{}", text(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn text(output: &Output) -> String {
    String::from_utf8([output.stdout.clone(), output.stderr.clone()].concat()).unwrap()
}

#[track_caller]
fn assert_fails(output: &Output, code: i32, words: &[&str]) {
    let text = text(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    for word in words {
        assert!(text.contains(word), "{word} is not in: {text}");
    }
}

#[test]
fn the_command_line_goes_before_the_environment_before_the_file_before_the_default() {
    let folder = Folder::new();
    let file = "[server]\nlisten = \"127.0.0.1:1\"\n[limits]\nconnections = 1\nrequest_timeout = \"1s\"\n";
    folder.file("keyfold.toml", file);
    let printed = folder.print(
        &["--listen", "127.0.0.1:3"],
        &[("KEYFOLD_LISTEN", "127.0.0.1:2"), ("KEYFOLD_LIMITS_CONNECTIONS", "2")],
    );
    for (setting, value, kind) in [
        ("server.listen", Value::from("127.0.0.1:3"), "command line"),
        ("limits.connections", 2.into(), "environment"),
        ("limits.request_timeout", "1s".into(), "file"),
        ("limits.header_timeout", "30s".into(), "default"),
    ] {
        assert_eq!(printed[setting]["value"], value, "{setting}");
        assert_eq!(printed[setting]["origin"]["kind"], kind, "{setting}");
    }
}

#[test]
fn a_file_is_found_where_it_is_named() {
    let folder = Folder::new();
    let file = folder.file("other.toml", "[server]\ntrusted_proxies = 3\n");
    let file = file.to_str().unwrap();
    for (arguments, variables) in [(&["--config", file][..], &[][..]), (&[], &[("KEYFOLD_CONFIG", file)])] {
        assert_eq!(folder.print(arguments, variables)["server.trusted_proxies"]["value"], 3);
    }
    assert_fails(&folder.run(&["config", "check", "--config", "missing.toml"], &[]), 2, &["missing.toml"]);
    let missing = [("KEYFOLD_CONFIG", "missing.toml")];
    assert_fails(&folder.run(&["serve"], &missing), 3, &["KEYFOLD_CONFIG", "missing.toml"]);
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    for (file, nearest) in [
        ("[server]\nlisten_on = \"127.0.0.1:1\"\n", "server.listen"),
        ("[servr]\nlisten = \"127.0.0.1:1\"\n", "server.listen"),
        ("[server]\nurl = \"postgres://x\"\n", "database.url"),
        ("[throttle]\nfailed_login = \"1 + 1/min\"\n", "throttle.failed_logins"),
        ("listen = \"127.0.0.1:1\"\n", "server.listen"),
        ("[mail]\nsmtp_pasword = \"x\"\n", "mail.smtp_password"),
        ("[customer]\nregistration = \"open\"\n", "customers.registration"),
        ("[throttle]\nmail_per_address = \"1 + 1/min\"\n", "throttle.mails_per_address"),
        ("[server]\nlisten_file = \"x\"\n", "server.listen"),
    ] {
        let folder = Folder::new();
        folder.file("keyfold.toml", file);
        for command in [&["config", "check"][..], &["serve"], &["app", "list"]] {
            assert_fails(&folder.run(command, &[]), 3, &["keyfold.toml", nearest]);
        }
    }
}

#[test]
fn an_unknown_variable_is_named_and_does_no_harm() {
    let folder = Folder::new();
    let output = folder.run(&["config", "check"], &[("KEYFOLD_LISTN", "127.0.0.1:1")]);
    assert!(output.status.success());
    assert!(text(&output).contains("KEYFOLD_LISTN is not a setting. The nearest one is KEYFOLD_LISTEN"));
}

#[test]
fn all_problems_are_reported_at_once_with_their_origin() {
    let folder = Folder::new();
    folder.file(
        "keyfold.toml",
        "[limits]\nrequest_timeout = 30\nconnections = \"many\"\n[server]\nlog = \"a=loud\"\n",
    );
    let output = folder.run(&["serve"], &[("KEYFOLD_LISTEN", "here")]);
    let words =
        ["4 problems", "limits.request_timeout", "500ms", "limits.connections", "server.log: ", "trace"];
    assert_fails(&output, 3, &words);
    assert!(text(&output).contains("KEYFOLD_LISTEN: server.listen"));
}

#[test]
fn a_wrong_option_is_a_wrong_command_line() {
    let folder = Folder::new();
    assert_fails(&folder.run(&["serve", "--limits-connections", "many"], &[]), 2, &["--limits-connections"]);
}

#[test]
fn a_file_that_is_no_toml_is_refused_with_the_line_and_without_its_text() {
    let folder = Folder::new();
    folder.file("keyfold.toml", "[database]\nconnections = 3\nurl = sesame\n");
    let output = folder.run(&["serve"], &[]);
    assert_fails(&output, 3, &["line 3"]);
    assert!(!text(&output).contains("sesame"));
}

#[test]
fn secrets_are_masked_wherever_they_come_from() {
    let url = "postgres://keyfold:sesame@127.0.0.1:1/x";
    let folder = Folder::new();
    let secret = folder.file("url", &format!("{url}\n"));
    let secret = secret.to_str().unwrap();
    let named = folder.file("named.toml", "[database]\nurl_file = \"url\"\n");
    let inline = folder.file("inline.toml", &format!("[database]\nurl = \"{url}\"\n"));
    for (arguments, variables) in [
        (vec!["--database-url", url], vec![]),
        (vec!["--database-url-file", secret], vec![]),
        (vec!["--config", named.to_str().unwrap()], vec![]),
        (vec!["--config", inline.to_str().unwrap()], vec![]),
        (vec![], vec![("KEYFOLD_DATABASE_URL", url)]),
        (vec![], vec![("KEYFOLD_DATABASE_URL_FILE", secret)]),
    ] {
        assert_eq!(folder.print(&arguments, &variables)["database.url"]["value"], "********");
        let as_text = text(&folder.run(&[&["config", "print"], arguments.as_slice()].concat(), &variables));
        assert!(as_text.contains("url = \"********\"") && !as_text.contains("sesame"), "{as_text}");
    }
}

#[test]
fn a_bucket_needs_its_address_and_its_keys_are_masked() {
    let folder = Folder::new();
    let bucket = [("KEYFOLD_STORAGE_BACKEND", "bucket")];
    assert_fails(&folder.run(&["serve"], &bucket), 3, &["storage.bucket_url"]);
    let options = [("KEYFOLD_STORAGE_BUCKET_OPTIONS", "aws_region=x,aws_secret_access_key=sesame")];
    assert_eq!(folder.print(&[], &options)["storage.bucket_options"]["value"], "********");
    let output = folder.run(&["config", "check"], &[("KEYFOLD_STORAGE_BUCKET_OPTIONS", "sesame")]);
    assert_fails(&output, 3, &["storage.bucket_options"]);
    assert!(!text(&output).contains("sesame"));
}

#[test]
fn a_secret_that_is_given_twice_is_refused() {
    let folder = Folder::new();
    let file = folder.file("url", "postgres://a");
    let variables =
        [("KEYFOLD_DATABASE_URL", "postgres://b"), ("KEYFOLD_DATABASE_URL_FILE", file.to_str().unwrap())];
    assert_fails(&folder.run(&["config", "check"], &variables), 3, &["database.url is given twice"]);
    // The command line goes before the environment: that is a choice, not a contradiction.
    assert!(
        folder.run(&["config", "check", "--database-url", "postgres://c"], &variables[..1]).status.success()
    );
}

#[test]
fn a_secret_file_that_is_missing_is_refused() {
    let folder = Folder::new();
    let output = folder.run(&["serve"], &[("KEYFOLD_DATABASE_URL_FILE", "/nowhere/url")]);
    assert_fails(&output, 3, &["database.url", "/nowhere/url"]);
}

#[test]
fn a_file_with_secrets_that_others_can_read_is_warned_of() {
    let folder = Folder::new();
    let secret = folder.file("url", "postgres://a:b@127.0.0.1/x");
    let config = folder.file("keyfold.toml", "[database]\nurl_file = \"url\"\n");
    let make_readable = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    let warning = || text(&folder.run(&["config", "check"], &[])).contains("0600");
    assert!(!warning());
    make_readable(&config);
    assert!(!warning(), "a file that only names the secret's file holds no secret");
    make_readable(&secret);
    assert!(warning());
    folder.file("keyfold.toml", "[database]\nurl = \"postgres://a:b@127.0.0.1/x\"\n");
    assert!(!warning());
    make_readable(&config);
    assert!(warning());
}

#[test]
fn an_unreadable_database_url_is_refused_before_anything_is_made() {
    let folder = Folder::new();
    for command in [&["config", "check"][..], &["serve"]] {
        let output = folder.run(command, &[("KEYFOLD_DATABASE_URL", "mysql://keyfold:sesame@host/db")]);
        assert_fails(&output, 3, &["URL"]);
        assert!(!text(&output).contains("sesame"));
    }
    assert!(!folder.folder.path().join("keyfold-data/root.key").exists());
}

#[test]
fn the_template_is_a_configuration_that_changes_nothing() {
    let folder = Folder::new();
    let template = folder.run(&["config", "template"], &[]);
    let defaults = folder.print(&[], &[]);
    let with_values: String = String::from_utf8(template.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            line.strip_prefix('#').filter(|rest| rest.contains(" = ")).unwrap_or(line).to_owned() + "\n"
        })
        .collect();
    folder.file("keyfold.toml", &with_values);
    let printed = folder.print(&[], &[]);
    for (setting, entry) in defaults.as_object().unwrap() {
        assert_eq!(printed[setting]["value"], entry["value"], "{setting}");
    }
}

#[test]
fn mail_settings_that_do_not_fit_together_are_refused_at_once() {
    for (file, words) in [
        ("[mail]\ntransport = \"smtp\"\n", &["mail.smtp_host"][..]),
        ("[mail]\ntransport = \"folder\"\n", &["mail.folder"]),
        ("[mail]\ntransport = \"log\"\n", &["development"]),
        ("[mail]\nfrom = \"nobody\"\n", &["sender"]),
        ("[server]\npublic_url = \"keys.example.com\"\n", &["public URL"]),
        (
            "[mail]\ntransport = \"smtp\"\nsmtp_host = \"m\"\nsmtp_user = \"u\"\n[throttle]\nservers = 0\n",
            &["2 problems", "mail.smtp_password", "throttle.servers"],
        ),
        (
            "[mail]\ntransport = \"smtp\"\nsmtp_host = \"m\"\nsmtp_user = \"u\"\nsmtp_password = \"sesame\"\nsmtp_security = \"plaintext\"\n",
            &["must not be sent without TLS"],
        ),
        ("[customers]\ncaptcha = \"proof_of_work\"\nproof_of_work_bits = 64\n", &["proof_of_work_bits"]),
    ] {
        let folder = Folder::new();
        folder.file("keyfold.toml", file);
        for command in [&["config", "check"][..], &["serve", "--listen", "127.0.0.1:0"]] {
            let output = folder.run(command, &[]);
            assert_fails(&output, 3, words);
            assert!(!text(&output).contains("sesame"));
        }
    }
}

#[test]
fn the_password_of_the_mail_server_is_masked_and_may_stand_in_a_file() {
    let folder = Folder::new();
    let secret = folder.file("password", "sesame\n");
    let settings = [
        ("KEYFOLD_MAIL_TRANSPORT", "smtp"),
        ("KEYFOLD_MAIL_SMTP_HOST", "mail.example.com"),
        ("KEYFOLD_MAIL_SMTP_USER", "keyfold"),
        ("KEYFOLD_MAIL_SMTP_PASSWORD_FILE", secret.to_str().unwrap()),
    ];
    let printed = folder.print(&["--mail-from", "Keys <keys@example.com>"], &settings);
    assert_eq!(printed["mail.smtp_password"]["value"], "********");
    assert_eq!(printed["mail.smtp_password"]["origin"]["secret_file"], secret.to_str().unwrap());
    assert_eq!(printed["mail.from"]["value"], "Keys <keys@example.com>");
    assert_eq!(printed["mail.smtp_host"]["origin"]["name"], "KEYFOLD_MAIL_SMTP_HOST");
    assert!(folder.run(&["config", "check"], &settings).status.success());
}

#[test]
fn connections_are_tried_when_asked_for_and_nothing_is_made() {
    let folder = Folder::new();
    let check = ["config", "check", "--connect", "--json"];
    let output = folder.run(&check, &[]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(
        fs::read_dir(folder.folder.path()).unwrap().count(),
        0,
        "nothing is there, and nothing is made"
    );

    assert!(folder.run(&["db", "migrate"], &[]).status.success());
    let output = folder.run(&check, &[]);
    assert!(text(&output).contains("the root key is its own"), "{}", text(&output));
    let storage = folder.folder.path().join("storage");
    fs::create_dir(&storage).unwrap();
    let output = folder.run(&check, &[("KEYFOLD_STORAGE_FOLDER", storage.to_str().unwrap())]);
    assert!(text(&output).contains("written, read and deleted"), "{}", text(&output));
}

#[test]
fn what_cannot_be_reached_is_named() {
    let folder = Folder::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let settings = [
        ("KEYFOLD_DATABASE_URL", "postgres://keyfold:sesame@127.0.0.1:1/x"),
        ("KEYFOLD_MAIL_TRANSPORT", "smtp"),
        ("KEYFOLD_MAIL_SMTP_HOST", "127.0.0.1"),
        ("KEYFOLD_MAIL_SMTP_PORT", &port),
        ("KEYFOLD_MAIL_SMTP_SECURITY", "plaintext"),
    ];
    assert!(folder.run(&["config", "check"], &settings).status.success());
    let output = folder.run(&["config", "check", "--connect"], &settings);
    assert_fails(&output, 1, &["out of order: database, mail", "storage: none is set up"]);
    assert!(!text(&output).contains("sesame"));
}

#[test]
fn a_mail_server_that_answers_is_good() {
    let folder = Folder::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 mail.example.com\r\n").unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        for line in lines.map_while(Result::ok) {
            let reply = if line.starts_with("QUIT") { "221 bye\r\n" } else { "250 well\r\n" };
            stream.write_all(reply.as_bytes()).unwrap();
        }
    });
    let settings = [
        ("KEYFOLD_MAIL_TRANSPORT", "smtp"),
        ("KEYFOLD_MAIL_SMTP_HOST", "127.0.0.1"),
        ("KEYFOLD_MAIL_SMTP_PORT", &port),
        ("KEYFOLD_MAIL_SMTP_SECURITY", "plaintext"),
    ];
    let output = folder.run(&["config", "check", "--connect"], &settings);
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("the mail server lets this one in"));
}
