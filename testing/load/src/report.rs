//! Tables for people, JSON for programs.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::bound::Measurement;
use crate::closed_loop::Measured;

/// A line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: String,
    per_second: Option<f64>,
    p50: Option<Duration>,
    p99: Option<Duration>,
    /// Microseconds of processor time for each operation.
    server_cpu: Option<f64>,
    database_cpu: Option<f64>,
    bounds: Vec<Measurement>,
    resident_bytes: Option<u64>,
    /// Largest resident memory while it ran, where it was watched.
    resident_peak: Option<u64>,
    unit: Unit,
}

/// What is counted per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Operations,
    Megabytes,
}

/// Resident memory of the servers before and at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) before: u64,
    pub(crate) peak: u64,
}

/// Bytes that took a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transfer {
    pub(crate) bytes: usize,
    pub(crate) elapsed: Duration,
}

impl Transfer {
    pub(crate) fn megabytes_per_second(self) -> f64 {
        megabytes(self.bytes) / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// Bytes in millions.
pub(crate) fn megabytes(bytes: usize) -> f64 {
    crate::closed_loop::count(bytes) / 1e6
}

impl Row {
    pub(crate) fn of_requests(
        name: &str,
        measured: &Measured,
        bounds: Vec<Measurement>,
        resident_bytes: Option<u64>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            per_second: Some(measured.per_second()),
            p50: Some(measured.p50),
            p99: Some(measured.p99),
            server_cpu: Some(measured.cpu_micros(measured.server_cpu)),
            database_cpu: Some(measured.cpu_micros(measured.database_cpu)).filter(|micros| *micros > 0.0),
            bounds,
            resident_bytes,
            resident_peak: None,
            unit: Unit::Operations,
        }
    }

    pub(crate) fn of_rate(
        name: &str,
        per_second: f64,
        server_cpu: Option<f64>,
        bounds: Vec<Measurement>,
        resident_bytes: Option<u64>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            per_second: Some(per_second),
            p50: None,
            p99: None,
            server_cpu,
            database_cpu: None,
            bounds,
            resident_bytes,
            resident_peak: None,
            unit: Unit::Operations,
        }
    }

    pub(crate) fn of_memory(name: &str, resident_bytes: Option<u64>) -> Self {
        Self {
            name: name.to_owned(),
            per_second: None,
            p50: None,
            p99: None,
            server_cpu: None,
            database_cpu: None,
            bounds: Vec::new(),
            resident_bytes,
            resident_peak: None,
            unit: Unit::Operations,
        }
    }

    /// Operations that carry `bytes` each.
    pub(crate) fn of_transfers(
        name: &str,
        measured: &Measured,
        bytes: usize,
        bounds: Vec<Measurement>,
        memory: Option<Memory>,
    ) -> Self {
        let row = Self::of_requests(name, measured, bounds, None);
        Self {
            per_second: Some(measured.per_second() * megabytes(bytes)),
            unit: Unit::Megabytes,
            ..row.with_memory(memory)
        }
    }

    /// Bytes of which nothing is known but how long all of them took.
    pub(crate) fn of_transfer(
        name: &str,
        transfer: Transfer,
        bounds: Vec<Measurement>,
        memory: Option<Memory>,
    ) -> Self {
        let row = Self::of_rate(name, transfer.megabytes_per_second(), None, bounds, None);
        Self { unit: Unit::Megabytes, ..row.with_memory(memory) }
    }

    fn with_memory(self, memory: Option<Memory>) -> Self {
        Self {
            resident_bytes: memory.map(|memory| memory.before),
            resident_peak: memory.map(|memory| memory.peak),
            ..self
        }
    }

