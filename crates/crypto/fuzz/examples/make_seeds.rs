//! Writes `seeds/` from the golden vectors: `cargo run --example make_seeds`.

use std::fs;
use std::path::PathBuf;

use keyfold_protocol::encoding::Base64Text;
use serde_json::Value;

fn main() {
    let content = vectors("std_content");
    let negative = vectors("std_envelope_negative");
    let exports = vectors("std_key_export");
    let groups = vectors("std_group");
    let rotations = vectors("std_key_rotation");
    let generated = vectors("std_generated_keys");
    let logins = vectors("std_register_login");
    let files = vectors("std_file");
    let rec = vectors("rec_asymmetric");
    let rec_sign = vectors("rec_sign");

    let out = Seeds("envelope");
    for name in ["symmetric", "asymmetric"] {
        for signed in [false, true] {
            let of_kind = |kind: &str| {
                list(&content[name]).iter().find(|case| case["signed"] == signed && case["kind"] == kind)
            };
            if let Some(case) = of_kind("bytes") {
                out.write(&format!("{name}_signed_{signed}"), 'b', &base64(&case["envelope_b64"]));
            }
        }
    }
    for (number, case) in list(&negative["bytes"]).iter().enumerate() {
        out.write(&format!("negative_{number}"), 'b', &base64(&case["envelope_b64"]));
    }
    out.write("text", 't', text(&negative["strings"][0]["envelope_string"]).as_bytes());
    out.write("head", 'h', br#"{"id":"k","sign":{"id":"s","alg":"ED25519"}}"#);
    out.write("payload", 'w', &[7; 60]);

    let out = Seeds("ciphertext");
    let std = vectors("std_asymmetric");
    out.write("ecies", 'e', &hex(&std["ecies"][0]["ciphertext_hex"]));
    out.write("hybrid", 'e', &base64(&std["hybrid"][0]["ciphertext_b64"]));
    out.write("rec_ecies", 'e', &hex(&rec["ecies"][0]["ciphertext_hex"]));
    out.write("rec_hybrid", 'e', &base64(&rec["hybrid"][0]["ciphertext_b64"]));
    out.write("inner", 'i', &hex(&rec["hybrid"][0]["inner_ecies_blob_hex"]));
    out.write("symmetric", 's', &hex(&vectors("std_symmetric")["vectors"][2]["ciphertext_hex"]));
    out.write("rec_signed", 'v', &base64(&rec_sign["hybrid"][0]["signed_data_b64"]));
    let detached = text(&rec_sign["hybrid"][0]["signature_export_string"]);
    out.write("rec_detached", 'd', &[b"hello\0", detached.as_bytes()].concat());

    let out = Seeds("key_import");
    for kind in ["secret_keys", "public_keys", "sign_keys", "verify_keys"] {
        for key in list(&exports[kind]).iter().take(2) {
            let algorithm = text(&key["alg"]);
            let export = text(&key["client_export_json"]);
            let name = format!("{kind}_{algorithm}");
            out.write(&name, 'c', export.as_bytes());
            if let Some(server_form) = key["server_form_pem"].as_str() {
                out.write(&format!("{name}_server"), 's', format!("{algorithm}\n{server_form}").as_bytes());
            }
        }
    }
    let hybrid = &exports["public_keys"][2];
    let line = format!("{}\n{}", text(&hybrid["alg"]), text(&hybrid["server_form_pem"]));
    out.write("hybrid_server", 's', line.as_bytes());
    let hybrid = &exports["secret_keys"][2];
    let line = format!("{}\n{}", text(&hybrid["alg"]), text(&hybrid["client_export_json"]));
    out.write("hybrid_as", 'a', line.as_bytes());
    for name in ["symmetric_key_export_json", "hmac_key_export_json", "sortable_key_export_json"] {
        out.write(name, 'c', text(&exports[name]).as_bytes());
    }
    for (number, case) in list(&exports["pem_import_cases"]).iter().enumerate() {
        let line = format!("{}\n{}", text(&case["alg"]), text(&case["pem"]));
        out.write(&format!("pem_{number}"), 's', line.as_bytes());
    }
    let fips = &vectors("rec_fips_misc")["fips"];
    let line = format!("{}\n{}", text(&fips["asym_alg"]), text(&fips["rsa_server_form_pem"]));
    out.write("rsa_server", 's', line.as_bytes());
    out.write("public_key_data", 'c', text(&content["public_key_json"]).as_bytes());

    let out = Seeds("server_objects");
    let group = &groups["groups"][0];
    out.write("group_key", 'g', text(&group["server_group_key_json"]).as_bytes());
    out.write("hmac_key", 'm', text(&group["server_hmac_key_json"]).as_bytes());
    out.write("sortable_key", 'o', text(&group["server_sortable_key_json"]).as_bytes());
    let rotation = text(&rotations["steps"][0]["member_rotation_input_json"]);
    out.write("rotation", 'r', rotation.as_bytes());
    out.write("generated_key", 'd', text(&generated["by_group_key"]["server_output_json"]).as_bytes());
    let verify_login: Value =
        serde_json::from_str(text(&logins["vectors"][0]["server"]["verify_login_response_json"])).unwrap();
    out.write("user_key", 'u', verify_login["result"]["user_keys"][0].to_string().as_bytes());
    out.write("group_key_content", 'G', &[1; 32]);
    let private: Value =
        serde_json::from_str(text(&group["expected"]["private_group_key_export_json"])).unwrap();
    let private = &private["EciesKyberHybrid"];
    out.write("private_key_content", 'P', &[base64(&private["x"]), base64(&private["k"])].concat());
    out.write("ephemeral_key_content", 'E', &[2; 32]);
    let sign: Value =
        serde_json::from_str(text(&logins["vectors"][0]["expected"]["user_sign_key_export_json"])).unwrap();
    let sign = &sign["Ed25519DilithiumHybrid"];
    out.write("sign_key_content", 'S', &[base64(&sign["x"]), base64(&sign["k"])].concat());

    let out = Seeds("login_answer");
    let server = &logins["vectors"][0]["server"];
    for (name, mode) in [("prepare_login", 'p'), ("done_login", 'd'), ("verify_login", 'v')] {
        let answer: Value = serde_json::from_str(text(&server[format!("{name}_response_json")])).unwrap();
        out.write(name, mode, answer["result"].to_string().as_bytes());
    }
    out.write("challenge", 'c', &[b'x'; 67]);
    out.write("master_key", 'M', &[3; 32]);
    let auth_key = text(&logins["vectors"][0]["client"]["auth_key_b64"]);
    out.write("second_factor", 'r', format!("{{\"Argon2\":\"{auth_key}\"}}\n{auth_key}").as_bytes());

    let out = Seeds("file_part");
    out.write("first", '1', &base64(&files["files"][0]["parts"][0]["part_b64"]));
    out.write("second", '2', &base64(&files["files"][0]["parts"][1]["part_b64"]));
    out.write("signed", 's', &base64(&files["files"][1]["parts"][0]["part_b64"]));
    out.write("part_key", 'k', &[4; 32]);

    let out = Seeds("text_index");
    for (number, text) in
        ["hello world", "Straße", "日本語", "naïve façade – 99€ 🧪", "e\u{301}", ""].iter().enumerate()
    {
        out.write(&number.to_string(), '\u{4}', text.as_bytes());
    }
}

/// The folder of one target.
struct Seeds(&'static str);

impl Seeds {
    fn write(&self, name: &str, mode: char, input: &[u8]) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("seeds").join(self.0);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), [&[mode as u8], input].concat()).unwrap();
    }
}

fn vectors(name: &str) -> Value {
    let path = format!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../testing/vectors/{}.json"), name);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn hex(value: &Value) -> Vec<u8> {
    let digits = text(value).as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn base64(value: &Value) -> Vec<u8> {
    Base64Text::parse(text(value)).unwrap().decode()
}
