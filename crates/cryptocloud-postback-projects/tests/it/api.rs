//! Each project asks the vendor with a key of its own, which can change.

use std::{error::Error, fs, iter, path::PathBuf, time::Duration};

use cryptocloud_postback::testing::PostbackBuilder;
use cryptocloud_postback_api::{Api, ApiKey, BaseUrl, Confirmer};
use cryptocloud_postback_projects::{
    CachedProjects, FileError, FileProjects, Inboxes, Project, ProjectApi, ProjectMap, Projects,
};
use tempfile::TempDir;
use tokio::{task::yield_now, time::timeout};
use vendor_api::{KEY, VendorApi, invoice};

use crate::{FIRST, inbox, log::Log, project};

/// A project `shop` whose file says this about its API.
fn shop(directory: &TempDir, settings: &str) -> PathBuf {
    let path = directory.path().join("projects.toml");
    let new = directory.path().join("new");
    fs::write(
        &new,
        format!("[projects.shop]\nsecret = '{FIRST}'\n{settings}"),
    )
    .expect("a file");
    fs::rename(new, &path).expect("a rename");
    path
}

/// Inboxes that ask no API.
fn silent() -> Inboxes {
    Inboxes::new(|name| async move { Ok(inbox(&name).build()?) })
}

/// Inboxes that confirm.
fn confirming() -> Inboxes {
    Inboxes::with_api(|name, api| {
        let confirmer = Confirmer::builder(api).build();
        let inbox = inbox(&name).confirm(confirmer).build();
        async { Ok(inbox?) }
    })
}

async fn find(projects: &dyn Projects, name: &str) -> Option<Project> {
    projects.find(name).await.expect("an outcome")
}

/// What the project's inbox responds to a postback of this invoice.
async fn receive(project: &Project, invoice: &str) -> u16 {
    let postback = PostbackBuilder::new(FIRST).invoice_id(invoice).amount("25");
    let postback = postback.currency("USDT_TRC20").json();
    let verified = project.verifier().verify(postback.head(), postback.body());
    let verified = verified.expect("a genuine postback");
    project.inbox().receive(&verified).await.status()
}

async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let holds = async {
        while !condition().await {
            yield_now().await;
        }
    };
    timeout(HANG, holds).await.expect("no hang");
}

/// The error and all its sources.
fn texts(error: &FileError) -> String {
    let first: &dyn Error = error;
    let all = iter::successors(Some(first), |error: &&dyn Error| (*error).source());
    all.map(|error| format!("{error} {error:?} ")).collect()
}

#[tokio::test]
async fn settings() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("key"), format!("{KEY}\n")).expect("a file");
    for (settings, expected) in [
        ("", None),
        (
            &*format!("api_key = '{KEY}'\napi_url = '{URL}'"),
            Some(None),
        ),
        (
            &format!("api_key_file = 'key'\napi_url = '{URL}'\nshop_id = 'A'"),
            Some(Some("A")),
        ),
    ] {
        let inboxes = if expected.is_some() {
            confirming()
        } else {
            silent()
        };
        let projects = FileProjects::open(shop(&directory, settings), inboxes).await;
        let project = find(&projects.expect("projects"), "shop")
            .await
            .expect("a project");
        assert_eq!(
            project.api().map(ProjectApi::shop_id),
            expected,
            "{settings}"
        );
        assert!(!format!("{project:?}").contains(KEY));
    }
}

/// Each says what is wrong, in which line, and without a value of the file.
#[tokio::test]
async fn faults() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("api_url = '{URL}'");
    for (settings, expected) in [
        (
            "",
            "line 1: project needs an API: its inbox confirms payments",
        ),
        (&*url, NO_KEY),
        ("shop_id = 'A'", NO_KEY),
        (
            &format!("{url}\napi_key = '{KEY}'\napi_key_file = 'key'"),
            "line 1: project has both `api_key` and `api_key_file`",
        ),
        (
            &format!("api_key = '{KEY}'"),
            "line 1: project with an API has no `api_url`",
        ),
        (
            &format!("{url}\napi_key = ['{KEY}']"),
            "line 4: `api_key` is not a string",
        ),
        (
            &format!("{url}\napi_key = '{FIRST}'"),
            "line 4: API KEY cannot be used",
        ),
        (
            &format!("{url}\napi_key = '{KEY} '"),
            "line 4: API KEY cannot be used",
        ),
        (
            &format!("{url}\napi_key_file = 'missing'"),
            "line 4: file of `api_key_file` cannot be read",
        ),
        (
            &format!("api_key = '{KEY}'\napi_url = 'https://u:hunter2@a.com'"),
            "line 4: `api_url` cannot be used",
        ),
    ] {
        let error = FileProjects::open(shop(&directory, settings), confirming()).await;
        let error = error.expect_err("an error");
        assert_eq!(error.to_string(), expected, "{settings}");
        for secret in [KEY, FIRST, "hunter2"] {
            assert!(!texts(&error).contains(secret), "{error:?}");
        }
    }
}

