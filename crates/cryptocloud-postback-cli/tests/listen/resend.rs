//! Resends of what has arrived.

use cryptocloud_postback::{RequestHead, SecretKey, UnixTime, Verifier, testing::PostbackBuilder};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{SECRET, TestResult, genuine, listener::Listener};

/// Expired a moment ago, which the leeway still accepts.
fn expired(invoice_id: &str) -> TestResult<PostbackBuilder> {
    let before = UnixTime::from_secs(UnixTime::now()?.as_secs() - 20);
    Ok(genuine(invoice_id).expires_at(before))
}

async fn resend(listener: &Listener, id: u64) -> TestResult<Value> {
    let request = listener.own(Method::POST, &format!("/api/postbacks/{id}/resend"));
    let response = request.send().await?.error_for_status()?;
    Ok(serde_json::from_slice(&response.bytes().await?)?)
}

async fn body(listener: &Listener, id: u64) -> TestResult<String> {
    let path = format!("/api/postbacks/{id}");
    let detail = listener
        .until(&path, |detail| detail["status"].is_u64())
        .await?;
    let body = detail["body"].as_str();
    Ok(body.ok_or("no body")?.to_owned())
}

#[tokio::test]
async fn an_expired_original_is_signed_anew() -> TestResult {
    let behind = Listener::start(&[])?;
    let listener = Listener::start(&["--forward", &behind.url])?;
    for builder in [
        expired("GENUINE1")?,
        expired("GENUINE1")?.order_id("a\"b ü"),
    ] {
        listener.post(&builder).await?;
    }
    let form = expired("GENUINE1")?.form();
    let request = listener.client.post(&listener.url);
    let kind = str::from_utf8(form.content_type())?;
    request
        .header("content-type", kind)
        .body(form.body())
        .send()
        .await?;

    let verifier = Verifier::new(SecretKey::new(SECRET)?)?;
    let now = UnixTime::now()?;
    for (id, format) in [(1, "json"), (2, "json"), (3, "form")] {
        let sent = resend(&listener, id).await?;
        assert_eq!(sent, json!({ "id": id + 3, "signed_anew": true }));
        let (old, new) = (body(&listener, id).await?, body(&listener, id + 3).await?);
        let kind = match format {
            "form" => "application/x-www-form-urlencoded",
            _ => "application/json",
        };
        let head = RequestHead::from_content_type(Some(kind.as_bytes()));
        let verified = verifier.verify(head, new.clone().into())?;
        assert_eq!(verified.invoice_id().as_str(), "GENUINE1");
        assert!(verified.expires_at().as_secs() > now.as_secs() + 200);
        // Nothing but the token has changed.
        let token = |body: &str| -> TestResult<String> {
            let start = body.find("eyJ").ok_or("no token")?;
            let end = body[start..]
                .find(['"', '&'])
                .map_or(body.len(), |end| start + end);
            Ok(body[start..end].to_owned())
        };
        assert_eq!(old.replace(&token(&old)?, &token(&new)?), new);
        let detail = listener.get(&format!("/api/postbacks/{}", id + 3)).await?;
        assert_eq!(detail["resend"], json!({ "of": id, "signed_anew": true }));
        assert_eq!(detail["forwarded"]["status"], "200 OK");
    }
    Ok(())
}

/// Otherwise the page would turn a forgery into a genuine postback.
#[tokio::test]
async fn only_what_was_genuine_is_signed_anew() -> TestResult {
    let behind = Listener::start(&[])?;
    let listener = Listener::start(&["--forward", &behind.url])?;
    let long_ago = UnixTime::from_secs(UnixTime::now()?.as_secs() - 3_600);
    for builder in [
        expired("FORGED01")?.secret("not-a-real-key-of-another-project"),
        genuine("GENUINE1").expires_at(long_ago),
        genuine("GENUINE1"),
    ] {
        listener.post(&builder).await?;
    }
    for id in 1..=3 {
        let sent = resend(&listener, id).await?;
        assert_eq!(sent["signed_anew"], false, "{id}");
        assert_eq!(body(&listener, id).await?, body(&listener, id + 3).await?);
    }
    Ok(())
}
