use std::process::ExitCode;

use anyhow::anyhow;
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    client::{Client, Response},
    draft::Draft,
    output::{self, BAD, Escaped, GOOD, WARN},
};

pub(super) async fn run(
    client: &Client,
    draft: &Draft<'_>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let url = &client.url;
    let response = client.send(draft.request()?).await;
    let response = response.map_err(|error| anyhow!("{url}: {error}"))?;
    let (status, id) = (response.status, &draft.invoice_id);
    let milliseconds = response.elapsed.as_secs_f64() * 1e3;
    let sent = json!({
        "invoice_id": id,
        "format": draft.format.to_string(),
        "status": status.as_u16(),
        "milliseconds": milliseconds,
        "response": response.body,
        "response_truncated": response.truncated,
        "location": response.location,
    });
    output::print_result(json, &sent, || {
        let style = if status.is_success() { GOOD } else { BAD };
        let (format, id) = (draft.format, Escaped(id));
        format!(
            "POST {url} ({format}, invoice {id})\n{style}{status}{style:#} in {milliseconds:.1} ms\n"
        ) + &advice(&response)
            + &body(&response)
    })?;
    Ok(ExitCode::from(u8::from(!status.is_success())))
}

fn advice(response: &Response) -> String {
    match (response.status, &response.location) {
        (StatusCode::UNAUTHORIZED, _) => format!(
            "{WARN}the token was refused{WARN:#}: is the SECRET KEY the same there, and the clock right?\n"
        ),
        (status, Some(url)) if status.is_redirection() => format!(
            "{WARN}redirected to {}{WARN:#}\nRespond at the first URL: a POST that follows a redirect loses its body.\n",
            Escaped(url)
        ),
        _ => String::new(),
    }
}

/// The body, or the title of a page, such as that of a framework's error.
fn body(response: &Response) -> String {
    let body = response.body.trim();
    let note = if response.truncated {
        " (truncated)"
    } else {
        ""
    };
    if body.is_empty() {
        String::new()
    } else if body.starts_with('<') {
        let (_, title) = body.split_once("<title>").unwrap_or_default();
        let (title, _) = title.split_once("</title>").unwrap_or_default();
        format!("an HTML page with the title {:?}\n", title.trim())
    } else {
        format!("{}{note}\n", Escaped(body))
    }
}
