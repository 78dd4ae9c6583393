//! Calendar months, in UTC.

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Midnight of the first day of the month in which a time lies; both in milliseconds since 1970.
pub(crate) fn start_of_month(time: u64) -> u64 {
    let day = time / DAY_MS;
    let first = day.saturating_sub(day_of_month(day).saturating_sub(1));
    first.saturating_mul(DAY_MS)
}

/// Day of the month, from 1, of a day since 1970-01-01.
///
/// Gregorian years that begin in March repeat every 400 years (146,097 days), and within a year the lengths of the months repeat
/// every five (153 days): Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn day_of_month(day: u64) -> u64 {
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    let of_era = day.saturating_add(719_468) % 146_097;
    let leap_corrected = of_era
        .saturating_sub(of_era / 1_460)
        .saturating_add(of_era / 36_524)
        .saturating_sub(of_era / 146_096);
    let year = leap_corrected / 365;
    let days_before = year.saturating_mul(365).saturating_add(year / 4).saturating_sub(year / 100);
    let of_year = of_era.saturating_sub(days_before);
    let month = of_year.saturating_mul(5).saturating_add(2) / 153;
    let days_before = month.saturating_mul(153).saturating_add(2) / 5;
    of_year.saturating_sub(days_before).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds of a date, counted year by year and month by month.
    fn midnight(year: u64, month: usize, day: u64) -> u64 {
        let is_leap =
            |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days: u64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
        let february = if is_leap(year) { 29 } else { 28 };
        let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        (days + months[..month - 1].iter().sum::<u64>() + day - 1) * DAY_MS
    }

    #[test]
    fn every_day_of_four_centuries_belongs_to_its_month() {
        for year in 1970..2370 {
            for month in 1..=12 {
                let first = midnight(year, month, 1);
                let next = if month == 12 { midnight(year + 1, 1, 1) } else { midnight(year, month + 1, 1) };
                for time in [first, first + 1, first + 14 * DAY_MS, next - 1] {
                    assert_eq!(start_of_month(time), first, "{year}-{month}");
                }
            }
        }
    }
}
