//! What a string, a number or a time has to be to become a type of this crate, and how it is printed.

use std::{
    fmt::Debug,
    str::FromStr,
    time::{Duration, SystemTime},
};

use cryptocloud_postback::{
    Amount, AmountError, CodeError, Currency, Decimal, Error, ErrorKind, InvoiceId, InvoiceStatus,
    SecretKey, SecretKeyError, Status, UnixTime,
};
use serde::{Serialize, de::DeserializeOwned};

/// `text` is read as `expected`, also from JSON, and written back as such a string.
#[track_caller]
fn check<T, E>(text: &str, expected: Result<&str, E>)
where
    T: DeserializeOwned + FromStr<Err = E> + PartialEq + Serialize + ToString,
    E: Copy + Debug + PartialEq,
{
    let value = text.parse::<T>();
    let printed = value.as_ref().map(ToString::to_string);
    assert_eq!(
        printed.as_deref().map_err(|error| **error),
        expected,
        "{text:?}"
    );
    let deserialized = serde_json::from_value::<T>(text.into()).ok();
    let json = deserialized
        .as_ref()
        .map(|value| serde_json::to_value(value).ok());
    assert_eq!(
        json,
        expected.ok().map(|text| Some(text.into())),
        "{text:?}"
    );
    assert!(deserialized == value.ok(), "{text:?}");
}

#[test]
fn amounts_are_exact() {
    let zeros = "0".repeat(100);
    let largest = "79228162514264337593543950335";
    for (text, expected) in [
        ("0", "0"),
        ("100", "100"),
        ("102.0", "102.0"),
        ("0.000113", "0.000113"),
        ("1e-05", "0.00001"),
        ("1.5E+3", "1500"),
        ("0e999", "0"),
        ("1e28", "10000000000000000000000000000"),
        ("1e-28", "0.0000000000000000000000000001"),
        ("100e-30", "0.0000000000000000000000000001"),
        (largest, largest),
        // Zeros are not digits too many.
        (&format!("1.{}", "0".repeat(29)), "1"),
        (&format!("0.000113{zeros}"), "0.000113"),
        (&format!("0.{zeros}"), "0"),
        (&format!("12{zeros}e-99"), "120"),
        (&format!("0.{zeros}12e101"), "1.2"),
        (&format!("10.01{zeros}e1"), "100.1"),
        (&format!("{largest}.{zeros}"), largest),
    ] {
        check::<Amount, _>(text, Ok(expected));
    }
    assert_eq!(Amount::parse("100"), Amount::parse("100.0"));
}

#[test]
fn amounts_are_never_rounded() {
    for text in [
        "1e29",
        "1e-29",
        "1e400",
        "1e-400",
        "1e99999999999",
        "79228162514264337593543950336",
        "1234567890123456789012345678901234567890",
        // 2^128 + 1, which an unchecked sum would take for 1.
        "340282366920938463463374607431768211457",
        "0.12345678901234567890123456789",
        "1.00000000000000000000000000001",
        "1.000000000000000000000000000010000000000",
        &format!("0.{}1", "0".repeat(100)),
        &format!("1{}", "0".repeat(100)),
        &format!("1.{}", "1234567890".repeat(4)),
    ] {
        check::<Amount, _>(text, Err(AmountError::Inexact));
    }
}

#[test]
fn not_an_amount() {
    for text in [
        "", " 1", "1 ", "NaN", "Infinity", "1_000", "1,000", "+1", ".5", "1.", "00.1", "01", "0x1",
        "1e", "1e+", "1e1.5", "--1", "1e5e5", "1.2.3", "١",
    ] {
        check::<Amount, _>(text, Err(AmountError::NotANumber));
    }
    for text in ["-1", "-0", "-1e-05"] {
        check::<Amount, _>(text, Err(AmountError::Negative));
    }
    assert_eq!(
        Amount::try_from(Decimal::NEGATIVE_ONE),
        Err(AmountError::Negative)
    );
    for not_a_string in ["0.1", "1", "null"] {
        assert!(
            serde_json::from_str::<Amount>(not_a_string).is_err(),
            "{not_a_string}"
        );
    }
}

#[test]
fn invoice_ids() {
    let longest = "W".repeat(128);
    for (text, id) in [
        ("ILRAJE1Q", "ILRAJE1Q"),
        ("INV-ILRAJE1Q", "ILRAJE1Q"),
        ("INV-INV-X", "INV-X"),
        ("inv-x", "inv-x"),
        ("счёт-№1", "счёт-№1"),
        (&longest, &longest),
    ] {
        check::<InvoiceId, _>(text, Ok(id));
    }
    for text in ["", "INV-"] {
        check::<InvoiceId, _>(text, Err(CodeError::Empty));
    }
    for text in ["A\0B", "A\nB", "A\u{85}B", "A\u{fffd}B"] {
        check::<InvoiceId, _>(text, Err(CodeError::ControlCharacter));
    }
    check::<InvoiceId, _>(&format!("{longest}W"), Err(CodeError::TooLong));
}

