//! Encrypted connections to PostgreSQL, with rustls.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::{DbError, PostgresConfig, TlsMode};

/// What a URL says about encryption, taken out of it: the driver does not know all of these words.
pub(super) struct UrlTls {
    /// The URL without them.
    pub(super) url: String,
    mode: Option<TlsMode>,
    root_certificate: Option<PathBuf>,
}

impl UrlTls {
    pub(super) fn split(url: &str) -> Result<Self, DbError> {
        let mut tls = Self { url: url.to_owned(), mode: None, root_certificate: None };
        let Some((base, query)) = url.split_once('?') else {
            return Ok(tls);
        };
        let mut rest = Vec::new();
        for pair in query.split('&') {
            match pair.split_once('=') {
                Some(("sslmode", word)) => tls.mode = Some(mode_of_url(word)?),
                Some(("sslrootcert", path)) if !path.contains('%') => {
                    tls.root_certificate = Some(path.into())
                }
                Some(("sslrootcert", _)) => {
                    return Err(refused(
                        "sslrootcert: name the file in the setting database.root_certificate",
                    ));
                }
                _ => rest.push(pair),
            }
        }
        tls.url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        Ok(tls)
    }

    /// What is in force: the configuration goes before the URL.
    pub(super) fn connector(&self, config: &PostgresConfig) -> Result<(SslMode, MakeRustlsConnect), DbError> {
        let mode = config.tls.or(self.mode).unwrap_or(TlsMode::Prefer);
        let root = config.root_certificate.as_deref().or(self.root_certificate.as_deref());
        let ssl_mode = match mode {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyFull => SslMode::Require,
        };
        Ok((ssl_mode, MakeRustlsConnect::new(client_config(mode, root)?)))
    }
}

fn mode_of_url(word: &str) -> Result<TlsMode, DbError> {
    match word {
        "disable" => Ok(TlsMode::Disable),
        "allow" | "prefer" => Ok(TlsMode::Prefer),
        "require" => Ok(TlsMode::Require),
        "verify-full" => Ok(TlsMode::VerifyFull),
        "verify-ca" => {
            Err(refused("sslmode=verify-ca is not supported: use verify-full, which checks the name as well"))
        }
        _ => Err(refused(
            "the sslmode in the PostgreSQL URL is not one of disable, prefer, require, verify-full",
        )),
    }
}

fn client_config(mode: TlsMode, root: Option<&Path>) -> Result<ClientConfig, DbError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(&error.to_string()))?;
    Ok(match mode {
        TlsMode::VerifyFull => builder.with_root_certificates(roots(root)?).with_no_client_auth(),
        TlsMode::Disable | TlsMode::Prefer | TlsMode::Require => {
            if let Some(root) = root {
                // A certificate that nothing is checked against would only look safe.
                return Err(refused(&format!(
                    "{} is given, but only verify-full checks certificates",
                    root.display()
                )));
            }
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate { provider }))
                .with_no_client_auth()
        }
    })
}

fn roots(file: Option<&Path>) -> Result<RootCertStore, DbError> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(file) => {
            let unreadable = |error: &dyn std::fmt::Display| {
                refused(&format!("the root certificate {} is not readable: {error}", file.display()))
            };
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))? {
                let certificate = certificate.map_err(|error| unreadable(&error))?;
                roots.add(certificate).map_err(|error| unreadable(&error))?;
            }
        }
        None => {
            // Single certificates that cannot be read do no harm; having none at all is reported below.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(refused("there is no root certificate to check the PostgreSQL server against"));
    }
    Ok(roots)
}

fn refused(text: &str) -> DbError {
    DbError::Unavailable(text.to_owned())
}

/// Accepts every certificate, as `sslmode=require` is defined: keeps out listeners, not an active attacker.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
