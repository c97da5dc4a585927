use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::{
    client::{Response, SendError},
    output::{BAD, Escaped, GOOD, WARN},
};

/// What came back from many.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    wanted: u64,
    sent: u64,
    /// How many answers there were of each status.
    statuses: BTreeMap<u16, u64>,
    /// How often there was no answer, by the reason.
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
            sent: 0,
            statuses: BTreeMap::new(),
            errors: BTreeMap::new(),
            p50_milliseconds: None,
            p99_milliseconds: None,
            max_milliseconds: None,
            per_second: 0.0,
            seconds: 0.0,
            times: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, result: Result<Response, SendError>) {
        self.sent += 1;
        match result {
            Ok(answer) => {
                *self.statuses.entry(answer.status.as_u16()).or_default() += 1;
                self.times.push(answer.elapsed);
            }
            Err(no_answer) => *self.errors.entry(no_answer.reason).or_default() += 1,
        }
    }

    pub(super) fn finish(&mut self, elapsed: Duration) {
        self.times.sort_unstable();
        self.p50_milliseconds = self.percentile(50);
        self.p99_milliseconds = self.percentile(99);
        self.max_milliseconds = self.percentile(100);
        self.seconds = elapsed.as_secs_f64();
        // No run is so long that this is not exact.
        let answered = u32::try_from(self.times.len()).unwrap_or(u32::MAX);
        self.per_second = f64::from(answered) / self.seconds.max(f64::MIN_POSITIVE);
    }

    /// The nearest rank.
    fn percentile(&self, percent: usize) -> Option<f64> {
        let rank = (self.times.len() * percent).div_ceil(100);
        let time = self.times.get(rank.checked_sub(1)?)?;
        Some(time.as_secs_f64() * 1e3)
    }

    /// 0 where all were sent and answered by a 2xx, 2 where nobody answered at all.
    pub(super) fn exit_code(&self) -> u8 {
        let is_right = |status: &u16| (200..300).contains(status);
        if self.sent > 0 && self.statuses.is_empty() {
            2
        } else if self.sent < self.wanted || !self.errors.is_empty() {
            1
        } else {
            u8::from(!self.statuses.keys().all(is_right))
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("{} of {} sent", self.sent, self.wanted);
        if self.sent < self.wanted {
            text += &format!(", {WARN}interrupted{WARN:#}");
        }
        text += "; tokens of the same second are the same\n";
        for (status, count) in &self.statuses {
            let style = if (200..300).contains(status) {
                GOOD
            } else {
                BAD
            };
            text += &format!("  {style}{status}{style:#}  {count}\n");
        }
        for (reason, count) in &self.errors {
            text += &format!("  {BAD}no answer{BAD:#}  {count}: {}\n", Escaped(reason));
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
    fn percentiles_are_of_the_nearest_rank() {
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