#[test]
fn debug_escapes_what_changes_the_display_of_a_line() -> Result<(), CodeError> {
    let id = InvoiceId::parse("A\u{202e}B\u{2066}C\u{2028}D\u{2029}E")?;
    let escaped = r#""A\u{202e}B\u{2066}C\u{2028}D\u{2029}E""#;
    assert_eq!(format!("{:?}", id.as_str()), escaped);
    Ok(())
}

#[test]
fn known_codes_have_a_variant() {
    assert_eq!(Currency::ALL.len(), 40);
    for currency in Currency::ALL {
        check::<Currency, _>(currency.as_str(), Ok(currency.as_str()));
        assert_eq!(Currency::parse(currency.as_str()).as_ref(), Ok(currency));
        assert!(!matches!(currency, Currency::Other(_)));
    }
    for status in InvoiceStatus::ALL {
        check::<InvoiceStatus, _>(status.as_str(), Ok(status.as_str()));
        assert!(!matches!(status, InvoiceStatus::Other(_)));
    }
    assert_eq!(Status::parse("success"), Ok(Status::Success));
}

#[test]
fn unknown_codes_are_kept() -> Result<(), CodeError> {
    for code in ["usdt_trc20", "NEW_COIN", "SUCCESS", "fail"] {
        check::<Currency, _>(code, Ok(code));
        check::<Status, _>(code, Ok(code));
        assert_eq!(Currency::parse(code)?, code);
        assert_eq!(Status::parse(code)?, code);
    }
    assert_ne!(Currency::parse("usdt_trc20")?, Currency::UsdtTrc20);
    assert_ne!(Status::parse("Success")?, Status::Success);
    check::<Currency, _>("", Err(CodeError::Empty));
    check::<Status, _>(&"A".repeat(65), Err(CodeError::TooLong));
    for text in ["A\nB", "A\0", "A\u{fffd}"] {
        check::<Currency, _>(text, Err(CodeError::ControlCharacter));
    }
    Ok(())
}

#[test]
fn a_currency_is_a_coin_on_a_network() -> Result<(), CodeError> {
    for (code, asset, network) in [
        ("BTC", "BTC", None),
        ("ETH_BASE", "ETH", Some("BASE")),
        ("ARB_ARB", "ARB", Some("ARB")),
        ("NEW_COIN_NET", "NEW_COIN", Some("NET")),
        ("NEW", "NEW", None),
    ] {
        let currency = Currency::parse(code)?;
        assert_eq!((currency.asset(), currency.network()), (asset, network));
    }
    Ok(())
}

#[test]
fn each_mistake_in_a_secret_has_its_own_error() {
    use SecretKeyError::*;
    let good = "0123456789abcdef0123456789abcdef";
    for (secret, expected) in [
        (good, None),
        ("eyJ-is-how-this-one-starts.but-it-has-two", None),
        ("ключ-длиннее-тридцати-двух", None),
        ("", Some(Empty)),
        (" \t\n", Some(Blank)),
        (&format!("{good}\n"), Some(WhiteSpace)),
        (&format!(" {good}"), Some(WhiteSpace)),
        (&format!("\u{a0}{good}"), Some(WhiteSpace)),
        (&format!("\u{feff}{good}"), Some(WhiteSpace)),
        (&format!("\"{good}\""), Some(Quotes)),
        (&format!("{good}'"), Some(Quotes)),
        ("super-secret", Some(Sample)),
        ("eyJ0eXAiOiJKV1QifQ.eyJpZCI6MTN9.aGVsbG8", Some(ApiKey)),
        ("0123456789abcdef0123456789abcde", Some(TooShort)),
        ("ключ-длиннее-32", Some(TooShort)),
    ] {
        assert_eq!(SecretKey::new(secret).err(), expected, "{secret:?}");
        let allowed = expected.filter(|error| *error != TooShort);
        assert_eq!(SecretKey::allow_short(secret).err(), allowed, "{secret:?}");
    }
}

#[test]
fn a_secret_is_not_printed() -> Result<(), Box<dyn std::error::Error>> {
    let key = SecretKey::new("0123456789abcdef0123456789abcdef")?;
    assert_eq!(format!("{key:?}"), "SecretKey([redacted])");
    Ok(())
}

#[test]
fn times() -> Result<(), Error> {
    assert!(UnixTime::now()? > UnixTime::from_secs(1_790_000_000));
    let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let error = UnixTime::try_from(before_1970).map_err(|error| error.kind());
    assert_eq!(error, Err(ErrorKind::ClockBeforeEpoch));

    let end_of_9999 = 253_402_300_799;
    for seconds in [0, 1, 1_767_262_995, end_of_9999] {
        let time = UnixTime::from_secs(seconds);
        assert_eq!(UnixTime::try_from(SystemTime::from(time))?, time);
    }
    let end = UnixTime::from_secs(u64::MAX);
    assert_eq!(
        UnixTime::try_from(SystemTime::from(end))?.as_secs(),
        end_of_9999
    );
    assert_eq!(end.saturating_add(Duration::from_secs(60)), end);
    Ok(())
}
