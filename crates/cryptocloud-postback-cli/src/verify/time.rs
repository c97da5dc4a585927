use anyhow::Context;
use cryptocloud_postback::UnixTime;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Parses RFC 3339 or seconds since 1970.
pub(super) fn parse(text: &str) -> anyhow::Result<UnixTime> {
    let seconds = match text.parse() {
        Ok(seconds) => seconds,
        Err(_) => {
            let time = OffsetDateTime::parse(text, &Rfc3339).context(
                "the time must be RFC 3339, such as 2026-01-27T10:23:20Z, or Unix seconds",
            )?;
            u64::try_from(time.unix_timestamp()).context("the time is before 1970")?
        }
    };
    Ok(UnixTime::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<u64>) {
        assert_eq!(parse(text).ok().map(UnixTime::as_secs), expected, "{text}");
    }

    #[test]
    fn times() {
        check("1769509400", Some(1_769_509_400));
        check("2026-01-27T10:23:20Z", Some(1_769_509_400));
        check("2026-01-27T13:23:20.5+03:00", Some(1_769_509_400));
        check("1969-12-31T23:59:59Z", None);
        check("2026-01-27", None);
        check("-1", None);
        check("", None);
        check("18446744073709551616", None);
    }
}