    fn cells(&self) -> [String; 9] {
        let milliseconds = |time: Option<Duration>| {
            time.map_or("–".to_owned(), |time| format!("{:.2} ms", time.as_secs_f64() * 1e3))
        };
        let micros = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.0} µs"));
        let share = |bound: &Measurement| {
            let mut text = format!("{} {}", bound.label, number(bound.per_second));
            if let Some(per_second) = self.per_second.filter(|_| bound.per_second > 0.0) {
                let _ = write!(text, " ({:.2})", per_second / bound.per_second);
            }
            if let Some(p50) = bound.p50 {
                let _ = write!(text, ", p50 {:.2} ms", p50.as_secs_f64() * 1e3);
            }
            if let Some(cpu) = bound.cpu_micros {
                let _ = write!(text, ", {cpu:.0} µs CPU");
            }
            text
        };
        [
            self.name.clone(),
            self.per_second.map_or("–".to_owned(), |value| match self.unit {
                Unit::Operations => number(value),
                Unit::Megabytes => format!("{} MB", number(value)),
            }),
            target(&self.name).map_or("–".to_owned(), number),
            milliseconds(self.p50),
            milliseconds(self.p99),
            micros(self.server_cpu),
            micros(self.database_cpu),
            match self.bounds.iter().map(share).collect::<Vec<_>>().join("; ") {
                none if none.is_empty() => "–".to_owned(),
                bounds => bounds,
            },
            match (self.resident_bytes, self.resident_peak) {
                (None, _) => "–".to_owned(),
                (Some(bytes), None) => format!("{} MB", bytes / 1_000_000),
                (Some(before), Some(peak)) => format!("{} → {} MB", before / 1_000_000, peak / 1_000_000),
            },
        ]
    }

    fn json(&self) -> Value {
        let micros =
            |time: Option<Duration>| time.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        let bounds = self.bounds.iter().map(|bound| {
            let value = json!({"per_second": bound.per_second, "cpu_us": bound.cpu_micros, "p50_us": micros(bound.p50)});
            (bound.label.clone(), value)
        });
        json!({
            "name": self.name,
            "per_second": self.per_second,
            "unit": match self.unit {
                Unit::Operations => "operations",
                Unit::Megabytes => "megabytes",
            },
            "p50_us": micros(self.p50),
            "p99_us": micros(self.p99),
            "server_cpu_us": self.server_cpu,
            "database_cpu_us": self.database_cpu,
            "bounds": bounds.collect::<serde_json::Map<_, _>>(),
            "resident_bytes": self.resident_bytes,
            "resident_peak_bytes": self.resident_peak,
        })
    }
}

/// What the embedded database is to reach: operations, or megabytes, per second.
const TARGETS: &[(&str, f64)] = &[
    ("register", 2_500.0),
    ("login", 2_000.0),
    ("refresh", 4_500.0),
    ("group create", 6_000.0),
    ("group fetch, 1 key", 20_000.0),
    ("group fetch, 50 keys", 2_500.0),
    ("invite, 1 key", 6_000.0),
    ("invite, 50 keys", 2_500.0),
    ("member page of 1,000", 8_000.0),
    ("access", 40_000.0),
    ("file part 4 MiB up", 1_000.0),
    ("file part 4 MiB down", 1_500.0),
    ("rotation", 12_000.0),
    ("mixed", 12_000.0),
];

fn target(name: &str) -> Option<f64> {
    TARGETS.iter().find(|(row, _)| name.starts_with(row)).map(|(_, target)| *target)
}

/// The rows that two runs have in common, beside each other.
pub(crate) fn comparison(names: (&str, &str), first: &[Row], second: &[Row]) -> String {
    let mut text = format!("| | {} | {} | ratio |\n|---|---|---|---|\n", names.0, names.1);
    for row in first {
        let Some(other) = second.iter().find(|other| other.name == row.name) else { continue };
        if let (Some(one), Some(two)) = (row.per_second, other.per_second) {
            let _ = writeln!(text, "| {} | {} | {} | {:.2} |", row.name, number(one), number(two), two / one);
        }
    }
    text
}

/// A table in Markdown.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let head = [
        "",
        "per second",
        "target",
        "p50",
        "p99",
        "server CPU",
        "database CPU",
        "bound per second (share reached)",
        "memory",
    ];
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let widths: Vec<usize> = (0..head.len())
        .map(|column| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max())
        .map(Option::unwrap_or_default)
        .collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(text, "| {cell:<width$} ");
        }
        text.push_str("|\n");
        if index == 0 {
            for width in &widths {
                let _ = write!(text, "|{}", "-".repeat(width + 2));
            }
            text.push_str("|\n");
        }
    }
    text
}

pub(crate) fn json(rows: &[Row]) -> String {
    format!("{:#}", Value::Array(rows.iter().map(Row::json).collect()))
}

/// With three significant digits and separators.
fn number(value: f64) -> String {
    if !value.is_finite() || value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators() {
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(999.6), "1,000");
        assert_eq!(number(1_234_567.0), "1,234,567");
    }

    #[test]
    fn a_table_is_markdown() {
        let table = markdown(&[Row::of_memory("idle", Some(8_000_000))]);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with("|--"));
        assert!(lines[2].contains("8 MB"), "{table}");
    }
}
