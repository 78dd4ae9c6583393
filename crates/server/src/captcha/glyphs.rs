//! The characters of captcha images, as strokes.
//!
//! Each stroke is a line through points of a grid of 5 × 7, written as two digits: column from the left, row from the top. Characters that
//! distortion makes look like others are left out (0 and O, 1, I and L, 2 and Z, 5 and S, 6 and G, 8 and B, U and V).

/// A character and its strokes.
pub(super) type Glyph = (char, &'static [&'static str]);

/// The grid's last column and row.
pub(super) const GRID: (f32, f32) = (4.0, 6.0);

/// Every character that images show.
pub(super) const GLYPHS: &[Glyph] = &[
    ('A', &["06 20 46", "14 34"]),
    ('C', &["41 30 10 01 05 16 36 45"]),
    ('D', &["00 20 42 44 26 06 00"]),
    ('E', &["40 00 06 46", "03 33"]),
    ('F', &["40 00 06", "03 33"]),
    ('H', &["00 06", "40 46", "03 43"]),
    ('J', &["40 45 36 16 05"]),
    ('K', &["00 06", "40 03 46"]),
    ('M', &["06 00 23 40 46"]),
    ('N', &["06 00 46 40"]),
    ('P', &["06 00 30 41 42 33 03"]),
    ('Q', &["10 30 41 45 36 16 05 01 10", "34 46"]),
    ('R', &["06 00 30 41 42 33 03", "23 46"]),
    ('T', &["00 40", "20 26"]),
    ('U', &["00 05 16 36 45 40"]),
    ('W', &["00 16 23 36 40"]),
    ('X', &["00 46", "40 06"]),
    ('Y', &["00 23 40", "23 26"]),
    ('2', &["01 10 30 41 42 06 46"]),
    ('3', &["00 40 23 33 44 45 36 16 05"]),
    ('4', &["30 04 44", "32 36"]),
    ('5', &["40 00 03 33 44 45 36 06"]),
    ('6', &["30 02 05 16 36 45 44 33 13 04"]),
    ('7', &["00 40 16"]),
    ('8', &["10 30 41 42 33 13 02 01 10", "13 04 05 16 36 45 44 33"]),
    ('9', &["43 13 02 01 10 30 41 44 16"]),
];

/// The points of a stroke.
pub(super) fn points(stroke: &str) -> impl Iterator<Item = (f32, f32)> + '_ {
    stroke.split(' ').filter_map(|point| {
        let mut digits = point.chars().filter_map(|digit| digit.to_digit(10)?.to_string().parse().ok());
        Some((digits.next()?, digits.next()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_lies_on_the_grid() {
        for (character, strokes) in GLYPHS {
            for stroke in *strokes {
                let words = stroke.split(' ').count();
                let points: Vec<_> = points(stroke).collect();
                assert!(points.len() == words && words >= 2, "{character}: {stroke}");
                assert!(points.iter().all(|(x, y)| *x <= GRID.0 && *y <= GRID.1), "{character}: {stroke}");
            }
        }
    }
}
