//! The order-preserving scheme written down exactly as `docs/protocol/sortable.md` states it.
//!
//! It is the oracle the fast implementation is tested against and the yardstick it is measured with, so it is kept
//! plain: no state survives a call, every formula stands in the order of the document.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// Encrypts `n` (at most 65533, the last value of the domain that still fits) under a 16-byte key.
pub(super) fn encrypt(key: &[u8; 16], n: u64) -> u64 {
    let (mut dlo, mut dhi) = (0_u64, 65_534_u64);
    let (mut rlo, mut rhi) = (0_u64, 4_294_967_294_u64);
    let mut stream = Stream::new(key);
    while dhi > dlo {
        let nd = dhi - dlo + 1;
        let nr = rhi - rlo + 1;
        assert!(nr >= nd);
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
        mac.update(format!("{dlo}/{dhi}/{rlo}/{rhi}").as_bytes());
        stream.seed(&mac.finalize().into_bytes()[..16]);
        let rg = nr / 2;
        let dg = hypergeometric(rg, nd, nr - nd, &mut stream);
        if n < dlo + dg {
            dhi = dlo + dg - 1;
            rhi = rlo + rg - 1;
        } else {
            dlo += dg;
            rlo += rg;
        }
    }
    let mut stream = Stream::new(key);
    stream.seed(&Sha256::digest(n.to_string().as_bytes())[..16]);
    rlo + stream.below(u128::from(rhi - rlo + 1)) as u64
}

struct Stream {
    aes: Aes128,
    block_number: u64,
    counter: u128,
}

impl Stream {
    fn new(key: &[u8; 16]) -> Self {
        Self { aes: Aes128::new(key.into()), block_number: 0, counter: 0 }
    }

    fn seed(&mut self, value: &[u8]) {
        self.counter = u128::from_le_bytes(value.try_into().unwrap());
    }

    fn next_block(&mut self) -> [u8; 16] {
        self.counter = self.counter.wrapping_add(1);
        let mut block = [0_u8; 16];
        block[..8].copy_from_slice(&self.block_number.to_le_bytes());
        let mut block = block.into();
        self.aes.encrypt_block(&mut block);
        self.block_number += 1;
        let mut out = self.counter.to_le_bytes();
        for (o, b) in out.iter_mut().zip(block) {
            *o ^= b;
        }
        out
    }

    fn take(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < n {
            bytes.extend_from_slice(&self.next_block());
        }
        bytes.truncate(n);
        bytes
    }

    fn below(&mut self, bound: u128) -> u128 {
        let bit_length = 128 - bound.leading_zeros();
        let mut value = 0_u128;
        for byte in self.take(bit_length as usize / 8 + 1) {
            value = value << 8 | u128::from(byte);
        }
        value % bound
    }

    fn unit(&mut self, precision: u32) -> f64 {
        let bound = 1_u128 << precision;
        self.below(bound) as f64 / bound as f64
    }
}

/// Number of white balls among `kk` balls drawn from an urn of `w` white and `r` other ones.
fn hypergeometric(kk: u64, w: u64, r: u64, stream: &mut Stream) -> u64 {
    assert!(kk <= w + r);
    let precision = 64 - (w + r + kk).leading_zeros() + 10;
    let (wf, rf, kkf) = (w as f64, r as f64, kk as f64);

    let (n1, n2) = if w >= r { (rf, wf) } else { (wf, rf) };
    let t = n1 + n2;
    let k = if 2.0 * kkf >= t { t - kkf } else { kkf };
    let m = (k + 1.0) * (n1 + 1.0) / (t + 2.0);
    let lo = f64::max(0.0, k - n2);
    let hi = f64::min(n1, k);

    let x = if lo == hi {
        hi
    } else if m - lo < 10.0 {
        inversion(n1, n2, k, lo, hi, precision, stream)
    } else {
        patchwork_rejection(n1, n2, k, m, lo, hi, precision, stream)
    };

    let result = if 2.0 * kkf >= t.floor() {
        if w > r { (kkf - rf) + x } else { wf - x }
    } else if w > r {
        kkf - x
    } else {
        x
    };
    result as u64
}

fn inversion(n1: f64, n2: f64, k: f64, lo: f64, hi: f64, precision: u32, stream: &mut Stream) -> f64 {
    let l = log_factorial;
    let weight = if k < n2 {
        libm::exp(57.56462733 + l(n2) + l(n1 + n2 - k) - l(n2 - k) - l(n1 + n2))
    } else {
        libm::exp(57.56462733 + l(n1) + l(k) - l(k - n2) - l(n1 + n2))
    };
    'restart: loop {
        let mut p = weight;
        let mut x = lo;
        let mut u = stream.unit(precision) * 1e25;
        while u > p {
            u -= p;
            p = p * (n1 - x) * (k - x);
            x += 1.0;
            p = p / x / (n2 - k + x);
            if x > hi {
                continue 'restart;
            }
        }
        return x;
    }
}

