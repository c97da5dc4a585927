use std::time::Duration;

/// How long to wait after this failed attempt, counted from 1.
///
/// Up to 2 s after the first; then 10 s, doubled each time up to an hour, less up to a quarter, so
/// that payments that failed together do not come back together.
pub(crate) fn delay(attempt: u32) -> Duration {
    delay_at(attempt, rand::random_range(0.0..1.0))
}

fn delay_at(attempt: u32, random: f64) -> Duration {
    match attempt {
        0 | 1 => FIRST.mul_f64(0.25 + 0.75 * random),
        _ => {
            let doublings = (attempt - 2).min(MAX_DOUBLINGS);
            let delay = SECOND.saturating_mul(1 << doublings).min(LONGEST);
            delay.mul_f64(1.0 - 0.25 * random)
        }
    }
}

/// How long to wait before the vendor is asked again about a payment that has waited this long: a
/// quarter of it, but at least 5 s and at most 5 min, so that neither a short outage delays a payment for
/// long nor a long one makes all of them ask without a pause.
pub(crate) fn ask_again(age: Duration) -> Duration {
    jitter((age / 4).clamp(ASK_FIRST, ASK_LONGEST))
}

/// A duration and up to a quarter more or less.
pub(crate) fn jitter(duration: Duration) -> Duration {
    duration.mul_f64(rand::random_range(0.75..1.25))
}

const FIRST: Duration = Duration::from_secs(2);
const SECOND: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(3_600);
const ASK_FIRST: Duration = Duration::from_secs(5);
const ASK_LONGEST: Duration = Duration::from_secs(300);
/// 10 s doubled nine times is more than an hour.
const MAX_DOUBLINGS: u32 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_two_seconds_to_an_hour() {
        #[track_caller]
        fn check(attempt: u32, most: u64) {
            let most = Duration::from_secs(most);
            let longest = delay_at(attempt, if attempt < 2 { 1.0 } else { 0.0 });
            let shortest = delay_at(attempt, if attempt < 2 { 0.0 } else { 1.0 });
            assert_eq!(longest, most, "{attempt}");
            assert!(shortest < most && shortest >= most / 4, "{attempt}");
        }
        check(0, 2);
        check(1, 2);
        check(2, 10);
        check(3, 20);
        check(10, 2_560);
        check(11, 3_600);
        check(u32::MAX, 3_600);
    }
}
