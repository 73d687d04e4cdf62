//! Points in time, as the API writes them.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time in UTC, precise to the microsecond.
///
/// On the wire it is ISO 8601 with an explicit offset, `2026-11-22T13:32:56.731774+00:00`; the fraction is left out when it
/// is zero. Any offset is accepted on input; a text without one is read as UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The start of the Unix epoch.
    pub const UNIX_EPOCH: Self = Self(jiff::Timestamp::UNIX_EPOCH);

    /// The time `seconds` whole seconds after the Unix epoch; out of range is clamped.
    pub fn from_unix_seconds(seconds: i64) -> Self {
        let clamped =
            seconds.clamp(jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
        Self(jiff::Timestamp::from_second(clamped).unwrap_or(jiff::Timestamp::MAX))
    }

    /// Whole seconds since the Unix epoch.
    pub fn unix_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// Microseconds since the Unix epoch.
    pub fn unix_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The time `duration` later, at most the last representable one.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self::truncated(self.0.checked_add(duration).unwrap_or(jiff::Timestamp::MAX))
    }

    /// The time that passed since `earlier`; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        self.0
            .duration_since(earlier.0)
            .try_into()
            .unwrap_or(Duration::ZERO)
    }

    fn truncated(time: jiff::Timestamp) -> Self {
        Self(jiff::Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time))
    }
}

impl From<SystemTime> for Timestamp {
    /// Times that a calendar cannot express become its first or last.
    fn from(time: SystemTime) -> Self {
        let beyond =
            if time < SystemTime::UNIX_EPOCH { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        Self::truncated(jiff::Timestamp::try_from(time).unwrap_or(beyond))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0.to_zoned(TimeZone::UTC).datetime();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            time.year(),
            time.month(),
            time.day(),
            time.hour(),
            time.minute(),
            time.second()
        )?;
        let micros = time.subsec_nanosecond() / 1_000;
        if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        f.write_str("+00:00")
    }
}

/// The text is not a date and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Not a valid datetime.")]
pub struct TimestampError;

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Ok(Self::truncated(time));
        }
        if !text.contains(['T', ' ']) {
            return Err(TimestampError);
        }
        let local: jiff::civil::DateTime = text.parse().map_err(|_| TimestampError)?;
        let zoned = local.to_zoned(TimeZone::UTC).map_err(|_| TimestampError)?;
        Ok(Self::truncated(zoned.timestamp()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_utc_with_offset_and_a_fraction_only_when_needed() {
        let whole: Timestamp = "2026-11-22T13:32:56Z".parse().unwrap();
        assert_eq!(whole.to_string(), "2026-11-22T13:32:56+00:00");
        let exact: Timestamp = "2026-11-22T14:32:56.0317749+01:00".parse().unwrap();
        assert_eq!(exact.to_string(), "2026-11-22T13:32:56.031774+00:00");
    }

    #[test]
    fn a_text_without_offset_is_utc_and_a_date_alone_is_refused() {
        let local: Timestamp = "2026-11-22 13:32:56".parse().unwrap();
        assert_eq!(local, "2026-11-22T13:32:56Z".parse().unwrap());
        assert!("2026-11-22".parse::<Timestamp>().is_err());
        assert!("yesterday".parse::<Timestamp>().is_err());
    }
}