#[allow(clippy::too_many_arguments)] // the document's names, one by one
fn patchwork_rejection(
    n1: f64,
    n2: f64,
    k: f64,
    m: f64,
    lo: f64,
    hi: f64,
    precision: u32,
    stream: &mut Stream,
) -> f64 {
    let l = log_factorial;
    let t = n1 + n2;
    let s = libm::sqrt((t - k) * k * n1 * n2 / (t - 1.0) / t / t);
    let d = libm::trunc(1.5 * s) + 0.5;
    let xl = libm::trunc(m - d + 0.5);
    let xr = libm::trunc(m + d + 0.5);
    let a = l(m) + l(n1 - m) + l(k - m) + l(n2 - k + m);
    let kl = libm::exp(a - l(xl) - l(n1 - xl) - l(k - xl) - l(n2 - k + xl));
    let kr = libm::exp(a - l(xr - 1.0) - l(n1 - xr + 1.0) - l(k - xr + 1.0) - l(n2 - k + xr - 1.0));
    let gl_ = -libm::log(xl * (n2 - k + xl) / (n1 - xl + 1.0) / (k - xl + 1.0));
    let gr_ = -libm::log((n1 - xr + 1.0) * (k - xr + 1.0) / xr / (n2 - k + xr));
    let p1 = d + d;
    let p2 = p1 + kl / gl_;
    let p3 = p2 + kr / gr_;
    loop {
        let u = stream.unit(precision) * p3;
        let mut v = stream.unit(precision);
        let x;
        if u < p1 {
            x = xl + u;
        } else if u <= p2 {
            x = xl + libm::log(v) / gl_;
            if x < lo {
                continue;
            }
            v = v * (u - p1) * gl_;
        } else {
            x = xr - libm::log(v) / gr_;
            if x > hi {
                continue;
            }
            v = v * (u - p2) * gr_;
        }
        if m < 100.0 || x <= 50.0 {
            let mut f = 1.0;
            if m < x {
                let mut i = m + 1.0;
                while i < x {
                    f = f * (n1 - i + 1.0) * (k - i + 1.0) / (n2 - k + i) / i;
                    i += 1.0;
                }
            }
            if m > x {
                let mut i = x + 1.0;
                while i < m {
                    f = f * i * (n2 - k + i) / (n1 - i) / (k - i);
                    i += 1.0;
                }
            }
            if v <= f {
                return x;
            }
        } else {
            let y1 = x + 1.0;
            let ym = x - m;
            let yn = n1 - x + 1.0;
            let yk = k - x + 1.0;
            let nk = n2 - k + y1;
            let r = -ym / y1;
            let s = ym / yn;
            let t = ym / yk;
            let e = -ym / nk;
            let g = yn * yk / (y1 * nk) - 1.0;
            let dg = if g < 0.0 { 1.0 + g } else { 1.0 };
            let gu = g * (1.0 + g * (-0.5 + g / 3.0));
            let gl = gu - 0.25 * ((g * g) * (g * g)) / dg;
            let xm = m + 0.5;
            let xn = n1 - m + 0.5;
            let xk = k - m + 0.5;
            let nm = n2 - k + xm;
            let p = |z: f64| 1.0 + z * (-0.5 + z / 3.0);
            let ub = x * gu - m * gl + 0.0034 + xm * r * p(r) + xn * s * p(s) + xk * t * p(t) + nm * e * p(e);
            let lv = libm::log(v);
            if lv > ub {
                continue;
            }
            let q = |c: f64, z: f64| {
                let q = c * ((z * z) * (z * z));
                if z < 0.0 { q / (1.0 + z) } else { q }
            };
            if lv < ub - 0.25 * (q(xm, r) + q(xn, s) + q(xk, t) + q(nm, e)) + (x + m) * (gl - gu) - 0.0078 {
                return x;
            }
            if lv <= a - l(x) - l(n1 - x) - l(k - x) - l(n2 - k + x) {
                return x;
            }
        }
    }
}

fn log_factorial(i: f64) -> f64 {
    #[expect(clippy::approx_constant, reason = "the format has ten digits of ln 2, not all of them")]
    const SMALL: [f64; 8] =
        [0.0, 0.0, 0.6931471806, 1.791759469, 3.178053830, 4.787491743, 6.579251212, 8.525161361];
    let j = if i < 0.0 { 0.0 } else { libm::round(i) };
    if j <= 7.0 {
        SMALL[j as usize]
    } else {
        (i + 0.5) * libm::log(i) - i + 0.08333333333333 / i - 0.00277777777777 / i / i / i + 0.9189385332
    }
}
