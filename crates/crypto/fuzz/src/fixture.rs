//! The keys that the targets work with, out of the golden vectors.

use std::sync::LazyLock;

use keyfold_crypto::{
    Device, Login, PrivateKey, PublicKey, SearchKey, SigningKey, SortKey, SymmetricKey, VerifyingKey,
};
use keyfold_protocol::encoding::DeviceIdentifier;
use keyfold_protocol::group::{GroupKey, KeyRotationPending};
use keyfold_protocol::user::{DeviceKeys, DoneLoginOutput};
use serde_json::Value;

pub(crate) fn fixture() -> &'static Fixture {
    static FIXTURE: LazyLock<Fixture> = LazyLock::new(Fixture::load);
    &FIXTURE
}

pub(crate) struct Fixture {
    pub(crate) content: Content,
    pub(crate) bare: Bare,
    pub(crate) server: Server,
    pub(crate) login: LoginKeys,
    pub(crate) file: File,
    pub(crate) index: Index,
}

pub(crate) struct Content {
    pub(crate) symmetric: [SymmetricKey; 2],
    pub(crate) private: PrivateKey,
    pub(crate) signing: SigningKey,
    pub(crate) verifying: VerifyingKey,
}

/// One key of every readable algorithm.
pub(crate) struct Bare {
    pub(crate) private: Vec<PrivateKey>,
    /// The post-quantum half of a hybrid key, which makes the outer layer, and the hybrid that it belongs to.
    pub(crate) hybrid: Vec<(PublicKey, PrivateKey)>,
    pub(crate) symmetric: Vec<SymmetricKey>,
    pub(crate) verifying: Vec<VerifyingKey>,
}

pub(crate) struct Server {
    pub(crate) user_private: PrivateKey,
    pub(crate) user_public: PublicKey,
    pub(crate) verifying: VerifyingKey,
    pub(crate) group_key: SymmetricKey,
    pub(crate) group_object: GroupKey,
    pub(crate) member_private: PrivateKey,
    pub(crate) member_public: PublicKey,
    pub(crate) rotation_object: KeyRotationPending,
    pub(crate) device_private: PrivateKey,
    pub(crate) user_object: GroupKey,
    pub(crate) user_group_key: SymmetricKey,
}

pub(crate) struct LoginKeys {
    pub(crate) login: Login,
    pub(crate) encryption_key: SymmetricKey,
    pub(crate) device_keys: DeviceKeys,
    pub(crate) device: Device,
}

pub(crate) struct File {
    pub(crate) content_key: SymmetricKey,
    pub(crate) first_part: Vec<u8>,
    pub(crate) signed_content_key: SymmetricKey,
    pub(crate) verifying: VerifyingKey,
}

pub(crate) struct Index {
    pub(crate) search: SearchKey,
    pub(crate) sort: SortKey,
}

impl Fixture {
    fn load() -> Self {
        Self {
            content: Content::load(),
            bare: Bare::load(),
            server: Server::load(),
            login: LoginKeys::load(),
            file: File::load(),
            index: Index::load(),
        }
    }
}

impl Content {
    fn load() -> Self {
        let file = vectors("std_content");
        Self {
            symmetric: [&file, &vectors("std_envelope_negative")]
                .map(|file| SymmetricKey::import(text(&file["key_export_json"])).unwrap()),
            private: PrivateKey::import(text(&file["private_key_export_json"])).unwrap(),
            signing: SigningKey::import(text(&file["sign_key_export_json"])).unwrap(),
            verifying: VerifyingKey::import_data(text(&file["verify_key_json"])).unwrap(),
        }
    }
}

