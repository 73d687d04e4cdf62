//! Ages as kubectl shows them.

use std::time::Duration;

/// `42s`, `5m3s`, `3h20m`, `12d`: two units while the first is small.
pub(super) fn human(age: Duration) -> String {
    let seconds = age.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => two(minutes, 'm', seconds % 60, 's'),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two(hours, 'h', minutes % 60, 'm'),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two(days, 'd', hours % 24, 'h'),
        _ if days < 2 * 365 => format!("{days}d"),
        _ if days < 8 * 365 => two(days / 365, 'y', days % 365, 'd'),
        _ => format!("{}y", days / 365),
    }
}

fn two(first: u64, unit: char, second: u64, smaller: char) -> String {
    if second == 0 { format!("{first}{unit}") } else { format!("{first}{unit}{second}{smaller}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_ages_have_two_units() {
        let shown = |seconds| human(Duration::from_secs(seconds));
        let ages = [5, 119, 125, 600, 10_800, 12_000, 30_000, 180_000, 86_400 * 30, 86_400 * 800];
        assert_eq!(
            ages.map(shown),
            ["5s", "119s", "2m5s", "10m", "3h", "3h20m", "8h", "2d2h", "30d", "2y70d"]
        );
    }
}
