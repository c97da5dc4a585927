use std::{num::NonZeroUsize, process::ExitCode, time::Instant};

use futures_util::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal;

use super::summary::Summary;
use crate::{client::Client, draft::Draft, output};

pub(super) async fn run(
    client: &Client,
    draft: &Draft,
    count: u64,
    concurrency: NonZeroUsize,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let bar = progress_bar(count)?;
    let start = Instant::now();
    let mut summary = Summary::new(count);
    // Each request is signed when it is sent.
    let mut responses = stream::iter(0..count)
        .map(async |_| {
            let request = draft.request()?;
            Ok::<_, anyhow::Error>(client.send(request).await)
        })
        .buffer_unordered(concurrency.get());
    let mut interrupt = Box::pin(signal::ctrl_c());
    let is_complete = loop {
        tokio::select! {
            response = responses.next() => match response {
                Some(response) => summary.add(response?),
                None => break true,
            },
            result = &mut interrupt => {
                result?;
                break false;
            }
        }
        bar.inc(1);
    };
    bar.finish_and_clear();
    summary.finish(start.elapsed());
    output::print_result(json, &summary, || summary.text())?;
    Ok(if is_complete {
        ExitCode::from(summary.exit_code())
    } else {
        ExitCode::from(output::INTERRUPTED)
    })
}

/// Drawn on standard error, and only if that is a terminal.
fn progress_bar(count: u64) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}")?;
    Ok(ProgressBar::new(count).with_style(style))
}
