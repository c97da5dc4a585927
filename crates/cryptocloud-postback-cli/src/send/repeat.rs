use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    process::ExitCode,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::signal;

use crate::{client::Client, draft::Draft, output};

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
    let mut statuses = BTreeMap::<u16, u64>::new();
    let mut errors = BTreeMap::<String, u64>::new();
    let mut times = Vec::<Duration>::new();
    loop {
        let response = tokio::select! {
            response = responses.next() => response,
            result = &mut interrupt => result.map(|()| None)?,
        };
        match response.transpose()? {
            Some(Ok(response)) => {
                *statuses.entry(response.status.as_u16()).or_default() += 1;
                times.push(response.elapsed);
            }
            Some(Err(error)) => *errors.entry(error).or_default() += 1,
            None => break,
        }
        bar.inc(1);
    }
    let (sent, seconds) = (bar.position(), start.elapsed().as_secs_f64());
    bar.finish_and_clear();
    times.sort_unstable();
    // By nearest rank.
    let percentile = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100);
        let time = times.get(rank.checked_sub(1)?)?;
        Some((time.as_secs_f64() * 1e5).round() / 1e2)
    };
    let summary = json!({
        "wanted": wanted,
        "sent": sent,
        "statuses": statuses,
        "errors": errors,
        "p50_milliseconds": percentile(50),
        "p99_milliseconds": percentile(99),
        "per_second": (sent as f64 / seconds).round(),
    });
    output::print_result(json, &summary, || output::fields("", &summary))?;
    let is_success = |status: &u16| (200..300).contains(status);
    Ok(ExitCode::from(if sent < wanted {
        output::INTERRUPTED
    } else if statuses.is_empty() {
        2
    } else {
        u8::from(!errors.is_empty() || !statuses.keys().all(is_success))
    }))
}
