//! Points in time, as the API writes them.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use jiff::tz::Offset;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time, precise to the microsecond.
///
/// On the wire it is ISO 8601 with an explicit offset, `2026-11-22T13:32:56.731774+00:00`; the fraction is left out when it
/// is zero. The offset that a user wrote is kept, but says nothing: two times are equal if they are the same instant. A text
/// without offset is read as UTC, and so are all times that Krake writes.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp {
    instant: jiff::Timestamp,
    offset: Offset,
}

impl Timestamp {
    /// The start of the Unix epoch.
    pub const UNIX_EPOCH: Self = Self::utc(jiff::Timestamp::UNIX_EPOCH);

    const fn utc(instant: jiff::Timestamp) -> Self {
        Self { instant, offset: Offset::UTC }
    }

    /// The time `seconds` whole seconds after the Unix epoch; out of range is clamped.
    pub fn from_unix_seconds(seconds: i64) -> Self {
        let clamped =
            seconds.clamp(jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
        Self::utc(jiff::Timestamp::from_second(clamped).unwrap_or(jiff::Timestamp::MAX))
    }

    /// Whole seconds since the Unix epoch.
    pub fn unix_seconds(self) -> i64 {
        self.instant.as_second()
    }

    /// Microseconds since the Unix epoch.
    pub fn unix_micros(self) -> i64 {
        self.instant.as_microsecond()
    }

    /// The time `duration` later, at most the last representable one.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self::truncated(
            self.instant
                .checked_add(duration)
                .unwrap_or(jiff::Timestamp::MAX),
        )
    }

    /// The time that passed since `earlier`; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        self.instant
            .duration_since(earlier.instant)
            .try_into()
            .unwrap_or(Duration::ZERO)
    }

    fn truncated(time: jiff::Timestamp) -> Self {
        Self::utc(jiff::Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time))
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.instant == other.instant
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.instant.cmp(&other.instant)
    }
}

impl Hash for Timestamp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.instant.hash(state);
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
        let time = self.offset.to_datetime(self.instant);
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
        let minutes = self.offset.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }
}

/// The text is not a date and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Not a valid datetime.")]
pub struct TimestampError;

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (date, clock) = text.split_once(['T', ' ']).ok_or(TimestampError)?;
        let (clock, offset) = split_offset(clock)?;
        let [year, month, day] = numbers(date, '-')?;
        if year == 0 || date.split('-').next().is_none_or(|year| year.len() != 4) {
            return Err(TimestampError);
        }
        let (clock, nanos) = match clock.split_once('.') {
            Some((clock, fraction)) if clock.matches(':').count() == 2 => {
                (clock, nanoseconds(fraction)?)
            }
            Some(_) => return Err(TimestampError),
            None => (clock, 0),
        };
        let [hour, minute, second] = match clock.matches(':').count() {
            1 => numbers(&format!("{clock}:0"), ':')?,
            _ => numbers(clock, ':')?,
        };
        let small = |number: i16| i8::try_from(number).map_err(|_| TimestampError);
        let local = jiff::civil::DateTime::new(
            year,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?,
            nanos,
        );
        let zoned = local
            .and_then(|local| offset.to_timestamp(local))
            .map_err(|_| TimestampError)?;
        Ok(Self { offset, ..Self::truncated(zoned) })
    }
}

/// Splits `13:32:56+01:00` into the time of day and its offset; without offset it is UTC.
fn split_offset(clock: &str) -> Result<(&str, Offset), TimestampError> {
    if let Some(clock) = clock.strip_suffix('Z') {
        return Ok((clock, Offset::UTC));
    }
    let Some(at) = clock.find(['+', '-']) else { return Ok((clock, Offset::UTC)) };
    let (clock, offset) = clock.split_at(at);
    let (sign, digits) = offset.split_at(1);
    let digits = match digits.len() {
        5 if digits.as_bytes().get(2) == Some(&b':') => digits.replacen(':', "", 1),
        2 => format!("{digits}00"),
        4 => digits.to_owned(),
        _ => return Err(TimestampError),
    };
    let number = number(&digits)?;
    let seconds = (i32::from(number / 100) * 60 + i32::from(number % 100)) * 60;
    let seconds = if sign == "-" { -seconds } else { seconds };
    Ok((clock, Offset::from_seconds(seconds).map_err(|_| TimestampError)?))
}

/// Three numbers between separators.
fn numbers(text: &str, separator: char) -> Result<[i16; 3], TimestampError> {
    let numbers: Result<Vec<i16>, _> = text.split(separator).map(number).collect();
    numbers?.try_into().map_err(|_| TimestampError)
}

/// One to four digits.
fn number(digits: &str) -> Result<i16, TimestampError> {
    let is_number = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number {
        return Err(TimestampError);
    }
    digits.parse().map_err(|_| TimestampError)
}

/// The digits of a fraction of a second; those beyond nanoseconds do not count.
fn nanoseconds(fraction: &str) -> Result<i32, TimestampError> {
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TimestampError);
    }
    let digits = fraction.get(..9).unwrap_or(fraction);
    format!("{digits:0<9}").parse().map_err(|_| TimestampError)
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TimestampVisitor)
    }
}

struct TimestampVisitor;

impl de::Visitor<'_> for TimestampVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a datetime")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(E::custom)
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_has_an_offset_and_a_fraction_only_when_needed() {
        for (text, wire) in [
            ("2020-02-29T12:30:45+00:00", "2020-02-29T12:30:45+00:00"),
            ("2020-02-29T12:30:45.5Z", "2020-02-29T12:30:45.500000+00:00"),
            ("2020-02-29 12:30:45.1234567Z", "2020-02-29T12:30:45.123456+00:00"),
            ("2020-02-29T12:30:45.000000Z", "2020-02-29T12:30:45+00:00"),
            ("2020-02-29 12:30", "2020-02-29T12:30:00+00:00"),
            ("2020-2-9T1:3:5Z", "2020-02-09T01:03:05+00:00"),
            ("2020-02-29T12:30:45+02", "2020-02-29T12:30:45+02:00"),
            ("2020-02-29T12:30:45-0330", "2020-02-29T12:30:45-03:30"),
            ("2020-02-29T12:30-00:30", "2020-02-29T12:30:00-00:30"),
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), wire, "{text}");
        }
    }

    #[test]
    fn an_offset_does_not_make_another_time() {
        let [east, utc]: [Timestamp; 2] =
            ["2020-02-29T14:30:45+02:00", "2020-02-29T12:30:45Z"].map(|text| text.parse().unwrap());
        assert_eq!(east, utc);
        assert_eq!(east.saturating_add(Duration::ZERO).to_string(), utc.to_string());
    }

    #[test]
    fn what_is_no_date_and_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2020-02-29",
            "12:30:45",
            "20-02-29T12:30:45Z",
            "2020-02-30T12:00:00Z",
            "2020-02-29T24:00:00Z",
            "2020-02-29T12:60:00Z",
            "2020-02-29T12:30:45z",
            "2020-02-29T12:30:45.Z",
            "2020-02-29T12:30.5Z",
            "2020-02-29T12:30:45+2",
            "2020-02-29T12:30:45+99:00",
            "2020-02-29T12:30:45Z[UTC]",
            "20200229T123045Z",
            "2020-02-29T12:30:45+é9",
            "0000-02-29T12:30:45Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text}");
        }
    }
}
