//! Access tokens: JWS compact serialization (RFC 7515) with ES384 (RFC 7518 section 3.4) and nothing else.
//!
//! The algorithm is pinned: what the token's header says is compared with it, never obeyed. A key is looked up by (app, `kid`), so
//! that the key of one app verifies nothing for another.
//!
//! aws-lc-rs is called directly: parsed keys are kept between requests, which a general JWT library does not allow, and that halves the
//! cost of a signature.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, JwtKeyId};
use keyfold_protocol::session::Claims;
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::ApiError;
use crate::hash::{Hash, sha256};

/// The algorithm's name, in tokens and in the database.
pub const ALGORITHM: &str = "ES384";

/// Bytes of a public key: an uncompressed point of P-384.
pub const PUBLIC_KEY_BYTES: usize = 97;

/// Longest token that is looked at.
const MAX_TOKEN_BYTES: usize = 2_048;

const VERIFIED_TOKENS: usize = 8_192;
const PARSED_KEYS: usize = 256;

/// Facts that are costly to compute and cannot become wrong.
///
/// *This token carries these claims and was signed by this key* is true for ever. Whether the key still belongs to the app, the
/// token has expired, or the session was ended is none of it and is asked on every request. Bounded: the least used facts make room.
pub struct JwtCache {
    verified: Cache<Hash, Arc<VerifiedToken>>,
    signing: Cache<JwtKeyId, Arc<SigningKey>>,
}

struct VerifiedToken {
    app: AppId,
    key: JwtKeyId,
    claims: Claims,
}

/// The parsed private key of an app.
pub struct SigningKey {
    id: JwtKeyId,
    pair: EcdsaKeyPair,
}

/// A new key pair for an app.
pub struct GeneratedKey {
    /// PKCS#8 document of the private key.
    pub private_key: Zeroizing<Vec<u8>>,
    /// Uncompressed point.
    pub public_key: Vec<u8>,
}

/// A public key as JSON Web Key (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwk {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    kid: String,
    x: String,
    y: String,
}

#[derive(Serialize)]
struct HeaderOut<'a> {
    typ: &'static str,
    alg: &'static str,
    kid: &'a str,
}

#[derive(Deserialize)]
struct HeaderIn {
    alg: Option<String>,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

impl JwtCache {
    pub(crate) fn new() -> Self {
        Self { verified: Cache::new(VERIFIED_TOKENS), signing: Cache::new(PARSED_KEYS) }
    }

    /// The parsed private key, from `load` on the first use.
    pub(crate) fn signing_key(
        &self,
        id: &JwtKeyId,
        load: impl FnOnce() -> Result<Zeroizing<Vec<u8>>, ApiError>,
    ) -> Result<Arc<SigningKey>, ApiError> {
        self.signing.get_or_insert_with(id, || {
            let pair =
                EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &load()?).map_err(|_| {
                    ApiError::caused_by(ErrorCode::JwtCreate, "stored signing key is not readable")
                })?;
            Ok(Arc::new(SigningKey { id: id.clone(), pair }))
        })
    }

    /// The claims of a token that one of the app's keys has signed; `exp` is not looked at.
    ///
    /// # Errors
    /// 401/32 when the token has no readable header or names no key, 200/35 when `public_key` knows no such key, 401/30 when
    /// the signature, the algorithm or the claims are wrong.
    pub(crate) fn verify(
        &self,
        app: &AppId,
        token: &str,
        public_key: impl FnOnce(&JwtKeyId) -> Option<Vec<u8>>,
    ) -> Result<Claims, ApiError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(ErrorCode::JwtMalformed.into());
        }
        let hash = sha256(token.as_bytes());
        if let Some(known) = self.verified.get(&hash)
            && known.app == *app
        {
            return match public_key(&known.key) {
                Some(_) => Ok(known.claims.clone()),
                None => Err(ErrorCode::JwtKeyUnknown.into()),
            };
        }
        let parts = Parts::split(token).ok_or(ErrorCode::JwtMalformed)?;
        let header: HeaderIn = parts.header().ok_or(ErrorCode::JwtMalformed)?;
        let key = JwtKeyId::from(header.kid.ok_or(ErrorCode::JwtMalformed)?);
        let public_key = public_key(&key).ok_or(ErrorCode::JwtKeyUnknown)?;
        // A token must not choose how it is verified, nor demand extensions that nobody checks (RFC 7515 section 4.1.11).
        if header.alg.as_deref() != Some(ALGORITHM) || header.crit.is_some() {
            return Err(ErrorCode::JwtInvalid.into());
        }
        let signature = Base64UrlUnpadded::decode_vec(parts.signature).map_err(|_| ErrorCode::JwtInvalid)?;
        UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, &public_key)
            .verify(parts.signed.as_bytes(), &signature)
            .map_err(|_| ErrorCode::JwtInvalid)?;
        let claims: Claims = parts.claims().ok_or(ErrorCode::JwtInvalid)?;
        self.verified.insert(hash, Arc::new(VerifiedToken { app: app.clone(), key, claims: claims.clone() }));
        Ok(claims)
    }

    /// Drops what is known of a token that has expired, to make room.
    pub(crate) fn forget(&self, token: &str) {
        self.verified.remove(&sha256(token.as_bytes()));
    }
}

impl SigningKey {
    /// Signs claims.
    ///
    /// # Errors
    /// 401/33.
    pub fn sign(&self, claims: &Claims) -> Result<SecretText, ApiError> {
        let header = HeaderOut { typ: "JWT", alg: ALGORITHM, kid: self.id.as_str() };
        let mut token = encode_json(&header)?;
        token.push('.');
        token.push_str(&encode_json(claims)?);
        let signature = self
            .pair
            .sign(&SystemRandom::new(), token.as_bytes())
            .map_err(|_| ApiError::caused_by(ErrorCode::JwtCreate, "signing failed"))?;
        token.push('.');
        token.push_str(&Base64UrlUnpadded::encode_string(signature.as_ref()));
        Ok(SecretText::new(token))
    }
}

