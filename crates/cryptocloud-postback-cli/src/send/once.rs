use std::process::ExitCode;

use anyhow::anyhow;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    client::{Client, Request, Response},
    draft::Draft,
    output::{self, BAD, Escaped, GOOD, WARN},
};

pub(super) async fn run(
    client: &Client,
    request: Request,
    draft: &Draft,
    is_json: bool,
) -> anyhow::Result<ExitCode> {
    let method = request.method.clone();
    let response = client
        .send(request)
        .await
        .map_err(|error| anyhow!("{}: {}", client.url(), error.reason))?;
    let sent = json!({
        "invoice_id": draft.invoice_id,
        "format": draft.format.to_string(),
        "status": response.status.as_u16(),
        "milliseconds": response.elapsed.as_secs_f64() * 1e3,
        "response": response.body,
        "response_truncated": response.truncated,
        "location": response.location,
    });
    output::print_result(is_json, &sent, || text(client, &method, draft, &response))?;
    Ok(ExitCode::from(u8::from(!response.status.is_success())))
}

fn text(client: &Client, method: &Method, draft: &Draft, response: &Response) -> String {
    let style = if response.status.is_success() {
        GOOD
    } else {
        BAD
    };
    let mut text = format!(
        "{method} {} ({}, invoice {})\n{style}{}{style:#} in {:.1} ms\n",
        client.url(),
        draft.format,
        Escaped(&draft.invoice_id),
        response.status,
        response.elapsed.as_secs_f64() * 1e3,
    );
    if response.status.is_redirection() {
        let to = response.location.as_deref().unwrap_or("an unknown URL");
        text += &format!(
            "{WARN}redirected to {}{WARN:#}\nThe vendor's sender would follow with a GET and lose the body: respond at this URL.\n",
            Escaped(to)
        );
    }
    if response.status == StatusCode::UNAUTHORIZED {
        text += &format!(
            "{WARN}the token was refused{WARN:#}\nSet the endpoint's SECRET KEY here too, and compare the clocks.\n`ccpostback sign | ccpostback verify` shows what the checks of this library say.\n"
        );
    }
    if !response.body.is_empty() {
        text += &format!("{}\n", shown(response));
    }
    text
}

/// The body, or the title of a page, such as that of a framework's error.
fn shown(response: &Response) -> String {
    let body = response.body.trim();
    if body.starts_with('<') {
        let title = body
            .split_once("<title>")
            .and_then(|(_, rest)| rest.split_once("</title>"));
        let title = title.map_or("without a title", |(title, _)| title.trim());
        return format!("(an HTML page: {})", Escaped(title));
    }
    let note = if response.truncated {
        " (truncated)"
    } else {
        ""
    };
    format!("{}{note}", Escaped(body))
}
