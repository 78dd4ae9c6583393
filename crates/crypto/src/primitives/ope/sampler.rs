//! Sampling from the hypergeometric distribution: inversion for small means, else H2PE (Kachitvichyanukul and Schmeiser,
//! 1985) in the form the format fixes. It differs from the textbook in one place: candidates are not rounded to integers.
//!
//! Every expression is evaluated strictly from left to right as written. A rearrangement that is equal on paper changes
//! the last bit, and with it, now and then, an encrypted value.

use super::stream::CoinStream;

/// Number of white balls among `draws` balls drawn from an urn of `white` and `other` balls; `draws <= white + other`.
///
/// The result is whatever the arithmetic yields, cut to an integer; the caller checks that it is possible.
pub(super) fn hypergeometric(draws: u64, white: u64, other: u64, coins: &mut CoinStream<'_>) -> u64 {
    let precision = u64::BITS - (white + other + draws).leading_zeros() + 10;
    let (kk, w, r) = (draws as f64, white as f64, other as f64);

    // Sample the rarer colour in the smaller of drawn and left balls, and translate the count back at the end.
    let (n1, n2) = if w >= r { (r, w) } else { (w, r) };
    let total = n1 + n2;
    let complement = 2.0 * kk >= total;
    let k = if complement { total - kk } else { kk };
    let urn = Urn { n1, n2, k };
    let x = urn.sample(precision, coins);

    let count = match (complement, w > r) {
        (true, true) => (kk - r) + x,
        (true, false) => w - x,
        (false, true) => kk - x,
        (false, false) => x,
    };
    count as u64
}

/// `n1` balls that count and `n2` that do not, of which `k` are drawn.
struct Urn {
    n1: f64,
    n2: f64,
    k: f64,
}

impl Urn {
    fn sample(&self, precision: u32, coins: &mut CoinStream<'_>) -> f64 {
        let Self { n1, n2, k } = *self;
        let mode = (k + 1.0) * (n1 + 1.0) / (n1 + n2 + 2.0);
        let least = f64::max(0.0, k - n2);
        let most = f64::min(n1, k);
        if least == most {
            most
        } else if mode - least < 10.0 {
            self.invert(least, most, precision, coins)
        } else {
            self.reject(mode, least, most, precision, coins)
        }
    }

    /// Walks up the distribution, scaled by 10^25 (57.56462733 is its logarithm), until the drawn weight is used up.
    fn invert(&self, least: f64, most: f64, precision: u32, coins: &mut CoinStream<'_>) -> f64 {
        let Self { n1, n2, k } = *self;
        let l = log_factorial;
        let weight = libm::exp(if k < n2 {
            57.56462733 + l(n2) + l(n1 + n2 - k) - l(n2 - k) - l(n1 + n2)
        } else {
            57.56462733 + l(n1) + l(k) - l(k - n2) - l(n1 + n2)
        });
        'restart: loop {
            let mut p = weight;
            let mut x = least;
            let mut u = coins.unit(precision) * 1e25;
            while u > p {
                u -= p;
                p = p * (n1 - x) * (k - x);
                x += 1.0;
                p = p / x / (n2 - k + x);
                if x > most {
                    continue 'restart;
                }
            }
            return x;
        }
    }

    /// Rejection from a rectangle over the body of the distribution and two exponential tails.
    fn reject(&self, m: f64, least: f64, most: f64, precision: u32, coins: &mut CoinStream<'_>) -> f64 {
        let Self { n1, n2, k } = *self;
        let l = log_factorial;
        let t = n1 + n2;
        let s = ((t - k) * k * n1 * n2 / (t - 1.0) / t / t).sqrt();
        let d = (1.5 * s).trunc() + 0.5;
        let xl = (m - d + 0.5).trunc();
        let xr = (m + d + 0.5).trunc();
        let a = l(m) + l(n1 - m) + l(k - m) + l(n2 - k + m);
        let kl = libm::exp(a - l(xl) - l(n1 - xl) - l(k - xl) - l(n2 - k + xl));
        let kr = libm::exp(a - l(xr - 1.0) - l(n1 - xr + 1.0) - l(k - xr + 1.0) - l(n2 - k + xr - 1.0));
        let left_rate = -libm::log(xl * (n2 - k + xl) / (n1 - xl + 1.0) / (k - xl + 1.0));
        let right_rate = -libm::log((n1 - xr + 1.0) * (k - xr + 1.0) / xr / (n2 - k + xr));
        let p1 = d + d;
        let p2 = p1 + kl / left_rate;
        let p3 = p2 + kr / right_rate;
        loop {
            let u = coins.unit(precision) * p3;
            let mut v = coins.unit(precision);
            let x;
            if u < p1 {
                x = xl + u;
            } else if u <= p2 {
                x = xl + libm::log(v) / left_rate;
                if x < least {
                    continue;
                }
                v = v * (u - p1) * left_rate;
            } else {
                x = xr - libm::log(v) / right_rate;
                if x > most {
                    continue;
                }
                v = v * (u - p2) * right_rate;
            }
            let accepted = if m < 100.0 || x <= 50.0 {
                v <= self.density_ratio(m, x)
            } else {
                let log_v = libm::log(v);
                match self.squeeze(m, x, log_v) {
                    Squeeze::Accept => true,
                    Squeeze::Reject => false,
                    Squeeze::Undecided => log_v <= a - l(x) - l(n1 - x) - l(k - x) - l(n2 - k + x),
                }
            };
            if accepted {
                return x;
            }
        }
    }

    /// Density at `x` relative to the one at the mode `m`, by the recurrence between neighbours.
    fn density_ratio(&self, m: f64, x: f64) -> f64 {
        let Self { n1, n2, k } = *self;
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
        f
    }

    /// Decides most candidates by bounds on the logarithm of the density, without a logarithm.
    fn squeeze(&self, m: f64, x: f64, log_v: f64) -> Squeeze {
        let Self { n1, n2, k } = *self;
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
        let upper = x * gu - m * gl + 0.0034 + xm * r * p(r) + xn * s * p(s) + xk * t * p(t) + nm * e * p(e);
        if log_v > upper {
            return Squeeze::Reject;
        }
        let q = |c: f64, z: f64| {
            let q = c * ((z * z) * (z * z));
            if z < 0.0 { q / (1.0 + z) } else { q }
        };
        let lower = upper - 0.25 * (q(xm, r) + q(xn, s) + q(xk, t) + q(nm, e)) + (x + m) * (gl - gu) - 0.0078;
        if log_v < lower { Squeeze::Accept } else { Squeeze::Undecided }
    }
}

enum Squeeze {
    Accept,
    Reject,
    Undecided,
}

/// ln(i!) by Stirling's series, with a table for what rounds to 7 or less. The constants have the digits of the format.
fn log_factorial(i: f64) -> f64 {
    #[expect(clippy::approx_constant, reason = "the format has ten digits of ln 2, not all of them")]
    const SMALL: [f64; 8] =
        [0.0, 0.0, 0.6931471806, 1.791759469, 3.178053830, 4.787491743, 6.579251212, 8.525161361];
    if i < 7.5 {
        // A negative argument converts to 0.
        if let Some(value) = SMALL.get(i.round() as usize) {
            return *value;
        }
    }
    (i + 0.5) * libm::log(i) - i + 0.08333333333333 / i - 0.00277777777777 / i / i / i + 0.9189385332
}
