//! The dashboard and the alert rules of `monitoring` load, and use only metrics that exist.

use std::{collections::BTreeSet, fs, path::PathBuf, process::Command};

use cryptocloud_postback::metrics::{Metric, MetricKind};

use crate::programs;

#[test]
fn every_metric_is_documented() {
    for file in ["alerts.yml", "alerts_test.yml", "dashboard.json"] {
        let text = read(file);
        let names = names(&text);
        assert!(names.len() >= 7, "{file}: {names:?}");
        for name in names {
            assert!(exists(&name), "{file} uses {name}");
        }
    }
}

/// An alert or a panel for each, or it was forgotten.
#[test]
fn every_metric_is_used() {
    let used = names(&(read("alerts.yml") + &read("dashboard.json")));
    for metric in metrics() {
        let is_used = |name: &String| name.starts_with(metric.name);
        assert!(used.iter().any(is_used), "{} is not used", metric.name);
    }
}

#[test]
fn labels_are_documented() {
    let known: BTreeSet<&str> = metrics()
        .flat_map(|metric| metric.labels)
        .copied()
        .collect();
    // `le` is the bucket, and `instance` the process that Prometheus asked.
    let known = |label: &str| known.contains(label) || ["le", "instance"].contains(&label);
    for file in ["alerts.yml", "dashboard.json"] {
        let text = read(file);
        for grouped in text.split(" by (").skip(1) {
            let labels = grouped.split(')').next().expect("a parenthesis");
            for label in labels.split(", ") {
                assert!(known(label), "{file} groups by {label}");
            }
        }
    }
}

#[test]
fn the_dashboard_is_json_for_grafana() {
    let dashboard: serde_json::Value = serde_json::from_str(&read("dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(
            ids.insert(panel["id"].as_u64()),
            "{panel} has the id of another"
        );
        let targets = panel["targets"].as_array().expect("targets");
        assert!(!targets.is_empty());
        for target in targets {
            assert_ne!(target["expr"].as_str().expect("an expression"), "");
        }
    }
    assert!(dashboard["schemaVersion"].is_u64() && dashboard["title"].is_string());
}

/// Each alert has a row in the guide, and a test in `alerts_test.yml`, which Prometheus runs.
#[test]
fn every_alert_fires() {
    let (rules, tests) = (read("alerts.yml"), read("alerts_test.yml"));
    let guide = "../crates/cryptocloud-postback-inbox/docs/operate.md";
    let guide = read(guide);
    for alert in rules.split("- alert: ").skip(1) {
        let name = alert.lines().next().expect("a name");
        assert!(
            guide.contains(&format!("`{name}`")),
            "the guide lacks {name}"
        );
        let asked = format!("alertname: {name}\n");
        let fires = tests.split(&asked).skip(1);
        let fires = fires.filter(|test| test.trim_start().starts_with("exp_alerts:"));
        assert!(fires.count() > 0, "{name}");
    }
    if !programs::is_installed("promtool", &["--version"]) {
        return;
    }
    for arguments in [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
    ] {
        let output = Command::new("promtool")
            .args(arguments)
            .current_dir(folder())
            .output()
            .expect("promtool");
        let said = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}{error}");
    }
}

fn metrics() -> impl Iterator<Item = &'static Metric> {
    let core = cryptocloud_postback::metrics::METRICS;
    let inbox = cryptocloud_postback_inbox::metrics::METRICS;
    let api = cryptocloud_postback_api::metrics::METRICS;
    let projects = cryptocloud_postback_projects::metrics::METRICS;
    core.iter().chain(inbox).chain(api).chain(projects)
}

/// Whether the exporter has a series of this name.
fn exists(name: &str) -> bool {
    metrics().any(|metric| match metric.kind {
        MetricKind::Histogram => ["_bucket", "_count", "_sum"]
            .into_iter()
            .any(|end| name.strip_suffix(end) == Some(metric.name)),
        _ => name == metric.name,
    })
}

fn names(text: &str) -> BTreeSet<String> {
    let is_part = |text: char| text.is_ascii_alphanumeric() || text == '_';
    let words = text.split(|text| !is_part(text));
    let names = words.filter(|word| word.starts_with("cryptocloud_postback_"));
    names.map(ToOwned::to_owned).collect()
}

fn read(file: &str) -> String {
    fs::read_to_string(folder().join(file)).expect("a file of `monitoring`")
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../monitoring")
}
