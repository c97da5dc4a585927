use std::process::ExitCode;

use anyhow::anyhow;
use serde::Serialize;

use crate::{
    client::{Client, Response},
    draft::Draft,
    output::{self, BAD, Escaped, GOOD, WARN},
};

#[derive(Serialize)]
struct Sent<'a> {
    invoice_id: &'a str,
    format: String,
    status: u16,
    milliseconds: f64,
    answer: &'a str,
    answer_is_cut: bool,
    location: Option<&'a str>,
}

pub(super) async fn run(client: &Client, draft: &Draft, json: bool) -> anyhow::Result<ExitCode> {
    let answer = client
        .send(draft.request()?)
        .await
        .map_err(|no_answer| anyhow!("{}: {}", client.url(), no_answer.reason))?;
    let sent = Sent {
        invoice_id: &draft.invoice_id,
        format: draft.format.to_string(),
        status: answer.status.as_u16(),
        milliseconds: answer.elapsed.as_secs_f64() * 1e3,
        answer: &answer.body,
        answer_is_cut: answer.is_cut,
        location: answer.location.as_deref(),
    };
    output::print_result(json, &sent, || text(client, draft, &answer))?;
    Ok(ExitCode::from(u8::from(!answer.status.is_success())))
}

fn text(client: &Client, draft: &Draft, answer: &Response) -> String {
    let style = if answer.status.is_success() {
        GOOD
    } else {
        BAD
    };
    let mut text = format!(
        "POST {} ({}, invoice {})\n{style}{}{style:#} in {:.1} ms\n",
        client.url(),
        draft.format,
        Escaped(&draft.invoice_id),
        answer.status,
        answer.elapsed.as_secs_f64() * 1e3,
    );
    if answer.status.is_redirection() {
        let to = answer.location.as_deref().unwrap_or("nowhere");
        text += &format!(
            "{WARN}redirected to {}: the vendor's sender follows with a GET and loses the body, so answer here{WARN:#}\n",
            Escaped(to)
        );
    }
    if !answer.body.is_empty() {
        let cut = if answer.is_cut { " (cut)" } else { "" };
        text += &format!("{}{cut}\n", Escaped(answer.body.trim_end()));
    }
    text
}
