//! Encrypted connections to PostgreSQL.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use keyfold_server::DatabaseConfig;
use keyfold_server::db::{Db, PostgresConfig, TlsMode};
use keyfold_test_postgres::{Cluster, Durability};
use tokio_postgres::NoTls;

/// A cluster of its own that speaks TLS, for the host `localhost` only.
struct EncryptedServer {
    cluster: Cluster,
    folder: tempfile::TempDir,
    authority: PathBuf,
}

impl EncryptedServer {
    async fn start() -> Self {
        let cluster = Cluster::start(Durability::Volatile).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let authority = folder.path().join("authority.pem");
        let (client, connection) = tokio_postgres::connect(cluster.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        let data: String = client.query_one("SHOW data_directory", &[]).await.unwrap().get(0);
        write_certificates(Path::new(&data), &authority);
        for setting in ["ssl_cert_file = 'test.pem'", "ssl_key_file = 'test.key'", "ssl = on"] {
            client.batch_execute(&format!("ALTER SYSTEM SET {setting}")).await.unwrap();
        }
        client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        // New connections see the reloaded settings; this waits until the server has them.
        loop {
            let ssl: String = client.query_one("SHOW ssl", &[]).await.unwrap().get(0);
            if ssl == "on" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        Self { cluster, folder, authority }
    }

    fn url(&self, host: &str, query: &str) -> String {
        format!("{}{query}", self.cluster.url().replace("127.0.0.1", host))
    }

    fn config(&self, host: &str, tls: TlsMode, root: Option<&Path>) -> PostgresConfig {
        let mut config = PostgresConfig::new(self.url(host, ""), 2);
        config.tls = Some(tls);
        config.root_certificate = root.map(Path::to_owned);
        config
    }
}

fn write_certificates(data: &Path, authority_file: &Path) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    fs::write(authority_file, authority_certificate.pem()).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);

    let server_key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let server = server.signed_by(&server_key, &issuer).unwrap();
    let owner = fs::metadata(data).unwrap();
    for (name, text) in [("test.pem", server.pem()), ("test.key", server_key.serialize_pem())] {
        let file = data.join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
}

/// Whether the connection is encrypted, or why there is none.
async fn connect(config: PostgresConfig) -> Result<bool, String> {
    let db = Db::open(&DatabaseConfig::Postgres(config)).await.map_err(|error| error.to_string())?;
    let encrypted = db.read((), |tx, ()| {
        Box::pin(async move {
            let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            Ok(tx.query_opt(sql, &[], |row| row.col::<bool>()).await?.unwrap_or(false))
        })
    });
    let encrypted = encrypted.await.map_err(|error| error.to_string());
    db.close().await;
    encrypted
}

#[tokio::test]
async fn the_mode_decides_what_is_encrypted_and_what_is_checked() {
    let server = EncryptedServer::start().await;
    let authority = Some(server.authority.as_path());
    let other = server.folder.path().join("other");
    fs::create_dir(&other).unwrap();
    let stranger = other.join("authority.pem");
    write_certificates(&other, &stranger);

    assert_eq!(connect(server.config("127.0.0.1", TlsMode::Disable, None)).await, Ok(false));
    assert_eq!(connect(server.config("127.0.0.1", TlsMode::Prefer, None)).await, Ok(true));
    assert_eq!(connect(server.config("127.0.0.1", TlsMode::Require, None)).await, Ok(true));
    assert_eq!(connect(server.config("localhost", TlsMode::VerifyFull, authority)).await, Ok(true));

    let wrong_name = connect(server.config("127.0.0.1", TlsMode::VerifyFull, authority)).await.unwrap_err();
    assert!(wrong_name.contains("certificate"), "{wrong_name}");
    for root in [None, Some(stranger.as_path())] {
        let unknown = connect(server.config("localhost", TlsMode::VerifyFull, root)).await.unwrap_err();
        assert!(unknown.contains("certificate"), "{unknown}");
    }
    // A certificate that would not be checked is no safer than none.
    assert!(connect(server.config("localhost", TlsMode::Require, authority)).await.is_err());

    // The same words in the URL, where other programs expect them.
    let root = server.authority.display();
    for (host, query, expected) in [
        ("localhost", format!("?sslmode=verify-full&sslrootcert={root}"), Some(true)),
        ("127.0.0.1", format!("?sslrootcert={root}&sslmode=verify-full"), None),
        ("127.0.0.1", "?sslmode=require".to_owned(), Some(true)),
        ("127.0.0.1", "?sslmode=disable&connect_timeout=5".to_owned(), Some(false)),
        ("127.0.0.1", "?sslmode=verify-ca".to_owned(), None),
    ] {
        let outcome = connect(PostgresConfig::new(server.url(host, &query), 2)).await;
        assert_eq!(outcome.clone().ok(), expected, "{query}: {outcome:?}");
    }
}

#[tokio::test]
async fn encryption_that_is_required_and_not_offered_is_an_error() {
    let cluster = Cluster::start(Durability::Volatile).unwrap();
    for (tls, works) in [(TlsMode::Prefer, true), (TlsMode::Require, false)] {
        let mut config = PostgresConfig::new(cluster.url(), 2);
        config.tls = Some(tls);
        assert_eq!(connect(config).await.is_ok(), works, "{tls:?}");
    }
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended() {
    let cluster = Cluster::start(Durability::Volatile).unwrap();
    let mut config = PostgresConfig::new(cluster.url(), 2);
    config.statement_timeout = Some(std::time::Duration::from_millis(200));
    let db = Db::open(&DatabaseConfig::Postgres(config)).await.unwrap();
    let slow = db.read((), |tx, ()| {
        Box::pin(
            async move { Ok(tx.query_opt("SELECT 1 FROM pg_sleep(60)", &[], |row| row.col::<i32>()).await?) },
        )
    });
    let error = slow.await.unwrap_err().to_string();
    assert!(error.contains("statement timeout"), "{error}");
    db.ping().await.unwrap();
}
