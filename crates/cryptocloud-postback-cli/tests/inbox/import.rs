use cryptocloud_postback::InvoiceId;
use cryptocloud_postback_inbox::{
    Fields, Identity, InboxStore, LostReport, Report, State, transition::MAX_REPORTS,
};
use cryptocloud_postback_sqlx::SqliteStore;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    TestResult, call, line,
    program::{Ended, TempFile},
    report,
};

/// A migrated SQLite file.
struct Shop {
    _folder: TempDir,
    store: SqliteStore,
    url: String,
}

impl Shop {
    async fn new() -> TestResult<Self> {
        let folder = TempDir::new()?;
        let file = folder.path().join("shop.db");
        let store = SqliteStore::connect(&file).await?;
        store.migrate().await?;
        let url = format!("sqlite:{}", file.display());
        Ok(Self {
            _folder: folder,
            store,
            url,
        })
    }

    fn import(&self, log: &str, options: &[&str]) -> Ended {
        let log = TempFile::new(log);
        let arguments = ["import", "--database-url", &self.url, log.path()];
        call(&[&arguments, options].concat())
    }

    async fn states(&self, project: &str, invoice: &str) -> TestResult<Vec<State>> {
        let records = self.store.find(project, invoice).await?;
        Ok(records.iter().map(|record| record.state).collect())
    }
}

/// These parts of the summary.
fn counts(ended: &Ended) -> [u64; 2] {
    let json = ended.json();
    ["stored", "known"].map(|name| json[name].as_u64().unwrap_or(u64::MAX))
}

#[tokio::test]
async fn each_report_is_stored_once() -> TestResult {
    let shop = Shop::new().await?;
    let first = report("A", "ORDER_1")?;
    let held = Report {
        is_unidentified: true,
        ..report("B", "ORDER_2")?
    };
    let other = Report::new(
        Identity::new("other", InvoiceId::parse("A")?),
        Fields::default(),
    );
    let log = [
        "GET /postback 503\n".to_owned(),
        line(&first),
        line(&first),
        line(&report("A", "ORDER_9")?),
        line(&held),
        format!("{{\"report\":\"{}\"}}", LostReport(other)),
    ]
    .concat();

    let ended = shop.import(&log, &["--json", "--project", "shop"]);
    assert_eq!((ended.code, counts(&ended)), (Some(0), [3, 1]));
    assert_eq!(ended.json()["other_projects"], 1);
    assert_eq!(ended.json()["lines"], 6);
    let expected = [State::Received, State::Conflict];
    assert_eq!(shop.states("shop", "A").await?, expected);
    assert_eq!(shop.states("shop", "B").await?, [State::Held]);
    assert_eq!(shop.states("other", "A").await?, []);
    let stored = shop.store.find("shop", "A").await?;
    assert_eq!(stored.first().map(|record| &record.report), Some(&first));

    let ended = shop.import(&log, &["--json"]);
    assert_eq!((ended.code, counts(&ended)), (Some(0), [1, 4]));
    assert_eq!(shop.states("other", "A").await?, [State::Received]);
    let ended = shop.import(&log, &[]);
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stdout.starts_with("lines             6\n"),
        "{ended:?}"
    );
    assert!(
        ended.stdout.contains("\nknown             5\n"),
        "{ended:?}"
    );
    assert_eq!(shop.states("shop", "A").await?, expected);
    Ok(())
}