impl Bare {
    fn load() -> Self {
        let std = vectors("std_key_export");
        let rec = vectors("rec_asymmetric");
        let rec_sign = vectors("rec_sign");
        let rec_keys = &vectors("rec_fips_misc")["rec"];

        let mut private = Vec::new();
        let mut hybrid = Vec::new();
        for key in list(&std["secret_keys"]) {
            private.push(PrivateKey::import_as(text(&key["alg"]), text(&key["client_export_json"])).unwrap());
        }
        let rec_hybrid = &rec["hybrid"][0];
        let rec_ecies = &rec["ecies"][0];
        for (algorithm, export) in [
            (&rec["algs"]["ecies"], &rec_ecies["secret_key_export_json"]),
            (&rec["algs"]["hybrid"], &rec_hybrid["secret_key_export_json"]),
        ] {
            private.push(PrivateKey::import_as(text(algorithm), text(export)).unwrap());
        }

        for (tag, outer, export) in [
            ("EciesKyberHybrid", "Kyber", &list(&std["secret_keys"])[2]["client_export_json"]),
            ("EciesMlKemHybrid", "MlKem", &rec_hybrid["secret_key_export_json"]),
        ] {
            let key = PrivateKey::import(text(export)).unwrap();
            let exported: Value = serde_json::from_str(&key.public_key().unwrap().export().unwrap()).unwrap();
            let half = format!(r#"{{"{outer}":{{"key":{},"key_id":"k"}}}}"#, exported[tag]["k"]);
            hybrid.push((PublicKey::import(&half).unwrap(), key));
        }

        let symmetric = [&std["symmetric_key_export_json"], &rec_keys["symmetric_key_export_json"]];
        let mut verifying: Vec<_> = list(&std["verify_keys"])
            .iter()
            .map(|key| VerifyingKey::parse("id", text(&key["alg"]), text(&key["server_form_pem"])).unwrap())
            .collect();
        let rec_verifying = text(&rec_sign["hybrid"][0]["verify_key_server_form_pem"]);
        verifying.push(VerifyingKey::parse("id", text(&rec_sign["algs"]["hybrid"]), rec_verifying).unwrap());

        Self {
            private,
            hybrid,
            symmetric: symmetric.map(|export| SymmetricKey::import(text(export)).unwrap()).into(),
            verifying,
        }
    }
}

impl Server {
    fn load() -> Self {
        let groups = vectors("std_group");
        let rotations = vectors("std_key_rotation");
        let logins = vectors("std_register_login");
        let group = &groups["groups"][0];
        let user = &logins["vectors"][0];
        let verify_login: Value =
            serde_json::from_str(text(&user["server"]["verify_login_response_json"])).unwrap();
        let private = |export: &Value| PrivateKey::import(text(export)).unwrap();
        let user_private = private(&groups["creator"]["private_key_export_json"]);
        let member_private = private(&groups["member"]["private_key_export_json"]);
        Self {
            user_public: user_private.public_key().unwrap(),
            user_private,
            verifying: VerifyingKey::import_data(text(&groups["creator"]["exported_verify_key_json"]))
                .unwrap(),
            group_key: SymmetricKey::import(text(&group["expected"]["group_key_export_json"])).unwrap(),
            group_object: serde_json::from_str(text(&group["server_group_key_json"])).unwrap(),
            member_public: member_private.public_key().unwrap(),
            member_private,
            rotation_object: serde_json::from_str(text(&rotations["steps"][0]["member_rotation_input_json"]))
                .unwrap(),
            device_private: private(&user["expected"]["device_private_key_export_json"]),
            user_object: serde_json::from_value(verify_login["result"]["user_keys"][0].clone()).unwrap(),
            user_group_key: SymmetricKey::import(text(&user["expected"]["user_group_key_export_json"]))
                .unwrap(),
        }
    }
}

impl LoginKeys {
    fn load() -> Self {
        let file = vectors("std_register_login");
        let user = &file["vectors"][0];
        let client = &user["client"];
        let key = from_hex(text(&client["master_key_encryption_key_hex"]));
        let key = keyfold_protocol::encoding::Base64Text::encode(&key);
        let identifier = DeviceIdentifier::parse(text(&user["identifier"])).unwrap();
        let login = Login::restore(
            &identifier,
            &format!(r#"{{"Argon2":"{}"}}"#, key.as_str()),
            text(&client["auth_key_b64"]),
            "ARGON-2-SHA256",
        )
        .unwrap();
        let answer: Value = serde_json::from_str(text(&user["server"]["done_login_response_json"])).unwrap();
        let DoneLoginOutput::Direct(answer) = serde_json::from_value(answer["result"].clone()).unwrap()
        else {
            panic!("the account of the vectors has no second factor");
        };
        let encryption_key = format!(r#"{{"Aes":{{"key":"{}","key_id":""}}}}"#, key.as_str());
        Self {
            device: login.open_device(&answer.device_keys).unwrap(),
            login,
            encryption_key: SymmetricKey::import(&encryption_key).unwrap(),
            device_keys: answer.device_keys,
        }
    }
}

impl File {
    fn load() -> Self {
        let file = vectors("std_file");
        let [plain, signed] = [&file["files"][0], &file["files"][1]];
        let first_part = text(&plain["parts"][0]["part_b64"]);
        Self {
            content_key: SymmetricKey::import(text(&plain["content_key_export_json"])).unwrap(),
            first_part: from_base64(first_part),
            signed_content_key: SymmetricKey::import(text(&signed["content_key_export_json"])).unwrap(),
            verifying: VerifyingKey::import_data(text(&signed["verify_key_json"])).unwrap(),
        }
    }
}

impl Index {
    fn load() -> Self {
        let keys = vectors("std_key_export");
        Self {
            search: SearchKey::import(text(&keys["hmac_key_export_json"])).unwrap(),
            sort: SortKey::import(text(&keys["sortable_key_export_json"])).unwrap(),
        }
    }
}

fn vectors(name: &str) -> Value {
    let path = format!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../testing/vectors/{}.json"), name);
    let json = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_slice(&json).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn from_hex(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn from_base64(text: &str) -> Vec<u8> {
    keyfold_protocol::encoding::Base64Text::parse(text).unwrap().decode()
}
