use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    process::ExitCode,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::json;
use tokio::signal;

use crate::{client::Client, draft::Draft, output};

/// The responses to a repeated postback.
#[derive(Default, Serialize)]
struct Summary {
    wanted: u64,
    sent: u64,
    /// Responses by status.
    statuses: BTreeMap<u16, u64>,
    /// Missing responses by reason.
    errors: BTreeMap<String, u64>,
    p50_milliseconds: Option<f64>,
    p99_milliseconds: Option<f64>,
    per_second: f64,
}

pub(super) async fn run(
    client: &Client,
    draft: &Draft<'_>,
    wanted: u64,
    concurrency: NonZeroUsize,
    json: bool,
) -> anyhow::Result<ExitCode> {
    // Drawn on standard error, and only if that is a terminal.
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}")?;
    let bar = ProgressBar::new(wanted).with_style(style);
    let start = Instant::now();
    // Each request is signed when it is sent.
    let mut responses = stream::iter(0..wanted)
        .map(async |_| anyhow::Ok(client.send(draft.request()?).await))
        .buffer_unordered(concurrency.get());
    let mut interrupt = Box::pin(signal::ctrl_c());
    let mut summary = Summary {
        wanted,
        ..Summary::default()
    };
    let mut times: Vec<Duration> = Vec::new();
    loop {
        let response = tokio::select! {
            response = responses.next() => response,
            result = &mut interrupt => result.map(|()| None)?,
        };
        match response.transpose()? {
            Some(Ok(response)) => {
                let count = summary.statuses.entry(response.status.as_u16());
                *count.or_default() += 1;
                times.push(response.elapsed);
            }
            Some(Err(error)) => *summary.errors.entry(error.reason).or_default() += 1,
            None => break,
        }
        summary.sent += 1;
        bar.inc(1);
    }
    bar.finish_and_clear();
    times.sort_unstable();
    // By nearest rank.
    let percentile = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100);
        let time = times.get(rank.checked_sub(1)?)?;
        Some((time.as_secs_f64() * 1e5).round() / 1e2)
    };
    summary.p50_milliseconds = percentile(50);
    summary.p99_milliseconds = percentile(99);
    summary.per_second = (summary.sent as f64 / start.elapsed().as_secs_f64()).round();
    output::print_result(json, &summary, || output::fields("", &json!(summary)))?;
    Ok(ExitCode::from(summary.exit_code()))
}

impl Summary {
    fn exit_code(&self) -> u8 {
        if self.sent < self.wanted {
            output::INTERRUPTED
        } else if self.statuses.is_empty() {
            2
        } else {
            let all = self.errors.is_empty() && self.statuses.keys().all(is_success);
            u8::from(!all)
        }
    }
}

fn is_success(status: &u16) -> bool {
    (200..300).contains(status)
}