#[tokio::test]
async fn what_is_not_stored_is_listed_with_its_line() -> TestResult {
    let shop = Shop::new().await?;
    let cut = line(&report("CUT", "1")?);
    let (cut, _) = cut.split_at_checked(150).ok_or("ASCII")?;
    let mut log = format!("x\n{cut}\n");
    for order in 0..=MAX_REPORTS {
        log += &line(&report("FULL", &order.to_string())?);
    }
    log += &line(&report("LAST", "1")?);

    let ended = shop.import(&log, &["--json"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let failed = ended.json()["failed"].clone();
    let lines = failed.as_array().ok_or("a list")?.iter();
    let lines: Vec<_> = lines.map(|failed| failed["line"].clone()).collect();
    assert_eq!(lines, [Value::from(2), Value::from(3 + MAX_REPORTS)]);
    // What follows is stored all the same.
    assert_eq!(shop.states("shop", "LAST").await?, [State::Received]);
    assert_eq!(shop.states("shop", "CUT").await?, []);

    let ended = shop.import(&log, &[]);
    assert_eq!(ended.code, Some(1));
    let expected = "line 2, problem the report was cut off";
    assert!(ended.stdout.contains(expected), "{ended:?}");
    Ok(())
}

#[tokio::test]
async fn a_dry_run_stores_nothing() -> TestResult {
    let shop = Shop::new().await?;
    let log = line(&report("A", "\u{1b}[2J")?) + "ccpostback-report:1:x\n";
    let ended = shop.import(&log, &["--dry-run"]);
    assert_eq!(ended.code, Some(1));
    let expected = "line 1, project shop, invoice_id A, order_id \\u{1b}[2J, amount_crypto 1.5, \
                    currency USDT_TRC20\n";
    assert!(ended.stdout.contains(expected), "{ended:?}");
    assert_eq!(shop.states("shop", "A").await?, []);

    // It needs no store.
    let log = TempFile::new(log);
    let ended = call(&["import", "--dry-run", "--json", log.path()]);
    let expected = json!({
        "line": 1,
        "project": "shop",
        "invoice_id": "A",
        "order_id": "\u{1b}[2J",
        "amount_crypto": "1.5",
        "currency": "USDT_TRC20",
    });
    assert_eq!(ended.json()["reports"], json!([expected]));
    Ok(())
}

/// Each line, with the invoices of its reports. `None` stands for what cannot be read.
#[test]
fn reports_are_found_in_any_format() -> TestResult {
    let [a, b] = ["A", "B"].map(|invoice| report(invoice, "1").map(LostReport));
    let (a, b) = (a?.to_string(), b?.to_string());
    let (half, _) = a.split_at_checked(a.len() / 2).ok_or("ASCII")?;
    let lines: &[(String, &[Option<&str>])] = &[
        ("GET /postback 200".into(), &[]),
        (String::new(), &[]),
        (format!("ERROR report={a} error=down\r"), &[Some("A")]),
        (format!(r#"{{"fields":{{"report":"{a}"}}}}"#), &[Some("A")]),
        (
            format!(r#"{{"log":"{{\"report\":\"{a}\"}}\n"}}"#),
            &[Some("A")],
        ),
        (
            format!("\u{1b}[3mreport\u{1b}[0m={a}\u{1b}[0m"),
            &[Some("A")],
        ),
        (format!("[{a},{b}]"), &[Some("A"), Some("B")]),
        (format!("report={half}"), &[None]),
        (format!("{half}{b}"), &[None, Some("B")]),
        (a.replace(":1:", ":2:"), &[None]),
        ("ccpostback-report:".into(), &[None]),
        ("ERROR postback was not stored: run `ccpo".into(), &[None]),
        (
            "postback of another project was not stored: ".into(),
            &[None],
        ),
    ];
    let mut log = b"\xff\xfe\n".to_vec();
    for (line, _) in lines {
        log.extend([line.as_bytes(), b"\n"].concat());
    }
    let found = call(&["import", "--dry-run", "--json", TempFile::new(log).path()]).json();
    let rows = |name: &str| found[name].as_array().cloned().unwrap_or_default();
    for (number, (line, expected)) in (2..).zip(lines) {
        let of_line = |row: &Value| row["line"] == number;
        let reports = rows("reports").into_iter().filter(of_line);
        let reports: Vec<_> = reports.map(|row| row["invoice_id"].clone()).collect();
        let expected_reports: Vec<_> = expected
            .iter()
            .flatten()
            .map(|invoice| json!(invoice))
            .collect();
        assert_eq!(reports, expected_reports, "{line}");
        let failed = rows("failed").into_iter().filter(of_line).count();
        let expected_failed = expected.iter().filter(|one| one.is_none()).count();
        assert_eq!(failed, expected_failed, "{line}");
    }
    assert_eq!(found["lines"], 1 + lines.len());
    Ok(())
}

#[tokio::test]
async fn nothing_is_created_by_a_wrong_path() -> TestResult {
    let folder = TempDir::new()?;
    let path = folder.path().join("wrong.db");
    let url = format!("sqlite:{}", path.display());
    let log = TempFile::new("");
    call(&["import", "--database-url", &url, log.path()]).fails("does not exist: correct the path");
    assert!(!path.exists());
    drop(SqliteStore::connect(&path).await?);
    call(&["import", "--database-url", &url, log.path()])
        .fails("schema is missing: run `ccpostback inbox migrate`");
    call(&["import", "--database-url", &url, "/nonexistent"])
        .fails("cannot read /nonexistent: No such file");
    call(&["import", "--database-url", &url]).fails_usage();
    Ok(())
}

impl Ended {
    #[track_caller]
    fn fails_usage(&self) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(2), ""), "{self:?}");
    }
}
