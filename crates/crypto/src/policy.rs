//! What a client insists on.

use serde::{Deserialize, Serialize};

/// How much has to break before a key is worthless. Ordered: a later one is stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Strength {
    /// Falls to a large quantum computer.
    Classical,
    /// Rests on a lattice problem alone.
    PostQuantum,
    /// Falls only if both a classical and a lattice problem fall.
    Hybrid,
}

/// What a client demands of keys and signatures that a server hands it.
///
/// Without one, a server could name a weaker algorithm for somebody else's key, leave a signature out, or hand over a
/// key that nobody signed, and the other side's encryption would be worth as much as the server wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The weakest public key to encrypt to.
    pub minimum_encryption: Strength,
    /// The weakest verify key to trust a signature of.
    pub minimum_signature: Strength,
    /// Whether a user's public key must be signed by that user before anything is encrypted to it.
    pub signed_public_keys: bool,
    /// Whether a group key must be signed by the user who made it.
    pub signed_group_keys: bool,
}

impl Policy {
    /// What fits every account of today: hybrid keys, signatures checked where they are but not demanded.
    pub const DEFAULT: Self = Self {
        minimum_encryption: Strength::Hybrid,
        minimum_signature: Strength::Hybrid,
        signed_public_keys: false,
        signed_group_keys: false,
    };

    /// Demands every signature that the format has.
    pub const STRICT: Self = Self { signed_public_keys: true, signed_group_keys: true, ..Self::DEFAULT };

    /// Reads everything, also classical-only keys: for data from before there were hybrid ones.
    pub const PERMISSIVE: Self = Self {
        minimum_encryption: Strength::Classical,
        minimum_signature: Strength::Classical,
        signed_public_keys: false,
        signed_group_keys: false,
    };
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}
