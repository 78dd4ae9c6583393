//! What can go wrong, one variant per meaning, each with the code that callers see.

/// Failure of a cryptographic operation or of reading what a server or another client made.
///
/// Every variant has a [`code`](Error::code), the text that applications match on. Codes below `client_400` have the
/// meaning that existing clients give them, and some are shared by several variants because of that. Codes from
/// `client_400` to `client_419` stand for checks that only this implementation makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
// As wide as a register: moved in one piece, also inside of the client's error.
#[repr(u32)]
pub enum Error {
    /// `client_1`: an algorithm id that no suite of this crate knows.
    #[error("unknown algorithm")]
    UnknownAlgorithm,
    /// `client_2`: an encrypted key is not base64.
    #[error("the encrypted key is not base64")]
    EncryptedKeyNotBase64,
    /// `client_3`: the bytes of a private key cannot be used for decryption.
    #[error("the private key cannot be used")]
    UnusablePrivateKey,
    /// `client_4`: the salt of a login answer is not base64 or not 32 bytes.
    #[error("the salt is not base64 of 32 bytes")]
    InvalidSalt,
    /// `client_5`: the client random value is not base64 or not 16 bytes.
    #[error("the client random value is not base64 of 16 bytes")]
    InvalidClientRandomValue,
    /// `client_6`: an auth key or its hash is not base64 or has the wrong length.
    #[error("the auth key is not base64 of the right length")]
    InvalidAuthKey,
    /// `client_8`: a detached signature or a key in text form is not base64 where it must be.
    #[error("the signature is not base64")]
    SignatureNotBase64,
    /// `client_9`: an encrypted ephemeral key is not base64.
    #[error("the ephemeral key is not base64")]
    EphemeralKeyNotBase64,
    /// `client_10`: an encrypted value is shorter than the shortest that its algorithm makes.
    #[error("the ciphertext is too short")]
    CiphertextTooShort,
    /// `client_10`: an envelope is not base64 or has no end of head.
    #[error("the encrypted text is malformed")]
    MalformedEnvelope,
    /// `client_10`: decrypted bytes are not UTF-8 although a text was asked for.
    #[error("the decrypted bytes are not text")]
    PlaintextNotUtf8,
    /// `client_11`: a new key could not be generated.
    #[error("key generation failed")]
    KeyGeneration,
    /// `client_12`: encryption failed, for example because the data is longer than the cipher allows.
    #[error("encryption failed")]
    Encryption,
    /// `client_13`: the system gave no randomness.
    #[error("no randomness available")]
    NoRandomness,
    /// `client_14`: wrong key, wrong additional data, or the ciphertext was changed.
    #[error("decryption failed")]
    Decryption,
    /// `client_20`: the password could not be hashed.
    #[error("hashing the password failed")]
    PasswordHash,
    /// `client_20`: the verify key is not the one that the signed content names.
    #[error("the verify key is not the one the content was signed with")]
    WrongVerifyKey,
    /// `client_21`: an encrypted generated key is not base64.
    #[error("the generated key is not base64")]
    GeneratedKeyNotBase64,
    /// `client_22`: the signature of a content or a file part is wrong.
    #[error("the signature is wrong")]
    ContentSignature,
    /// `client_30`: a key has the wrong length.
    #[error("the key has a wrong length")]
    KeyLength,
    /// `client_31`: the signature of a group key, or of a user's public key, is wrong.
    #[error("the signature of the key is wrong")]
    KeySignature,
    /// `client_41`: signing failed.
    #[error("signing failed")]
    Signing,
    /// `client_42`: signed data is not longer than its signature.
    #[error("the signed data is not longer than its signature")]
    SignedDataTooShort,
    /// `client_43`: a verify key is no valid point, or a signature is malformed.
    #[error("the verify key is malformed")]
    MalformedVerifyKey,
    /// `client_50`: a keyed hash could not be computed.
    #[error("the keyed hash failed")]
    Hmac,
    /// `client_60`: the range of the order preserving cipher is smaller than its domain.
    #[error("the sortable range is too small")]
    SortableRange,
    /// `client_61`: a number is larger than 65532, or a text maps to a larger one.
    #[error("the value is too large to be sortable")]
    SortableValueTooLarge,
    /// `client_62`: arguments of the sampler of the order preserving cipher do not fit together.
    #[error("the sortable sampler was called out of its range")]
    SortableSampler,
    /// `client_100`: a value could not be written as JSON.
    #[error("JSON could not be written")]
    JsonWrite,
    /// `client_101`: a text is not the expected JSON.
    #[error("JSON could not be read")]
    JsonRead,
    /// `client_102`: a server answer lacks a member that the operation needs.
    #[error("the server answer is incomplete")]
    MissingMember,
    /// `client_109`: an exported key has a form that no suite of this crate writes.
    #[error("the exported key is not recognised")]
    ExportNotRecognised,
    /// `client_110`: the bytes inside an exported sign key are not a sign key.
    #[error("the exported sign key cannot be read")]
    ImportSignKey,
    /// `client_111`: the bytes inside an exported private key are not a private key.
    #[error("the exported private key cannot be read")]
    ImportPrivateKey,
    /// `client_112`: the bytes inside an exported symmetric, search or sort key are not such a key.
    #[error("the exported symmetric key cannot be read")]
    ImportSymmetricKey,
    /// `client_113`: the bytes inside an exported public key are not a public key.
    #[error("the exported public key cannot be read")]
    ImportPublicKey,
    /// `client_114`: the bytes inside an exported verify key are not a verify key.
    #[error("the exported verify key cannot be read")]
    ImportVerifyKey,
    /// `client_115`: the armour around a public or verify key cannot be read.
    #[error("the PEM text cannot be read")]
    Pem,
    /// `client_116`: the login key kept while a second factor is asked for cannot be read.
    #[error("the stored login key cannot be read")]
    StoredLoginKey,
    /// `client_130`: a login answer lacks the user's sign keys.
    #[error("the login answer lacks the user's sign keys")]
    MissingSignKeys,
    /// `client_203`: a pending key rotation cannot be read.
    #[error("the key rotation cannot be read")]
    MalformedRotation,
    /// `client_204`: the server reports that it could not prepare the rotation for this member.
    #[error("the server could not prepare the key rotation for this member")]
    RotationRefused,
    /// `client_300`: a text has more than 200 bytes to be searchable by prefixes.
    #[error("the text is too long to be searchable")]
    SearchableTooLong,
    /// `client_301`: an empty text cannot be made searchable.
    #[error("an empty text cannot be searchable")]
    SearchableEmpty,
    /// `client_1102`: the challenge of a login answer does not have the documented form.
    #[error("the login challenge is not acceptable")]
    LoginChallenge,

