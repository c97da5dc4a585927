//! What Prometheus sees of lookups and of the file, and that the documented table says the same.

use std::sync::Arc;

use cryptocloud_postback_projects::{
    FileProjects, ProjectLookup, Projects,
    metrics::{METRICS, describe},
};
use metrics::LocalRecorderGuard;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::{
    FIRST,
    file::{Files, until},
    inboxes,
    lookup::{Source, status},
};

/// The recorder of this thread, while the guard is there.
fn install() -> (PrometheusHandle, LocalRecorderGuard<'static>) {
    let recorder: &'static PrometheusRecorder =
        Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
    let guard = metrics::set_default_local_recorder(recorder);
    describe();
    (recorder.handle(), guard)
}

/// The value of a metric with these labels.
fn value(recorder: &PrometheusHandle, metric: &str) -> Option<String> {
    let start = format!("cryptocloud_postback_projects_{metric} ");
    let text = recorder.render();
    let value = text.lines().find_map(|line| line.strip_prefix(&start));
    value.map(ToOwned::to_owned)
}

/// Each begins at 0: Prometheus sees no increase from nothing to 1.
#[tokio::test(start_paused = true)]
async fn each_refusal_is_counted() {
    let (recorder, _guard) = install();
    let lookup = ProjectLookup::new(Arc::new(Source::default()));
    for (reason, names) in [
        ("unknown", [Some("guess"), Some("a/b")]),
        ("unavailable", [Some("down"), Some("slow")]),
        ("route", [None, None]),
    ] {
        let refused = format!("refused_total{{reason=\"{reason}\"}}");
        let counted = || value(&recorder, &refused);
        assert_eq!(counted().as_deref(), Some("0"), "{reason}");
        for name in names {
            status(&lookup, name).await;
        }
        assert_eq!(counted().as_deref(), Some("2"), "{reason}");
    }
    assert!(!recorder.render().contains("guess"));
}

#[tokio::test]
async fn the_file_and_its_projects_are_measured() {
    let (recorder, _guard) = install();
    let file_in_use = || value(&recorder, "file_in_use");
    let known = |project| value(&recorder, &format!("known{{project=\"{project}\"}}"));
    let file = |names: &[&str]| {
        let project = |name| format!("[projects.{name}]\nsecret = '{FIRST}'\n");
        names.iter().map(project).collect::<String>()
    };
    let files = Files::new(&file(&["shop", "club"]));
    let projects = FileProjects::open(files.path("projects.toml"), inboxes().0);
    let projects = projects.await.expect("projects");
    assert_eq!(file_in_use().as_deref(), Some("1"));

    // Broken, as it was, broken, and new.
    for names in [["shop", "club"].as_slice(), &["club"]] {
        files.write("projects.toml", "[projects.shop]\n");
        until(async || file_in_use().as_deref() == Some("0")).await;
        assert_eq!(known("shop").as_deref(), Some("1"));
        files.write("projects.toml", &file(names));
        until(async || file_in_use().as_deref() == Some("1")).await;
    }
    assert!(projects.find("shop").await.expect("an outcome").is_none());
    assert_eq!(known("shop").as_deref(), Some("0"));
    assert_eq!(known("club").as_deref(), Some("1"));
}

#[tokio::test]
async fn the_list_is_what_is_measured_and_documented() {
    let (recorder, _guard) = install();
    let _lookup = ProjectLookup::new(Arc::new(Source::default()));
    let files = Files::new(&format!("[projects.shop]\nsecret = '{FIRST}'"));
    let _projects = files.open().await.expect("projects");
    let measured = recorder.render();
    let docs = include_str!("../../src/metrics.rs");
    for metric in METRICS {
        let (name, kind) = (metric.name, format!("{:?}", metric.kind).to_lowercase());
        for line in [
            format!("# HELP {name} {}\n", metric.help),
            format!("# TYPE {name} {kind}\n"),
        ] {
            assert!(measured.contains(&line), "{line}: {measured}");
        }
        let series = measured.lines().find(|line| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
        });
        let labels = series.expect(name).split_once('{');
        let labels = labels.map(|(_, labels)| labels.split('=').next());
        assert_eq!(
            labels.into_iter().flatten().collect::<Vec<_>>(),
            metric.labels
        );
        let labels = metric.labels.iter().map(|label| format!("`{label}` "));
        let row = format!(
            "//! | `{name}` | {kind} | | {}| ",
            labels.collect::<String>()
        );
        assert!(docs.contains(&row), "the table lacks {row}");
    }
    let own = "# TYPE cryptocloud_postback_projects_";
    assert_eq!(measured.matches(own).count(), METRICS.len(), "{measured}");
}
