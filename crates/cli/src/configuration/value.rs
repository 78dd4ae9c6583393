//! Values of settings, as text and as what they mean.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use keyfold_protocol::customer::{CaptchaKind, CustomerRegistration};
use keyfold_protocol::encoding::SecretText;
use keyfold_server::config::Rate;
use keyfold_server::db::TlsMode;
use keyfold_server::mail::SmtpSecurity;
use tracing_subscriber::filter::Targets;

/// A type that a setting can have.
pub(crate) trait Value: Sized {
    /// Whether it is masked in all output and may stand in a file of its own.
    const SECRET: bool = false;

    /// Whether it stands without quotes in the file.
    const BARE: bool = false;

    /// The value of a text that is not empty.
    ///
    /// # Errors
    /// What was expected instead. Never repeats the text, which may be a secret in the wrong place.
    fn parse(text: &str) -> Result<Self, String>;

    /// The value when there is no text at all.
    fn absent() -> Option<Self> {
        None
    }
}

/// `[level]` or `target=level` pairs.
pub(crate) struct LogFilter(pub(crate) Targets);

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Where the contents of files lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StorageKind {
    /// What suits the database.
    Auto,
    /// Nowhere.
    Disabled,
    /// In a folder.
    Folder,
    /// With a provider.
    Bucket,
}

/// How mails leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailKind {
    /// Not at all.
    None,
    /// By a mail server.
    Smtp,
    /// As files.
    Folder,
    /// As lines of the log.
    Log,
}

/// Pairs of names and values, some of them secret.
pub(crate) struct BucketOptions(pub(crate) Vec<(String, String)>);

impl Value for BucketOptions {
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        let pairs = text.split([',', '\n']).map(str::trim).filter(|pair| !pair.is_empty());
        let pairs: Option<Vec<_>> = pairs
            .map(|pair| {
                pair.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            })
            .collect();
        pairs
            .map(Self)
            .ok_or_else(|| "expected pairs such as aws_region=eu-central-1,aws_access_key_id=…".into())
    }

    fn absent() -> Option<Self> {
        Some(Self(Vec::new()))
    }
}

impl<T: Value> Value for Option<T> {
    const SECRET: bool = T::SECRET;
    const BARE: bool = T::BARE;

    fn parse(text: &str) -> Result<Self, String> {
        T::parse(text).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl Value for String {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl Value for SecretText {
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self::new(text))
    }
}

impl Value for PathBuf {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }
}

impl Value for SocketAddr {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| "expected an address and a port, such as 127.0.0.1:3002 or [::1]:3002".into())
    }
}

impl Value for bool {
    const BARE: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err("expected true or false".into()),
        }
    }
}

/// Separated by commas on the command line and in the environment, an array in the file.
impl Value for Vec<String> {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect())
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Value for $number {
            const BARE: bool = true;

            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!("expected a whole number from {} to {}", Self::MIN, Self::MAX))
            }
        }
    )*};
}

numbers!(u16, u32, u64, usize, i32);

impl Value for Duration {
    fn parse(text: &str) -> Result<Self, String> {
        let expected = || "expected a time such as 500ms, 30s, 10m, 2h or 7d".to_owned();
        let unit_at = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(expected)?;
        let (number, unit) = text.split_at(unit_at);
        let number: u64 = number.parse().map_err(|_| expected())?;
        let milliseconds = match unit.trim() {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(expected()),
        };
        number.checked_mul(milliseconds).map(Self::from_millis).ok_or_else(expected)
    }
}

impl Value for Rate {
    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.strip_suffix("/min").and_then(|text| text.split_once('+'));
        let numbers = parts.and_then(|(burst, per_minute)| {
            Some(Self { burst: burst.trim().parse().ok()?, per_minute: per_minute.trim().parse().ok()? })
        });
        numbers.ok_or_else(|| "expected how many at once and how many per minute, such as 10 + 2/min".into())
    }
}

impl Value for LogFilter {
    fn parse(text: &str) -> Result<Self, String> {
        let parsed = text.parse().map(Self);
        parsed.map_err(|_| {
            "expected error, warn, info, debug or trace, or pairs such as keyfold_server=debug".into()
        })
    }
}

/// Values of an enum that are chosen by a word.
macro_rules! choices {
    ($($type:ident { $($variant:ident $word:literal),* $(,)? })*) => {$(
        impl Value for $type {
            fn parse(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(concat!("expected one of:", $(" ", $word),*).into()),
                }
            }
        }
    )*};
}

choices! {
    LogFormat { Auto "auto", Text "text", Json "json" }
    StorageKind { Auto "auto", Disabled "disabled", Folder "folder", Bucket "bucket" }
    MailKind { None "none", Smtp "smtp", Folder "folder", Log "log" }
    SmtpSecurity { Tls "tls", StartTls "starttls", Plaintext "plaintext" }
    CustomerRegistration { Open "open", Invitation "invitation", Closed "closed" }
    CaptchaKind { Image "image", ProofOfWork "proof_of_work", Off "off" }
    TlsMode { Disable "disable", Prefer "prefer", Require "require", VerifyFull "verify-full" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, milliseconds) in [("500ms", 500), ("30s", 30_000), ("2 h", 7_200_000), ("7d", 604_800_000)]
        {
            assert_eq!(Duration::parse(text).unwrap(), Duration::from_millis(milliseconds), "{text}");
        }
        for text in ["30", "s", "-1s", "1.5h", "1w", "99999999999999999999d", "18446744073709551615d"] {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_say_how_many_at_once_and_how_many_per_minute() {
        assert_eq!(Rate::parse("10 + 2/min").unwrap(), Rate { burst: 10, per_minute: 2 });
        assert_eq!(Rate::parse("10+2/min").unwrap(), Rate { burst: 10, per_minute: 2 });
        for text in ["10", "10/min", "10 + 2", "a + b/min", "-1 + 2/min"] {
            assert!(Rate::parse(text).is_err(), "{text}");
        }
    }
}