/// Its owner would believe that payments are confirmed.
#[tokio::test]
async fn a_key_that_would_not_be_used_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = format!("api_url = '{URL}'\napi_key = '{KEY}'");
    let error = FileProjects::open(shop(&directory, &settings), silent()).await;
    let text = "line 1: project has an API KEY, but this program confirms no payments with it";
    assert_eq!(error.expect_err("an error").to_string(), text);
}

/// The inbox stays and asks with the new key. A file that cannot be used changes nothing, and the log has
/// the line and no key.
#[tokio::test]
async fn a_changed_key_is_taken_up() {
    let (log, _guard) = Log::start();
    let vendor = VendorApi::start().await;
    vendor.add(invoice("PAID", "paid"));
    let directory = tempfile::tempdir().expect("a directory");
    let write = |key: &str| {
        shop(
            &directory,
            &format!("api_url = '{}'\napi_key = '{key}'", vendor.url()),
        )
    };
    let projects = FileProjects::open(write(WRONG), confirming())
        .await
        .expect("projects");
    let asked_with = |key: &str| {
        let authorization = format!("Token {key}");
        vendor
            .requests()
            .last()
            .is_some_and(|request| request.authorization == authorization)
    };

    let project = find(&projects, "shop").await.expect("a project");
    assert_eq!(receive(&project, "PAID").await, 503);
    assert!(asked_with(WRONG));

    let unnamable = format!(
        "{KEY}'\n[projects.'z z']\nsecret = '{FIRST}'\napi_url = '{URL}'\napi_key = '{KEY}"
    );
    for (broken, problem) in [
        ("malformed", "line 4: API KEY cannot be used"),
        (&unnamable, "line 5: project name cannot be used"),
    ] {
        write(broken);
        until(async || log.count(problem) > 0).await;
        assert_eq!(receive(&project, problem).await, 503);
        assert!(asked_with(WRONG), "{problem}");
    }

    write(KEY);
    until(async || log.count("projects were loaded again") > 0).await;
    // The inbox is the same, also of a project that was found before.
    assert_eq!(receive(&project, "UNKNOWN").await, 503);
    assert!(asked_with(KEY));
    let project = find(&projects, "shop").await.expect("a project");
    let api = project.api().expect("an API").api();
    assert_eq!(
        api.invoices(&["PAID".parse().expect("an id")])
            .await
            .expect("invoices")
            .len(),
        1
    );
    vendor.add(invoice("NEXT", "paid"));
    assert_eq!(receive(&project, "NEXT").await, 200);

    for key in [KEY, WRONG, "malformed"] {
        assert_eq!(log.count(key), 0, "{}", log.text());
        assert!(!format!("{projects:?} {project:?}").contains(key));
    }
}

/// A file that takes an API away is refused: the inbox would go on with the old key.
#[tokio::test]
async fn a_project_keeps_its_api() {
    let (log, _guard) = Log::start();
    let directory = tempfile::tempdir().expect("a directory");
    let path = shop(&directory, &format!("api_key = '{KEY}'\napi_url = '{URL}'"));
    let projects = FileProjects::open(path, confirming())
        .await
        .expect("projects");
    shop(&directory, "");
    until(async || log.count("line 1: project needs an API") > 0).await;
    let project = find(&projects, "shop").await.expect("a project");
    assert!(project.api().is_some());
}

/// In your own source, the API is set before the inbox is made.
#[tokio::test]
async fn an_own_source() {
    let inboxes = confirming();
    assert!(inboxes.get("shop").await.is_err());
    let url = BaseUrl::parse(URL).expect("an address");
    let api = Api::builder(ApiKey::new(KEY).expect("a key"), url).build();
    let api = ProjectApi::new(api.expect("an API"), Some("A"));
    inboxes.set_api("shop", api.clone());
    assert!(inboxes.get("shop").await.is_ok());

    let map = ProjectMap::new([project("shop").with_api(api), project("club")]);
    let cached = CachedProjects::new(map.expect("a map"));
    for (name, expected) in [("shop", Some(Some("A"))), ("club", None)] {
        let project = find(&cached, name).await.expect("a project");
        assert_eq!(project.api().map(ProjectApi::shop_id), expected);
    }
}

const HANG: Duration = Duration::from_secs(60);
const NO_KEY: &str = "line 1: project with an API has neither `api_key` nor `api_key_file`";
const URL: &str = "https://api.example.com";
/// Well-formed, and not the vendor's.
const WRONG: &str = "eyJ0eXAiOiJKV1QifQ.eyJpZCI6MTN9.d3Jvbmc";
