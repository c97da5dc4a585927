//! Each project asks the vendor with a key of its own, which can change.

use std::{fs, path::PathBuf, time::Duration};

use cryptocloud_postback::testing::PostbackBuilder;
use cryptocloud_postback_api::{Api, ApiKey, BaseUrl, Confirmer};
use cryptocloud_postback_mimic::{Invoice, InvoiceStatus, KEY, Mimic};
use cryptocloud_postback_projects::{
    CachedProjects, FileProjects, Inboxes, Project, ProjectApi, ProjectMap, Projects,
};
use tempfile::TempDir;
use tokio::{task::yield_now, time::timeout};

use crate::{FIRST, inbox, log::Log, project};

/// A project `shop` whose file says this about its API.
pub(crate) fn shop(directory: &TempDir, settings: &str) -> PathBuf {
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
pub(crate) fn confirming() -> Inboxes {
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
    let vendor = Mimic::start().await.expect("a port");
    vendor.accept_only(KEY).expect("a key");
    vendor.add(Invoice::new("PAID", InvoiceStatus::Paid));
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
    vendor.add(Invoice::new("NEXT", InvoiceStatus::Paid));
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

/// Of two projects, the one that has a key confirms. Neither changes that while the program runs.
#[tokio::test]
async fn some_projects_confirm() {
    let (log, _guard) = Log::start();
    let vendor = Mimic::start().await.expect("a mimic");
    let inboxes = Inboxes::with_optional_api(|name, api| {
        let inbox = inbox(&name);
        let inbox = match api {
            Some(api) => inbox.confirm(Confirmer::builder(api).build()),
            None => inbox,
        };
        async move { Ok(inbox.build()?) }
    });
    let directory = tempfile::tempdir().expect("a directory");
    let with_key = format!("api_url = '{}'\napi_key = '{KEY}'\n", vendor.url());
    let club = format!("[projects.club]\nsecret = '{FIRST}'\n");
    let path = shop(&directory, &format!("{with_key}{club}"));
    let projects = FileProjects::open(path, inboxes).await.expect("projects");
    let receive = async |name| {
        let project = find(&projects, name).await.expect("a project");
        receive(&project, "UNPAID").await
    };
    assert_eq!(receive("shop").await, 503);
    assert_eq!(receive("club").await, 200);

    shop(&directory, &format!("{with_key}{club}{with_key}"));
    let late = "line 5: project has a new API KEY, but its inbox was made without one: restart";
    until(async || log.count(late) > 0).await;
    shop(&directory, &club);
    until(async || log.count("line 1: project needs an API") > 0).await;
    assert_eq!(receive("shop").await, 503);
    assert_eq!(receive("club").await, 200);
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
pub(crate) const URL: &str = "https://api.example.com";
/// Well-formed, and not the vendor's.
const WRONG: &str = "eyJ0eXAiOiJKV1QifQ.eyJpZCI6MTN9.d3Jvbmc";
