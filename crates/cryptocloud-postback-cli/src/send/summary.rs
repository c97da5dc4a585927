use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::{
    client::{Response, SendError},
    output::{BAD, Escaped, GOOD, WARN},
};

/// The responses to a repeated postback.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    wanted: u64,
    sent: u64,
    /// Responses by status.
    statuses: BTreeMap<u16, u64>,
    /// Missing responses by reason.
    errors: BTreeMap<String, u64>,
    p50_milliseconds: Option<f64>,
    p99_milliseconds: Option<f64>,
    max_milliseconds: Option<f64>,
    per_second: f64,
    seconds: f64,
    #[serde(skip)]
    times: Vec<Duration>,
}

impl Summary {
    pub(super) fn new(wanted: u64) -> Self {
        Self {
            wanted,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, result: Result<Response, SendError>) {
        self.sent += 1;
        match result {
            Ok(response) => {
                *self.statuses.entry(response.status.as_u16()).or_default() += 1;
                self.times.push(response.elapsed);
            }
            Err(error) => *self.errors.entry(error.reason).or_default() += 1,
        }
    }

    pub(super) fn finish(&mut self, elapsed: Duration) {
        self.times.sort_unstable();
        self.p50_milliseconds = self.percentile(50);
        self.p99_milliseconds = self.percentile(99);
        self.max_milliseconds = self.percentile(100);
        self.seconds = elapsed.as_secs_f64();
        // No run gets more responses than this can hold.
        let responses = u32::try_from(self.times.len()).unwrap_or(u32::MAX);
        self.per_second = f64::from(responses) / self.seconds.max(f64::MIN_POSITIVE);
    }

    /// By nearest rank.
    fn percentile(&self, percent: usize) -> Option<f64> {
        let rank = (self.times.len() * percent).div_ceil(100);
        let time = self.times.get(rank.checked_sub(1)?)?;
        Some(time.as_secs_f64() * 1e3)
    }

    /// 0 if every request got a 2xx, 2 if no request got a response, else 1.
    pub(super) fn exit_code(&self) -> u8 {
        let is_success = |status: &u16| (200..300).contains(status);
        if self.sent > 0 && self.statuses.is_empty() {
            2
        } else if !self.errors.is_empty() {
            1
        } else {
            u8::from(!self.statuses.keys().all(is_success))
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("{} of {} sent", self.sent, self.wanted);
        if self.sent < self.wanted {
            text += &format!(", {WARN}interrupted{WARN:#}");
        }
        text += "; tokens signed in the same second are identical\n";
        for (status, count) in &self.statuses {
            let style = if (200..300).contains(status) {
                GOOD
            } else {
                BAD
            };
            text += &format!("  {style}{status}{style:#}  {count}\n");
        }
        for (reason, count) in &self.errors {
            text += &format!("  {BAD}no response{BAD:#}  {count}: {}\n", Escaped(reason));
        }
        if let (Some(p50), Some(p99), Some(max)) = (
            self.p50_milliseconds,
            self.p99_milliseconds,
            self.max_milliseconds,
        ) {
            text += &format!(
                "p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms, {:.0} per second\n",
                self.per_second
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let mut summary = Summary::new(0);
        summary.finish(Duration::ZERO);
        assert_eq!(summary.p50_milliseconds, None);
        summary.times = (1..=200).rev().map(Duration::from_millis).collect();
        summary.finish(Duration::from_secs(2));
        assert_eq!(summary.p50_milliseconds, Some(100.0));
        assert_eq!(summary.p99_milliseconds, Some(198.0));
        assert_eq!(summary.max_milliseconds, Some(200.0));
        assert_eq!(summary.per_second, 100.0);
    }
}
