//! Captcha images: distorted strokes and noise, as a grayscale PNG.

use keyfold_protocol::error::ErrorCode;

use super::glyphs::{GLYPHS, GRID, points};
use crate::error::ApiError;
use crate::random;

/// Width in pixels.
const WIDTH: u16 = 220;

/// Height in pixels.
const HEIGHT: u16 = 120;

/// Characters in an image: one guess in 300 million is right.
const CHARACTERS: u8 = 6;

/// Pieces that a line is cut into, so that it can bend.
const PIECES: u8 = 6;

/// The characters of a new captcha.
///
/// # Errors
/// 400/600 when the system has no randomness.
pub(super) fn random_text() -> Result<String, ApiError> {
    let mut text = String::new();
    // A byte that would favour some characters is thrown away.
    let limit = 256_usize.saturating_sub(256_usize.checked_rem(GLYPHS.len()).unwrap_or(0));
    while text.len() < usize::from(CHARACTERS) {
        let bytes = random::bytes::<16>().map_err(|_| ErrorCode::CaptchaCreate)?;
        for byte in bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < limit) {
            let position = byte.checked_rem(GLYPHS.len()).unwrap_or(0);
            if let Some((character, _)) =
                GLYPHS.get(position).filter(|_| text.len() < usize::from(CHARACTERS))
            {
                text.push(*character);
            }
        }
    }
    Ok(text)
}

/// Draws characters. The same text never looks the same twice.
///
/// # Errors
/// 400/600 when the image cannot be encoded.
pub(super) fn draw(text: &str) -> Result<Vec<u8>, ApiError> {
    let mut canvas = Canvas::new();
    let bend = Bend::random();
    let cell = (f32::from(WIDTH) - 24.0) / f32::from(CHARACTERS);
    let mut left = 12.0;
    for character in text.chars() {
        draw_character(&mut canvas, &bend, character, left, cell);
        left += cell;
    }
    draw_noise(&mut canvas);
    encode(&canvas.shades())
}

fn draw_character(canvas: &mut Canvas, bend: &Bend, character: char, left: f32, cell: f32) {
    let Some((_, strokes)) = GLYPHS.iter().find(|(known, _)| *known == character) else {
        return;
    };
    let (width, height) = (cell * between(0.55, 0.72), f32::from(HEIGHT) * between(0.38, 0.52));
    let (sin, cos) = between(-0.35, 0.35).sin_cos();
    let (centre_x, centre_y) = (left + cell / 2.0, f32::from(HEIGHT) / 2.0 + between(-14.0, 14.0));
    let radius = between(1.6, 2.6);
    for stroke in *strokes {
        let place = |(column, row): (f32, f32)| {
            let x = (column / GRID.0 - 0.5) * width + between(-1.2, 1.2);
            let y = (row / GRID.1 - 0.5) * height + between(-1.2, 1.2);
            (centre_x + x * cos - y * sin, centre_y + x * sin + y * cos)
        };
        let placed: Vec<(f32, f32)> = points(stroke).map(place).collect();
        for (from, to) in placed.iter().zip(placed.iter().skip(1)) {
            canvas.bent_line(bend, *from, *to, radius);
        }
    }
}