impl GeneratedKey {
    /// Makes a new key pair.
    ///
    /// # Errors
    /// 401/33 when the system has no randomness.
    pub fn generate() -> Result<Self, ApiError> {
        let failed = || ApiError::caused_by(ErrorCode::JwtCreate, "no new key pair");
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).map_err(|_| failed())?;
        let private_key = pair.to_pkcs8v1().map_err(|_| failed())?;
        Ok(Self {
            private_key: Zeroizing::new(private_key.as_ref().to_vec()),
            public_key: pair.public_key().as_ref().to_vec(),
        })
    }

    /// The private key in the form in which it is shown once to the owner of the app: base64 of the PKCS#8 document.
    #[must_use]
    pub fn private_key_text(&self) -> SecretText {
        private_key_text(&self.private_key)
    }

    /// The public key in the documented form: base64 of the uncompressed point.
    #[must_use]
    pub fn public_key_text(&self) -> String {
        public_key_text(&self.public_key)
    }
}

/// Base64 of a private key's PKCS#8 document.
pub(crate) fn private_key_text(pkcs8: &[u8]) -> SecretText {
    SecretText::new(Base64::encode_string(pkcs8))
}

/// Base64 of a public key's uncompressed point.
pub(crate) fn public_key_text(point: &[u8]) -> String {
    Base64::encode_string(point)
}

impl Jwk {
    /// The JWK of a stored public key; `None` when it is no uncompressed P-384 point.
    #[must_use]
    pub fn of(id: &JwtKeyId, public_key: &[u8]) -> Option<Self> {
        let coordinates = public_key.strip_prefix(&[4])?;
        if public_key.len() != PUBLIC_KEY_BYTES {
            return None;
        }
        let (x, y) = coordinates.split_at_checked(48)?;
        Some(Self {
            kty: "EC",
            crv: "P-384",
            alg: ALGORITHM,
            usage: "sig",
            kid: id.as_str().to_owned(),
            x: Base64UrlUnpadded::encode_string(x),
            y: Base64UrlUnpadded::encode_string(y),
        })
    }
}

/// The three parts of a token; `signed` is the first two with the dot between them.
struct Parts<'a> {
    header: &'a str,
    claims: &'a str,
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn split(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        if claims.contains('.') { None } else { Some(Self { header, claims, signed, signature }) }
    }

    fn header(&self) -> Option<HeaderIn> {
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(self.header).ok()?).ok()
    }

    fn claims(&self) -> Option<Claims> {
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(self.claims).ok()?).ok()
    }
}

fn encode_json<T: Serialize>(value: &T) -> Result<String, ApiError> {
    let json = serde_json::to_vec(value).map_err(|error| ApiError::caused_by(ErrorCode::JwtCreate, error))?;
    Ok(Base64UrlUnpadded::encode_string(&json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_verified_and_parsed_once_and_no_more_are_remembered_than_there_is_room_for() {
        let cache = JwtCache::new();
        let app = AppId::from("app");
        let pair = GeneratedKey::generate().unwrap();
        let key = cache.signing_key(&JwtKeyId::from("key"), || Ok(pair.private_key.clone())).unwrap();
        let claims =
            Claims { aud: "user".into(), sub: "device".into(), iat: 1, exp: 2, fresh: true, sid: None };
        let token = key.sign(&claims).unwrap();
        cache.verify(&app, token.expose(), |_| Some(pair.public_key.clone())).unwrap();
        // A key that verifies nothing is asked whether it is there, and for nothing else.
        assert_eq!(cache.verify(&app, token.expose(), |_| Some(Vec::new())).unwrap(), claims);
        // Every time anew: whether the key belongs to the app, and to this app.
        let gone = cache.verify(&app, token.expose(), |_| None).unwrap_err();
        assert_eq!(gone.code(), ErrorCode::JwtKeyUnknown);
        cache.verify(&AppId::from("another"), token.expose(), |_| Some(Vec::new())).unwrap_err();
        let known = Arc::new(VerifiedToken { app, key: JwtKeyId::from("key"), claims });
        for number in 0..4 * VERIFIED_TOKENS {
            cache.verified.insert(sha256(&number.to_be_bytes()), known.clone());
        }
        assert!(cache.verified.len() <= VERIFIED_TOKENS, "{} tokens", cache.verified.len());
    }

    #[test]
    fn tokens_that_nobody_signed_are_not_remembered() {
        let cache = JwtCache::new();
        let app = AppId::from("app");
        let pair = GeneratedKey::generate().unwrap();
        let key = cache.signing_key(&JwtKeyId::from("key"), || Ok(pair.private_key.clone())).unwrap();
        let claims =
            Claims { aud: "user".into(), sub: "device".into(), iat: 1, exp: 2, fresh: true, sid: None };
        let good = key.sign(&claims).unwrap();
        let (signed, signature) = good.expose().rsplit_once('.').unwrap();
        for number in 0..100 {
            for token in
                [format!("{number}"), format!("{signed}{number}.{signature}"), format!("{signed}.{number}")]
            {
                cache.verify(&app, &token, |_| Some(pair.public_key.clone())).unwrap_err();
            }
        }
        assert_eq!(cache.verified.len(), 0);
        cache.verify(&app, good.expose(), |_| Some(pair.public_key.clone())).unwrap();
        assert_eq!(cache.verified.len(), 1);
        cache.forget(good.expose());
        assert_eq!(cache.verified.len(), 0);
    }
}
