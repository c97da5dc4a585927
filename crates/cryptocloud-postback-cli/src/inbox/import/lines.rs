//! Finds reports in a log, whatever its format.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
    thread,
};

use anyhow::Context;
use cryptocloud_postback_inbox::{LostReport, Report};
use tokio::sync::mpsc;

/// What a line of the log has, besides other text.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Found {
    /// The end, after this many lines.
    End { lines: u64 },
    /// A report of a postback that was not stored.
    Report { line: u64, report: Box<Report> },
    /// The rest of one.
    Unreadable { line: u64, problem: &'static str },
}

/// The reports in a log. A thread of its own reads it, so that Ctrl-C is noticed while a pipe is
/// silent.
pub(super) struct Lines(mpsc::Receiver<anyhow::Result<Found>>);

impl Lines {
    /// Opens the file, or standard input if the path is `-`.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        if path == Path::new("-") {
            return Ok(Self::start(
                || io::stdin().lock(),
                "cannot read standard input".to_owned(),
            ));
        }
        let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
        Ok(Self::start(
            || BufReader::new(file),
            format!("cannot read {name}"),
        ))
    }

    fn start<R: BufRead>(open: impl FnOnce() -> R + Send + 'static, problem: String) -> Self {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        thread::spawn(move || {
            // Sending fails if nothing more is wanted.
            let read = read(&mut open(), |found| sender.blocking_send(Ok(found)).is_ok());
            if let Err(error) = read {
                let _ = sender.blocking_send(Err(error).context(problem));
            }
        });
        Self(receiver)
    }

    /// The next report, or `None` after the end.
    pub(super) async fn next(&mut self) -> Option<anyhow::Result<Found>> {
        self.0.recv().await
    }
}

/// Passes on what it finds, until that returns `false`.
fn read(log: &mut impl BufRead, mut pass: impl FnMut(Found) -> bool) -> io::Result<()> {
    let mut bytes = Vec::new();
    let mut line = 0;
    while log.read_until(b'\n', &mut bytes)? > 0 {
        line += 1;
        let text = String::from_utf8_lossy(&bytes);
        for found in find(line, &text) {
            if !pass(found) {
                return Ok(());
            }
        }
        bytes.clear();
    }
    pass(Found::End { lines: line });
    Ok(())
}

fn find(line: u64, text: &str) -> Vec<Found> {
    let mut starts: Vec<usize> = text.match_indices(MARKER).map(|(start, _)| start).collect();
    if starts.is_empty() {
        let is_lost = MESSAGES.iter().any(|message| text.contains(message));
        let problem = "the report was cut off, or is in another line";
        return is_lost
            .then_some(Found::Unreadable { line, problem })
            .into_iter()
            .collect();
    }
    starts.push(text.len());
    starts
        .windows(2)
        .filter_map(|ends| text.get(*ends.first()?..*ends.last()?))
        .map(|part| match LostReport::find(part) {
            Some(Ok(LostReport(report))) => Found::Report {
                line,
                report: Box::new(report),
            },
            Some(Err(_)) => Found::Unreadable {
                line,
                problem: "the report was cut off or changed",
            },
            None => Found::Unreadable {
                line,
                problem: "the report was cut off, or a newer program has written it",
            },
        })
        .collect()
}

/// What every version of [`LostReport`] begins with.
const MARKER: &str = "ccpostback-report:";

/// What the inbox logs with a report. If the logger cuts the line short, it is all that remains.
const MESSAGES: [&str; 2] = [
    "postback was not stored: ",
    "postback of another project was not stored: ",
];

/// How many reports are read ahead.
const CAPACITY: usize = 64;

#[cfg(test)]
mod tests {
    use cryptocloud_postback::InvoiceId;
    use cryptocloud_postback_inbox::{Fields, Identity};

    use super::*;

    fn report(invoice: &str) -> Box<Report> {
        let invoice = InvoiceId::parse(invoice).expect("an invoice");
        Box::new(Report::new(
            Identity::new("shop", invoice),
            Fields::default(),
        ))
    }

    fn lost(invoice: &str) -> String {
        LostReport(*report(invoice)).to_string()
    }

    #[track_caller]
    fn check(log: impl AsRef<[u8]>, expected: &[(u64, Option<&str>)], lines: u64) {
        let mut found = Vec::new();
        read(&mut log.as_ref(), |item| {
            found.push(item);
            true
        })
        .expect("a log");
        assert_eq!(found.pop(), Some(Found::End { lines }));
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, (expected_line, invoice)) in found.iter().zip(expected) {
            match found {
                Found::Report {
                    line,
                    report: found,
                } => {
                    assert_eq!(
                        (line, invoice.map(report)),
                        (expected_line, Some(found.clone()))
                    );
                }
                Found::Unreadable { line, .. } => {
                    assert_eq!((line, invoice), (expected_line, &None))
                }
                Found::End { .. } => panic!("two ends"),
            }
        }
    }

    #[test]
    fn reports_are_found_in_any_format() {
        let (a, b) = (lost("A"), lost("B"));
        check("", &[], 0);
        check("GET /postback 200\n\n", &[], 2);
        check(
            format!("x\nERROR report={a} error=down\r\n"),
            &[(2, Some("A"))],
            2,
        );
        check(
            format!("{{\"fields\":{{\"report\":\"{a}\"}}}}"),
            &[(1, Some("A"))],
            1,
        );
        check(
            format!(r#"{{"log":"{{\"report\":\"{a}\"}}\n"}}"#),
            &[(1, Some("A"))],
            1,
        );
        check(
            format!("\u{1b}[3mreport\u{1b}[0m={a}\u{1b}[0m\n"),
            &[(1, Some("A"))],
            1,
        );
        check(
            [b"\xff\xfe ", a.as_bytes(), b"\xff\n"].concat(),
            &[(1, Some("A"))],
            1,
        );
        check(
            format!("[{a},{b}]\n{b}"),
            &[(1, Some("A")), (1, Some("B")), (2, Some("B"))],
            2,
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_skipped() {
        let a = lost("A");
        let half = a.get(..a.len() / 2).expect("ASCII");
        check(format!("x\nreport={half}\n"), &[(2, None)], 2);
        check(format!("{half}{a}"), &[(1, None), (1, Some("A"))], 1);
        check(a.replace(":1:", ":2:"), &[(1, None)], 1);
        check("ccpostback-report:", &[(1, None)], 1);
        check(
            "ERROR postback was not stored: run `ccpostback inb",
            &[(1, None)],
            1,
        );
    }
}