    /// `client_400`: a public half does not belong to the secret half that came with it.
    #[error("the public key does not belong to the private key")]
    KeyPairMismatch,
    /// `client_401`: a signature is required and there is none.
    #[error("a required signature is missing")]
    SignatureMissing,
    /// `client_402`: an encrypted value names another key than the one it was to be opened with.
    #[error("the content was encrypted with another key")]
    WrongKey,
    /// `client_403`: the algorithm of a key is weaker than the policy allows.
    #[error("the algorithm is weaker than the policy allows")]
    WeakAlgorithm,
    /// `client_404`: the declared algorithm is not that of the key.
    #[error("the declared algorithm is not that of the key")]
    AlgorithmMismatch,
    /// `client_405`: a key is a point of small order, with which every secret is known in advance.
    #[error("the key is a point of small order")]
    WeakKey,
    /// `client_406`: a symmetric key has been used so often that random nonces are about to repeat.
    #[error("the key has been used too often, rotate it")]
    KeyExhausted,
    /// `client_407`: the parts of a file do not add up to the announced number or size.
    #[error("the file is incomplete")]
    IncompleteFile,
    /// `client_408`: a text has a character that has no place in the sort order.
    #[error("only ASCII texts can be sorted")]
    SortableNotAscii,
    /// `client_409`: another key than before under the same id.
    #[error("the key was replaced by another one")]
    KeyReplaced,
}

