//! The log line of a postback that could not be stored.

use std::{error, fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cryptocloud_postback::{Amount, Currency, InvoiceId, TraceContext};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Fields, Identity, Report};

/// A report that could not be stored, as it stands in the log for `ccpostback inbox import`.
///
/// As a string it is `ccpostback-report:1:`, the report as JSON in base64url, a `.`, and eight
/// hexadecimal digits of a checksum, by which a line that the logger cut off is noticed.
/// No character of it needs escaping, so it survives every log format.
///
/// # Examples
///
/// ```
/// use cryptocloud_postback::InvoiceId;
/// use cryptocloud_postback_inbox::{Fields, Identity, LostReport, Report};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let identity = Identity::new("shop", InvoiceId::parse("ILRAJE1Q")?);
/// let report = Report::new(identity, Fields::default());
/// let line = format!(r#"{{"level":"ERROR","report":"{}"}}"#, LostReport(report.clone()));
///
/// let found = LostReport::find(&line).ok_or("the line has a report")??;
/// assert_eq!(found.0, report);
/// assert!(LostReport::find("some other line").is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LostReport(pub Report);

impl LostReport {
    /// Finds the report in a line of a log, or returns `None` if there is none.
    ///
    /// # Errors
    ///
    /// The line has one, but it was cut off or changed.
    #[must_use]
    pub fn find(line: &str) -> Option<Result<Self, LostReportError>> {
        let start = line.find(PREFIX)?;
        let text = line.get(start..)?;
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let end = text.bytes().position(|byte| !is_part(byte));
        Some(text.get(..end.unwrap_or(text.len()))?.parse())
    }
}

impl FromStr for LostReport {
    type Err = LostReportError;

    fn from_str(text: &str) -> Result<Self, LostReportError> {
        let text = text.strip_prefix(PREFIX).ok_or(LostReportError(()))?;
        let (encoded, digits) = text.split_once('.').ok_or(LostReportError(()))?;
        if checksum(encoded) != digits {
            return Err(LostReportError(()));
        }
        URL_SAFE_NO_PAD
            .decode(encoded)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .and_then(Json::into_report)
            .map(Self)
            .ok_or(LostReportError(()))
    }
}

impl fmt::Display for LostReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_vec(&Json::from(&self.0)).map_err(|_| fmt::Error)?;
        let encoded = URL_SAFE_NO_PAD.encode(json);
        write!(f, "{PREFIX}{encoded}.{}", checksum(&encoded))
    }
}

/// A line has a report that was cut off or changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LostReportError(());

impl fmt::Display for LostReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("report in the log line was cut off or changed")
    }
}

impl error::Error for LostReportError {}

/// What the line holds. Only optional fields may be added, or version 1 must become 2.
#[derive(Deserialize, Serialize)]
struct Json {
    project: Box<str>,
    invoice_id: Box<str>,
    transactions: Option<[u8; 32]>,
    amount_crypto: Option<Box<str>>,
    currency: Option<Box<str>>,
    order_id: Option<Box<str>>,
    invoice_info: Option<Box<str>>,
    is_unidentified: bool,
    traceparent: Option<Box<str>>,
    tracestate: Option<Box<str>>,
}

impl From<&Report> for Json {
    fn from(report: &Report) -> Self {
        let (fields, trace) = (&report.fields, report.trace.as_ref());
        Self {
            project: report.identity.project().into(),
            invoice_id: report.invoice_id().as_str().into(),
            transactions: report.identity.transactions().copied(),
            amount_crypto: fields.amount_crypto.map(|amount| amount.to_string().into()),
            currency: fields.currency.as_ref().map(|code| code.as_str().into()),
            order_id: fields.order_id.clone(),
            invoice_info: fields.invoice_info.clone(),
            is_unidentified: report.is_unidentified,
            traceparent: trace.map(|trace| trace.traceparent().into()),
            tracestate: trace.and_then(TraceContext::tracestate).map(Into::into),
        }
    }
}

impl Json {
    fn into_report(self) -> Option<Report> {
        // A second prefix would be part of the id.
        let invoice_id = InvoiceId::parse(&format!("INV-{}", self.invoice_id)).ok()?;
        let amount = self.amount_crypto.as_deref().map(Amount::parse);
        let currency = self.currency.as_deref().map(str::parse::<Currency>);
        let fields = Fields {
            amount_crypto: amount.transpose().ok()?,
            currency: currency.transpose().ok()?,
            order_id: self.order_id,
            invoice_info: self.invoice_info,
        };
        let identity = Identity::from_parts(&self.project, invoice_id, self.transactions);
        let traceparent = self.traceparent.as_deref();
        Some(Report {
            is_unidentified: self.is_unidentified,
            trace: traceparent
                .and_then(|value| TraceContext::parse(value, self.tracestate.as_deref())),
            ..Report::new(identity, fields)
        })
    }
}

fn checksum(encoded: &str) -> String {
    let digest = Sha256::digest(encoded);
    digest
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

const PREFIX: &str = "ccpostback-report:1:";

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn report() -> Result<Report, cryptocloud_postback::CodeError> {
        let identity = Identity::new("shop \"1\"", InvoiceId::parse("INV-INV-A'")?);
        let fields = Fields {
            amount_crypto: Amount::parse("0.000000000000000001").ok(),
            currency: Some("USDT_TRC20".parse()?),
            order_id: Some("счёт \\\"1\"".into()),
            invoice_info: Some(r#"{"uuid": "INV-A"}"#.into()),
        };
        Ok(Report {
            trace: TraceContext::parse(PARENT, Some("vendor=\\\"1\"")),
            ..Report::new(identity.with_transactions(["0x1"]), fields)
        })
    }

    #[test]
    fn survives_a_log() -> Result<(), Box<dyn error::Error>> {
        let lost = LostReport(report()?);
        assert!(
            lost.0
                .trace
                .as_ref()
                .is_some_and(|it| it.tracestate().is_some())
        );
        for line in [
            format!("2026-11-25T15:00:00Z ERROR postback was not stored report={lost} error=down"),
            format!("{{\"report\":\"{lost}\"}}"),
            lost.to_string(),
        ] {
            assert_eq!(LostReport::find(&line), Some(Ok(lost.clone())), "{line}");
        }
        Ok(())
    }

    #[test]
    fn a_line_without_a_trace_is_read() -> Result<(), Box<dyn error::Error>> {
        let json = r#"{"project":"shop","invoice_id":"A","is_unidentified":false}"#;
        let encoded = URL_SAFE_NO_PAD.encode(json);
        let text = format!("{PREFIX}{encoded}.{}", checksum(&encoded));
        let identity = Identity::new("shop", InvoiceId::parse("A")?);
        let report = Report::new(identity, Fields::default());
        assert_eq!(text.parse(), Ok(LostReport(report)));
        Ok(())
    }

    #[test]
    fn a_changed_line_is_noticed() -> Result<(), Box<dyn error::Error>> {
        let text = LostReport(report()?).to_string();
        for end in PREFIX.len()..text.len() {
            let cut = LostReport::find(&text[..end]);
            assert_eq!(cut, Some(Err(LostReportError(()))), "{end}");
        }
        Ok(())
    }
}
