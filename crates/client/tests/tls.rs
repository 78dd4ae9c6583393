//! The client over TLS. A program of its own that starts itself: whom a process trusts is said by its environment.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be built must fail its test")]
#![allow(clippy::print_stdout, reason = "the outer process reads what the inner one says")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use keyfold::{Client, Error};
use keyfold_testkit::{Engine, TestServer};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

const URL: &str = "KEYFOLD_TEST_TLS_URL";
const TOKEN: &str = "KEYFOLD_TEST_TLS_TOKEN";

#[tokio::test]
async fn only_a_server_with_a_certificate_that_the_system_trusts_is_talked_to() {
    if let (Ok(url), Ok(token)) = (std::env::var(URL), std::env::var(TOKEN)) {
        let outcome = visit(&url, &token).await.map_err(|error| error.code().into_owned());
        println!("outcome {outcome:?}");
        return;
    }
    let server = TestServer::start(Engine::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let (authority, config) = certificates(folder.path(), "authority");
    let (stranger, _) = certificates(folder.path(), "stranger");
    let port = encrypted(server.address(), config).await;
    let token = server.public_token();
    assert_eq!(visitor(&authority, "localhost", port, token).await, "Ok(())");
    // An authority that nobody trusts, and the certificate of somebody else.
    assert_eq!(visitor(&stranger, "localhost", port, token).await, "Err(\"client_1000\")");
    assert_eq!(visitor(&authority, "127.0.0.1", port, token).await, "Err(\"client_1000\")");
}

/// What a client does that comes for the first time.
async fn visit(url: &str, token: &str) -> Result<(), Error> {
    let client = Client::builder(token).base_url(url).build()?;
    let (identifier, password) = Client::generate_register_data()?;
    client.register(&identifier, &password).await?;
    let user = client.login_forced(&identifier, &password).await?;
    let group = user.group(&user.create_group().await?).await?;
    // More than one record of TLS.
    let id = group.new_file().upload_bytes(&[7; 100_000]).await?;
    assert_eq!(group.file(&id).await?.download().bytes().await?.len(), 100_000);
    Ok(())
}

/// Does the same in a process that trusts this authority alone, and returns the outcome.
async fn visitor(authority: &Path, host: &str, port: u16, token: &str) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--nocapture", "only_a_server_with_a_certificate_that_the_system_trusts_is_talked_to"]);
    command.env("SSL_CERT_FILE", authority).env_remove("SSL_CERT_DIR").env("NO_PROXY", "*");
    command.env(URL, format!("https://{host}:{port}")).env(TOKEN, token);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let outcome = said.split_once("outcome ").and_then(|(_, rest)| rest.lines().next());
    outcome.unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr))).to_owned()
}

/// Ends TLS in front of a server that speaks plain HTTP.
async fn encrypted(server: SocketAddr, config: ServerConfig) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not trust the certificate hangs up.
                let mut stream = acceptor.accept(stream).await?;
                copy_bidirectional(&mut stream, &mut TcpStream::connect(server).await?).await
            });
        }
    });
    port
}

/// An authority, and what a server needs to show that it is `localhost`.
fn certificates(folder: &Path, name: &str) -> (PathBuf, ServerConfig) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let file = folder.join(format!("{name}.pem"));
    std::fs::write(&file, authority.self_signed(&authority_key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    (file, config.with_single_cert(vec![certificate.der().clone()], key).unwrap())
}
