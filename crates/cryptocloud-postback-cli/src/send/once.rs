use std::process::ExitCode;

use anyhow::anyhow;
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    client::{Client, Response},
    draft::Draft,
    listen::html,
    output::{self, BAD, Escaped, GOOD, WARN},
};

pub(super) async fn run(
    client: &Client,
    draft: &Draft<'_>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let url = client.url();
    let response = client.send(draft.request()?).await;
    let response = response.map_err(|error| anyhow!("{url}: {}", error.reason))?;
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
    let style = if status.is_success() { GOOD } else { BAD };
    output::print_result(json, &sent, || {
        format!(
            "POST {url} ({}, invoice {})\n{style}{status}{style:#} in {milliseconds:.1} ms\n{}{}",
            draft.format,
            Escaped(id),
            advice(&response),
            body(&response),
        )
    })?;
    Ok(ExitCode::from(u8::from(!status.is_success())))
}

fn advice(response: &Response) -> String {
    if response.status.is_redirection() {
        let to = response.location.as_deref().unwrap_or("an unknown URL");
        format!(
            "{WARN}redirected to {}{WARN:#}\n\
            The vendor's sender would follow with a GET and lose the body: respond at this URL.\n",
            Escaped(to)
        )
    } else if response.status == StatusCode::UNAUTHORIZED {
        format!(
            "{WARN}the token was refused{WARN:#}\n\
            Set the endpoint's SECRET KEY here too, and compare the clocks.\n\
            `ccpostback sign | ccpostback verify` shows what the checks of this library say.\n"
        )
    } else {
        String::new()
    }
}

/// The body, of an HTML page only the text.
fn body(response: &Response) -> String {
    let note = if response.truncated {
        " (truncated)"
    } else {
        ""
    };
    match response.body.trim() {
        "" => String::new(),
        page if page.starts_with('<') => {
            format!("an HTML page: {}{note}\n", Escaped(&html::text(page)))
        }
        text => format!("{}{note}\n", Escaped(text)),
    }
}
