//! What a statement of the vendor has to say, and how it is compared with what was reported.

use cryptocloud_postback::{Amount, Currency, Decimal, Difference, InvoiceStatus};

use crate::{Invoice, NotConfirmedKind};

/// Which statements confirm a payment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) accepts_test: bool,
    pub(crate) minimum_received_usd: Option<Amount>,
    pub(crate) project_id: Option<i64>,
    /// A part of the amount, such as 0.005.
    pub(crate) tolerance: Decimal,
}

/// What a postback reports, unsigned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reported<'a> {
    pub(crate) amount: Option<Amount>,
    pub(crate) currency: Option<&'a Currency>,
    pub(crate) order_id: Option<&'a str>,
}

impl Policy {
    /// Whether this statement is of a payment in full, whatever was reported.
    pub(crate) fn judge(&self, stated: &Invoice) -> Result<(), NotConfirmedKind> {
        let project_id = stated
            .info()
            .project
            .as_ref()
            .and_then(|project| project.id);
        if self.project_id.is_some() && project_id != self.project_id {
            return Err(NotConfirmedKind::OtherProject);
        }
        if !self.accepts_test && stated.is_test() != Some(false) {
            return Err(NotConfirmedKind::Test);
        }
        match stated.status() {
            Some(InvoiceStatus::Paid | InvoiceStatus::Overpaid) => {}
            Some(InvoiceStatus::Canceled) => return Err(NotConfirmedKind::Canceled),
            Some(InvoiceStatus::Partial) => return Err(NotConfirmedKind::Partial),
            // What is not known today may become a payment.
            _ => return Err(NotConfirmedKind::Pending),
        }
        match self.minimum_received_usd {
            Some(least) if stated.received_usd().is_none_or(|usd| usd < least) => {
                Err(NotConfirmedKind::TooLittle)
            }
            _ => Ok(()),
        }
    }

    /// How a report differs from the statement of a payment in full.
    pub(crate) fn compare(&self, reported: Reported<'_>, stated: &Invoice) -> Vec<Difference> {
        let mut differences = Vec::new();
        if let (Some(reported), Some(stated)) = (reported.order_id, stated.order_id())
            && reported != stated
        {
            differences.push(Difference::Order);
        }
        if is_other_coin(reported.currency, stated) {
            // Amounts of two coins are not comparable.
            differences.push(Difference::Currency);
            return differences;
        }
        differences.extend(
            reported
                .amount
                .and_then(|amount| self.amount_differs(amount, stated)),
        );
        differences
    }

    /// Whether an amount is at least this much, less the tolerance.
    pub(crate) fn reaches(&self, amount: Amount, least: Decimal) -> bool {
        // A bound that cannot be computed lets nothing pass.
        let lower = Decimal::ONE
            .checked_sub(self.tolerance)
            .and_then(|part| least.checked_mul(part));
        lower.is_some_and(|lower| amount.as_decimal() >= lower)
    }

    /// The reported amount may be what was invoiced or what was received, or between them.
    fn amount_differs(&self, reported: Amount, stated: &Invoice) -> Option<Difference> {
        let amounts = [stated.amount(), stated.received()];
        let amounts = || amounts.iter().flatten().map(|amount| amount.as_decimal());
        let Some((least, most)) = amounts().min().zip(amounts().max()) else {
            return Some(Difference::AmountNotReported);
        };
        if !self.reaches(reported, least) {
            return Some(Difference::AmountTooLow);
        }
        if stated.status() == Some(&InvoiceStatus::Overpaid) {
            return None;
        }
        let upper = Decimal::ONE
            .checked_add(self.tolerance)
            .and_then(|part| most.checked_mul(part));
        upper
            .is_none_or(|upper| reported.as_decimal() > upper)
            .then_some(Difference::AmountTooHigh)
    }
}

/// Whether both coins are known and differ.
pub(crate) fn is_other_coin(reported: Option<&Currency>, stated: &Invoice) -> bool {
    let coins = reported.zip(coin(stated));
    coins.is_some_and(|(reported, stated)| !reported.asset().eq_ignore_ascii_case(&stated))
}

/// The coin that the vendor states, such as `USDT`.
fn coin(stated: &Invoice) -> Option<String> {
    let code = stated
        .info()
        .currency
        .as_ref()
        .and_then(|currency| currency.code.clone());
    code.or_else(|| Some(stated.currency()?.asset().to_owned()))
}

#[cfg(test)]
mod tests {
    use cryptocloud_postback::Difference as D;

    use super::*;