/// Lines as thick as those of the characters, which a program cannot simply filter out, and dots.
fn draw_noise(canvas: &mut Canvas) {
    for _ in 0..3 {
        let wild = Bend { amplitude: between(8.0, 20.0), ..Bend::random() };
        let from = (0.0, between(20.0, f32::from(HEIGHT) - 20.0));
        let to = (f32::from(WIDTH), between(20.0, f32::from(HEIGHT) - 20.0));
        // In parts, because a line has few pieces.
        let at = |part: f32| (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
        for part in 0..8_u8 {
            let (begin, end) = (f32::from(part) / 8.0, (f32::from(part) + 1.0) / 8.0);
            canvas.bent_line(&wild, at(begin), at(end), between(0.9, 1.5));
        }
    }
    for _ in 0..80 {
        let dot = (between(0.0, f32::from(WIDTH)), between(0.0, f32::from(HEIGHT)));
        canvas.line(dot, dot, between(0.5, 1.4));
    }
}

/// Shifts points up and down along a wave.
struct Bend {
    amplitude: f32,
    length: f32,
    phase: f32,
}

impl Bend {
    fn random() -> Self {
        Self { amplitude: between(3.0, 7.0), length: between(50.0, 110.0), phase: between(0.0, 6.3) }
    }

    fn apply(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let wave = (x / self.length * std::f32::consts::TAU + self.phase).sin();
        let cross = (y / self.length * std::f32::consts::TAU + self.phase).cos();
        (x + cross * self.amplitude / 3.0, y + wave * self.amplitude)
    }
}

/// How much of each pixel is ink, from 0 to 1.
struct Canvas {
    ink: Vec<f32>,
}

impl Canvas {
    fn new() -> Self {
        Self { ink: vec![0.0; usize::from(WIDTH) * usize::from(HEIGHT)] }
    }

    fn bent_line(&mut self, bend: &Bend, from: (f32, f32), to: (f32, f32), radius: f32) {
        let at = |piece: u8| {
            let part = f32::from(piece) / f32::from(PIECES);
            bend.apply((from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part))
        };
        for piece in 0..PIECES {
            self.line(at(piece), at(piece.saturating_add(1)), radius);
        }
    }

    /// A line with round ends and smooth edges.
    fn line(&mut self, from: (f32, f32), to: (f32, f32), radius: f32) {
        let reach = radius + 1.0;
        let (left, right) = (from.0.min(to.0) - reach, from.0.max(to.0) + reach);
        let (top, bottom) = (from.1.min(to.1) - reach, from.1.max(to.1) + reach);
        let rows = self.ink.chunks_exact_mut(usize::from(WIDTH));
        for (y, row) in (0_u16..).zip(rows).filter(|(y, _)| (top..=bottom).contains(&f32::from(*y))) {
            for (x, ink) in (0_u16..).zip(row).filter(|(x, _)| (left..=right).contains(&f32::from(*x))) {
                let distance = distance((f32::from(x), f32::from(y)), from, to);
                *ink = ink.max((radius + 0.5 - distance).clamp(0.0, 1.0));
            }
        }
    }

    /// Dark on light, light on dark, or on a gradient between the two.
    fn shades(&self) -> Vec<u8> {
        let style = random::u64_below(3);
        let (paper, ink) = match style {
            0 => (between(225.0, 250.0), between(10.0, 60.0)),
            1 => (between(10.0, 50.0), between(200.0, 245.0)),
            _ => (between(175.0, 200.0), between(5.0, 30.0)),
        };
        let slope = if style == 2 { between(0.15, 0.28) } else { 0.0 };
        let rows = self.ink.chunks_exact(usize::from(WIDTH));
        rows.flat_map(|row| {
            (0_u16..).zip(row).map(|(x, coverage)| {
                let paper = paper + slope * (f32::from(x) - f32::from(WIDTH) / 2.0);
                shade(paper + (ink - paper) * coverage)
            })
        })
        .collect()
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the range of the target"
)]
fn shade(value: f32) -> u8 {
    value.clamp(0.0, 255.0) as u8
}

/// From a point to a line between two others.
fn distance(point: (f32, f32), from: (f32, f32), to: (f32, f32)) -> f32 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx * dx + dy * dy;
    let along = ((point.0 - from.0) * dx + (point.1 - from.1) * dy) / length.max(f32::EPSILON);
    let along = along.clamp(0.0, 1.0);
    (point.0 - from.0 - along * dx).hypot(point.1 - from.1 - along * dy)
}

/// A random number in a range.
fn between(low: f32, high: f32) -> f32 {
    const STEPS: u16 = 10_000;
    let step = u16::try_from(random::u64_below(u64::from(STEPS))).unwrap_or(0);
    low + (high - low) * f32::from(step) / f32::from(STEPS)
}

fn encode(shades: &[u8]) -> Result<Vec<u8>, ApiError> {
    let failed = |error| ApiError::caused_by(ErrorCode::CaptchaCreate, error);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, u32::from(WIDTH), u32::from(HEIGHT));
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(shades).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_right_length_and_alphabet_and_differ() {
        let texts: std::collections::HashSet<String> = (0..50).map(|_| random_text().unwrap()).collect();
        assert_eq!(texts.len(), 50);
        for text in &texts {
            assert_eq!(text.len(), usize::from(CHARACTERS));
            assert!(text.chars().all(|character| GLYPHS.iter().any(|(known, _)| *known == character)));
        }
    }

    #[test]
    fn an_image_is_a_png_of_the_documented_size_that_never_looks_the_same() {
        let (first, second) = (draw("A2C3D4").unwrap(), draw("A2C3D4").unwrap());
        assert_ne!(first, second);
        let mut reader = png::Decoder::new(std::io::Cursor::new(&first)).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), (220, 120));
        let mut shades = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut shades).unwrap();
        let (darkest, lightest) = (shades.iter().min().unwrap(), shades.iter().max().unwrap());
        assert!(lightest - darkest > 80, "the characters stand out");
    }
}
