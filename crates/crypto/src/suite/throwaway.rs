//! A suite that exists in tests only, to show what adding one takes: this module and one variant per kind of key.

use super::gcm::{GcmKey, GcmSuite};
use super::hybrid::HybridEncryption;
use super::renamed::{Name, Renamed};
use super::{Format, SignatureFormat, Suite, rec, std};
use crate::Strength;
use crate::primitives::{ed25519, x25519};

pub(crate) const SUITE: Suite = Suite {
    name: "throwaway",
    symmetric: GCM.id,
    encryption: ECIES_ML_KEM.id,
    signing: ED25519.id,
    search: HMAC.id,
    sort: OPE.id,
    password: "THROWAWAY-ARGON2",
    cost: crate::password::Cost::CURRENT,
};

const GCM: Format = format("THROWAWAY-GCM", "ThrowawayGcm", false, Strength::Hybrid, SignatureFormat::NONE);
const ECIES_ML_KEM: Format =
    format("THROWAWAY-ECIES-ML-KEM", "ThrowawayEciesMlKem", true, Strength::Hybrid, SignatureFormat::NONE);
const ED25519: Format = format(
    "THROWAWAY-ED25519",
    "ThrowawayEd25519",
    false,
    Strength::Classical,
    SignatureFormat { len: ed25519::SIGNATURE_LEN, x_len: None },
);
const HMAC: Format =
    format("THROWAWAY-HMAC", "ThrowawayHmac", false, Strength::Hybrid, SignatureFormat::NONE);
const OPE: Format = format("THROWAWAY-OPE", "ThrowawayOpe", false, Strength::Hybrid, SignatureFormat::NONE);

const fn format(
    id: &'static str,
    tag: &'static str,
    hybrid: bool,
    strength: Strength,
    signature: SignatureFormat,
) -> Format {
    Format { id, tag: Some(tag), hybrid, strength, signature }
}

pub(crate) type Aead = GcmKey<Throwaway>;
pub(crate) type Sign = Renamed<std::Ed25519Sign, SignName>;
pub(crate) type Verify = Renamed<std::Ed25519Verify, SignName>;
pub(crate) type Search = Renamed<std::HmacSha256, SearchName>;
pub(crate) type Sort = Renamed<std::Ope16, SortName>;

pub(crate) enum Throwaway {}

impl GcmSuite for Throwaway {
    const FORMAT: &'static Format = &GCM;
    const TAG_FIRST: bool = true;
}

impl HybridEncryption for Throwaway {
    const FORMAT: &'static Format = &ECIES_ML_KEM;
    const X_LEN: (usize, usize) = (x25519::LEN, x25519::LEN);
    type XSecret = std::EciesSecret;
    type KSecret = rec::MlKemSecret;
    type XPublic = std::EciesPublic;
    type KPublic = rec::MlKemPublic;
}

pub(crate) enum SignName {}

impl Name for SignName {
    const FORMAT: &'static Format = &ED25519;
}

pub(crate) enum SearchName {}

impl Name for SearchName {
    const FORMAT: &'static Format = &HMAC;
}

pub(crate) enum SortName {}

impl Name for SortName {
    const FORMAT: &'static Format = &OPE;
}

mod tests {
    use super::SUITE;
    use crate::group::{self, GroupKeys};
    use crate::rotation::{self, PendingKey};
    use crate::stored::{self, User};
    use crate::{PublicKey, SearchKey, SortKey, Suite, SymmetricKey, Verification};

    #[test]
    fn every_flow_works_in_a_suite_that_is_one_module_and_one_variant_per_kind_of_key() {
        let user = User::register("user", &SUITE);
        assert_eq!(user.device.private_key.algorithm(), "THROWAWAY-ECIES-ML-KEM");
        let public = user.keys.group.public_key().unwrap().clone();
        let (body, _) = group::create(&public, None, &SUITE).unwrap();
        let keys = GroupKeys::open(
            &stored::group_key(&body, "g1", public.id()),
            user.keys.group.private_key().unwrap(),
            Verification::Ignore,
        )
        .unwrap();
        let search = SearchKey::open(&stored::hmac_key(&body, "g1"), &keys.key).unwrap();
        assert_eq!(search.query("text").len(), 43);
        SortKey::open(&stored::sortable_key(&body, "g1"), &keys.key).unwrap().encrypt_number(7).unwrap();

        let text = keys.key.encrypt_text("hello", "", Some(&user.keys.sign_key)).unwrap();
        let verification = Verification::Require(&user.keys.verify_key);
        assert_eq!(keys.key.decrypt_text(&text, "", verification).unwrap(), "hello");
        let again = SymmetricKey::import(keys.key.export().unwrap().expose()).unwrap();
        assert_eq!(again.decrypt_text(&text, "", verification).unwrap(), "hello");
        let again = PublicKey::import(&keys.public_key().unwrap().export().unwrap()).unwrap();
        assert_eq!(&again, keys.public_key().unwrap());
    }

    #[test]
    fn a_group_moves_to_another_suite_by_a_rotation_and_keeps_its_contents() {
        let user = User::register("mover", &Suite::STD);
        let public = user.keys.group.public_key().unwrap().clone();
        let private = user.keys.group.private_key().unwrap();
        let (body, _) = group::create(&public, None, &Suite::STD).unwrap();
        let old =
            GroupKeys::open(&stored::group_key(&body, "g1", public.id()), private, Verification::Ignore)
                .unwrap();
        let text = old.key.encrypt_text("old", "", None).unwrap();

        let rotation = rotation::start(&old.key, &public, None, &SUITE).unwrap();
        let pending =
            PendingKey::open(&stored::pending(&rotation, "g2", &public), private, &old.key).unwrap();
        let object =
            stored::finished(&stored::rotated(&rotation, "g2", 2), &pending.accept(&public).unwrap());
        let new = GroupKeys::open(&object, private, Verification::Ignore).unwrap();
        assert_eq!((old.key.algorithm(), new.key.algorithm()), ("AES-GCM-256", "THROWAWAY-GCM"));
        assert_eq!(old.key.decrypt_text(&text, "", Verification::Ignore).unwrap(), "old");
        let text = new.key.encrypt_text("new", "", None).unwrap();
        assert_eq!(new.key.decrypt_text(&text, "", Verification::Ignore).unwrap(), "new");
    }
}