impl Error {
    /// All of them, in the order of their codes.
    pub const ALL: &'static [Self] = &[
        Self::UnknownAlgorithm,
        Self::EncryptedKeyNotBase64,
        Self::UnusablePrivateKey,
        Self::InvalidSalt,
        Self::InvalidClientRandomValue,
        Self::InvalidAuthKey,
        Self::SignatureNotBase64,
        Self::EphemeralKeyNotBase64,
        Self::CiphertextTooShort,
        Self::MalformedEnvelope,
        Self::PlaintextNotUtf8,
        Self::KeyGeneration,
        Self::Encryption,
        Self::NoRandomness,
        Self::Decryption,
        Self::PasswordHash,
        Self::WrongVerifyKey,
        Self::GeneratedKeyNotBase64,
        Self::ContentSignature,
        Self::KeyLength,
        Self::KeySignature,
        Self::Signing,
        Self::SignedDataTooShort,
        Self::MalformedVerifyKey,
        Self::Hmac,
        Self::SortableRange,
        Self::SortableValueTooLarge,
        Self::SortableSampler,
        Self::JsonWrite,
        Self::JsonRead,
        Self::MissingMember,
        Self::ExportNotRecognised,
        Self::ImportSignKey,
        Self::ImportPrivateKey,
        Self::ImportSymmetricKey,
        Self::ImportPublicKey,
        Self::ImportVerifyKey,
        Self::Pem,
        Self::StoredLoginKey,
        Self::MissingSignKeys,
        Self::MalformedRotation,
        Self::RotationRefused,
        Self::SearchableTooLong,
        Self::SearchableEmpty,
        Self::LoginChallenge,
        Self::KeyPairMismatch,
        Self::SignatureMissing,
        Self::WrongKey,
        Self::WeakAlgorithm,
        Self::AlgorithmMismatch,
        Self::WeakKey,
        Self::KeyExhausted,
        Self::IncompleteFile,
        Self::SortableNotAscii,
        Self::KeyReplaced,
    ];

    /// The code under which applications know this error, for example `client_14`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownAlgorithm => "client_1",
            Self::EncryptedKeyNotBase64 => "client_2",
            Self::UnusablePrivateKey => "client_3",
            Self::InvalidSalt => "client_4",
            Self::InvalidClientRandomValue => "client_5",
            Self::InvalidAuthKey => "client_6",
            Self::SignatureNotBase64 => "client_8",
            Self::EphemeralKeyNotBase64 => "client_9",
            Self::CiphertextTooShort | Self::MalformedEnvelope | Self::PlaintextNotUtf8 => "client_10",
            Self::KeyGeneration => "client_11",
            Self::Encryption => "client_12",
            Self::NoRandomness => "client_13",
            Self::Decryption => "client_14",
            Self::PasswordHash | Self::WrongVerifyKey => "client_20",
            Self::GeneratedKeyNotBase64 => "client_21",
            Self::ContentSignature => "client_22",
            Self::KeyLength => "client_30",
            Self::KeySignature => "client_31",
            Self::Signing => "client_41",
            Self::SignedDataTooShort => "client_42",
            Self::MalformedVerifyKey => "client_43",
            Self::Hmac => "client_50",
            Self::SortableRange => "client_60",
            Self::SortableValueTooLarge => "client_61",
            Self::SortableSampler => "client_62",
            Self::JsonWrite => "client_100",
            Self::JsonRead => "client_101",
            Self::MissingMember => "client_102",
            Self::ExportNotRecognised => "client_109",
            Self::ImportSignKey => "client_110",
            Self::ImportPrivateKey => "client_111",
            Self::ImportSymmetricKey => "client_112",
            Self::ImportPublicKey => "client_113",
            Self::ImportVerifyKey => "client_114",
            Self::Pem => "client_115",
            Self::StoredLoginKey => "client_116",
            Self::MissingSignKeys => "client_130",
            Self::MalformedRotation => "client_203",
            Self::RotationRefused => "client_204",
            Self::SearchableTooLong => "client_300",
            Self::SearchableEmpty => "client_301",
            Self::LoginChallenge => "client_1102",
            Self::KeyPairMismatch => "client_400",
            Self::SignatureMissing => "client_401",
            Self::WrongKey => "client_402",
            Self::WeakAlgorithm => "client_403",
            Self::AlgorithmMismatch => "client_404",
            Self::WeakKey => "client_405",
            Self::KeyExhausted => "client_406",
            Self::IncompleteFile => "client_407",
            Self::SortableNotAscii => "client_408",
            Self::KeyReplaced => "client_409",
        }
    }

    /// Tells failures apart that share a [`code`](Self::code), for example `wrong_verify_key`. `None` where the code says it all.
    #[must_use]
    pub const fn kind(self) -> Option<&'static str> {
        match self {
            Self::CiphertextTooShort => Some("ciphertext_too_short"),
            Self::MalformedEnvelope => Some("malformed_envelope"),
            Self::PlaintextNotUtf8 => Some("plaintext_not_utf8"),
            Self::PasswordHash => Some("password_hash"),
            Self::WrongVerifyKey => Some("wrong_verify_key"),
            _ => None,
        }
    }

    /// The JSON text that language bindings throw: `{"status": "client_14", "error_message": "…"}`.
    ///
    /// The code is always quoted, and neither part can contain a character that JSON would have to escape.
    #[must_use]
    pub fn to_json(self) -> String {
        format!("{{\"status\": \"{}\", \"error_message\": \"{self}\"}}", self.code())
    }
}