    fn invoice(fields: &str) -> Invoice {
        let json = format!(r#"{{"uuid":"A",{fields}}}"#);
        Invoice::parse(&json).expect("an invoice")
    }

    #[test]
    fn which_statements_confirm() -> Result<(), Box<dyn std::error::Error>> {
        #[track_caller]
        fn check(policy: &Policy, fields: &str, expected: Result<(), NotConfirmedKind>) {
            assert_eq!(policy.judge(&invoice(fields)), expected, "{fields}");
        }
        use NotConfirmedKind as N;
        let default = Policy::default();
        let live = |status: &str| format!(r#""test_mode":false,"status":"{status}""#);
        check(&default, &live("paid"), Ok(()));
        check(&default, &live("overpaid"), Ok(()));
        check(&default, &live("partial"), Err(N::Partial));
        check(&default, &live("canceled"), Err(N::Canceled));
        check(&default, &live("created"), Err(N::Pending));
        check(&default, &live("refunded"), Err(N::Pending));
        check(&default, r#""test_mode":false"#, Err(N::Pending));
        check(&default, r#""test_mode":false,"status":7"#, Err(N::Pending));
        check(
            &default,
            r#""test_mode":true,"status":"paid""#,
            Err(N::Test),
        );
        check(&default, r#""test_mode":0,"status":"paid""#, Err(N::Test));
        check(&default, r#""status":"paid""#, Err(N::Test));

        let test = Policy {
            accepts_test: true,
            ..Policy::default()
        };
        check(&test, r#""test_mode":true,"status":"paid""#, Ok(()));
        check(&test, r#""status":"paid""#, Ok(()));

        let project = Policy {
            project_id: Some(1),
            ..Policy::default()
        };
        let of = |project: &str| format!(r#"{},"project":{project}"#, live("paid"));
        check(&project, &of(r#"{"id":1,"name":"renamed"}"#), Ok(()));
        check(
            &project,
            &of(r#"{"id":2,"name":"Shop"}"#),
            Err(N::OtherProject),
        );
        check(&project, &of("{}"), Err(N::OtherProject));
        check(&project, &live("paid"), Err(N::OtherProject));

        let minimum = Policy {
            minimum_received_usd: Some("24.5".parse()?),
            ..Policy::default()
        };
        let received = |usd: &str| format!(r#"{},"received_usd":{usd}"#, live("paid"));
        check(&minimum, &received("24.50"), Ok(()));
        check(
            &minimum,
            &received("24.499999999999999999"),
            Err(N::TooLittle),
        );
        check(&minimum, &received("null"), Err(N::TooLittle));
        Ok(())
    }

    #[test]
    fn how_a_report_differs() -> Result<(), Box<dyn std::error::Error>> {
        const STATED: &str = r#""status":"paid","amount":25.0,"received":24.5,"order_id":"A 1","currency":{"code":"USDT","fullcode":"USDT_TRC20"}"#;
        #[track_caller]
        fn check(
            stated: &str,
            (order_id, currency, amount): (&str, &str, &str),
            tolerance: &str,
            expected: &[D],
        ) {
            let policy = Policy {
                tolerance: tolerance.parse().expect("a part"),
                ..Policy::default()
            };
            let currency: Option<Currency> = currency.parse().ok();
            let reported = Reported {
                amount: amount.parse().ok(),
                currency: currency.as_ref(),
                order_id: Some(order_id).filter(|id| !id.is_empty()),
            };
            assert_eq!(
                policy.compare(reported, &invoice(stated)),
                expected,
                "{reported:?}"
            );
        }
        for amount in ["25", "24.5", "24.75", ""] {
            check(STATED, ("A 1", "USDT_TRC20", amount), "0", &[]);
        }
        check(STATED, ("A 1", "USDT_ERC20", "25"), "0", &[]);
        check(STATED, ("", "", ""), "0", &[]);
        check(STATED, ("A 2", "USDT_TRC20", "25"), "0", &[D::Order]);
        check(STATED, ("A 1", "USDC_TRC20", "9000"), "0", &[D::Currency]);
        check(
            STATED,
            ("A 1", "USDT_TRC20", "25.000000001"),
            "0",
            &[D::AmountTooHigh],
        );
        check(
            STATED,
            ("A 1", "USDT_TRC20", "24.499999999"),
            "0",
            &[D::AmountTooLow],
        );
        check(
            STATED,
            ("A 2", "", "9000"),
            "0",
            &[D::Order, D::AmountTooHigh],
        );
        check(STATED, ("A 1", "USDT_TRC20", "25.25"), "0.01", &[]);
        check(
            STATED,
            ("A 1", "USDT_TRC20", "25.26"),
            "0.01",
            &[D::AmountTooHigh],
        );
        check(STATED, ("A 1", "USDT_TRC20", "24.255"), "0.01", &[]);
        check(
            STATED,
            ("A 1", "USDT_TRC20", "24.25"),
            "0.01",
            &[D::AmountTooLow],
        );

        let overpaid = STATED.replace("paid", "overpaid");
        check(&overpaid, ("A 1", "USDT_TRC20", "30"), "0", &[]);
        check(
            &overpaid,
            ("A 1", "USDT_TRC20", "24"),
            "0",
            &[D::AmountTooLow],
        );

        let one = r#""status":"paid","received":24.5"#;
        check(one, ("A 1", "USDT_TRC20", "24.5"), "0", &[]);
        check(one, ("A 1", "USDT_TRC20", "25"), "0", &[D::AmountTooHigh]);
        check(
            r#""status":"paid""#,
            ("A 1", "USDT_TRC20", "25"),
            "0",
            &[D::AmountNotReported],
        );
        let code = r#""status":"paid","amount":1,"currency":{"fullcode":"BTC"}"#;
        check(code, ("", "LTC", "1"), "0", &[D::Currency]);
        check(code, ("", "BTC", "1"), "0", &[]);
        let huge = r#""status":"paid","amount":79228162514264337593543950335"#;
        check(
            huge,
            ("", "", "79228162514264337593543950335"),
            "0.5",
            &[D::AmountTooHigh],
        );
        Ok(())
    }
}
