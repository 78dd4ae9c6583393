//! Proof of work in the manner of hashcash: a number for which `SHA-256(id ‖ ":" ‖ number)` begins with some zero bits.

use crate::hash::sha256;

/// Longest number in digits.
const MAX_DIGITS: usize = 20;

/// Whether the number proves the work.
pub(super) fn is_proof(id: &str, number: &str, zero_bits: u32) -> bool {
    let is_number =
        (1..=MAX_DIGITS).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && leading_zero_bits(id, number) >= zero_bits
}

/// Does the work.
pub(super) fn solve(id: &str, zero_bits: u32) -> String {
    let mut number = 0_u64;
    loop {
        let text = number.to_string();
        if leading_zero_bits(id, &text) >= zero_bits {
            return text;
        }
        number = number.wrapping_add(1);
    }
}

fn leading_zero_bits(id: &str, number: &str) -> u32 {
    let hash = sha256(format!("{id}:{number}").as_bytes());
    let mut bits = 0_u32;
    for byte in hash {
        bits = bits.saturating_add(byte.leading_zeros());
        if byte != 0 {
            break;
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_proven_for_one_captcha_only() {
        let number = solve("a", 10);
        assert!(is_proof("a", &number, 10));
        assert!(!is_proof("a", &number, 40));
        let others = (0..20).filter(|other| is_proof(&format!("b{other}"), &number, 10)).count();
        assert!(others < 3, "the number proves something for {others} of 20 others");
    }

    #[test]
    fn what_is_no_number_proves_nothing() {
        for bad in ["", "-1", " 1", "1e3", "١", "123456789012345678901"] {
            assert!(!is_proof("a", bad, 0), "{bad:?}");
        }
    }
}
